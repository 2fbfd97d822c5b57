// Sign-in with a Cognito user pool. Its API is one JSON POST per action, so no SDK is needed.
import { MAX_ATTEMPTS, backOff } from "./pauses.js";

/**
 * @typedef {object} Tokens
 * @property {string} idToken the API's bearer token
 * @property {string} refreshToken gets new ID tokens until it expires; the user pool sets its lifetime
 * @property {number} expiresAtMs of the ID token, in milliseconds since 1970 by the browser's clock
 * @property {string} userId the `sub` of the ID token
 */

/**
 * What Cognito asks for before it signs a user in.
 * @typedef {object} Challenge
 * @property {string} username as Cognito names the user
 * @property {string} session continues the sign-in; it is valid for a few minutes
 */

const STORAGE_KEY = "photosky.session";
/** An ID token is renewed this long before it expires, so that none expires during a request. */
const RENEWAL_MARGIN_MS = 60_000;
/** The only challenge that is supported: an administrator has created the account, and its first password has to be replaced. */
const NEW_PASSWORD = "NEW_PASSWORD_REQUIRED";

/** Cognito rejected a request. The message is for the user. */
export class SignInError extends Error {
  /** @param {string} message @param {string} code Cognito's name of the error */
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

/** Cognito did not process a request, because it is busy or has failed. Another attempt can succeed. */
export class SignInUnavailable extends Error {}

/**
 * The session of one user. Its tokens are in `localStorage`, so that all tabs share it: a sign-in, a renewal and a sign-out
 * in one tab reach the others by the `storage` event.
 */
export class Session {
  /** @type {Tokens | null} */
  #tokens = stored();
  /** @type {Promise<string> | null} */
  #renewing = null;
  #endpoint;
  #clientId;
  #onChange;

  /**
   * @param {string} endpoint `https://cognito-idp.REGION.amazonaws.com/`, or that of a local stack
   * @param {string} clientId the app client of the user pool
   * @param {() => void} onChange called after `userId` has changed otherwise than by a method of this object: another tab
   * has signed in or out, or the session could not be renewed
   */
  constructor(endpoint, clientId, onChange) {
    this.#endpoint = endpoint;
    this.#clientId = clientId;
    this.#onChange = onChange;
    addEventListener("storage", ({ key }) => {
      if (key !== STORAGE_KEY && key !== null) return; // Null: all keys were removed.
      const before = this.userId;
      this.#tokens = stored();
      if (this.userId !== before) onChange();
    });
  }

  /** The `sub` of the user who is signed in, else null. */
  get userId() {
    return this.#tokens?.userId ?? null;
  }

  /**
   * Returns null when the user is signed in, or the challenge that `setNewPassword` answers. Throws SignInError,
   * SignInUnavailable, and TypeError without a connection, as all methods do.
   * @param {string} username @param {string} password @returns {Promise<Challenge | null>}
   */
  async signIn(username, password) {
    const parameters = { USERNAME: username, PASSWORD: password };
    const result = await this.#call("InitiateAuth", { AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: parameters });
    if (result.ChallengeName === NEW_PASSWORD) {
      return { username: result.ChallengeParameters?.USER_ID_FOR_SRP ?? username, session: result.Session };
    }
    this.#finish(result);
    return null;
  }

  /** Replace the first password of an account, and sign in. @param {Challenge} challenge @param {string} password */
  async setNewPassword({ username, session }, password) {
    const responses = { USERNAME: username, NEW_PASSWORD: password };
    const body = { ChallengeName: NEW_PASSWORD, Session: session, ChallengeResponses: responses };
    this.#finish(await this.#call("RespondToAuthChallenge", body));
  }

  /** Request a code that resets a forgotten password. Returns where it was sent, masked. @param {string} username @returns {Promise<string>} */
  async requestResetCode(username) {
    const result = await this.#call("ForgotPassword", { Username: username });
    return result.CodeDeliveryDetails?.Destination ?? "";
  }

  /** Set a new password with the code of `requestResetCode`, and sign in. @param {string} username @param {string} code @param {string} password */
  async resetPassword(username, code, password) {
    await this.#call("ConfirmForgotPassword", { Username: username, ConfirmationCode: code, Password: password });
    return this.signIn(username, password);
  }

  /** Remove the tokens from the browser, and revoke them at Cognito. */
  async signOut() {
    const token = this.#tokens?.refreshToken;
    this.#clear();
    if (token) await this.#call("RevokeToken", { Token: token });
  }

  /** Get an ID token that is still valid. Throws SignInError when the session has ended. */
  async token() {
    if (this.#tokens === null) throw new SignInError("You are signed out.", "NotAuthorizedException");
    if (Date.now() < this.#tokens.expiresAtMs - RENEWAL_MARGIN_MS) return this.#tokens.idToken;
    return this.renew();
  }

  /** Renew the ID token, whatever its age. Concurrent callers share one request. */
  renew() {
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  async #renew() {
    const refreshToken = this.#tokens?.refreshToken ?? "";
    try {
      const parameters = { REFRESH_TOKEN: refreshToken };
      const body = { AuthFlow: "REFRESH_TOKEN_AUTH", AuthParameters: parameters };
      const result = await retried(() => this.#call("InitiateAuth", body));
      if (this.#tokens === null) throw new SignInError("You are signed out.", "NotAuthorizedException");
      return this.#store({ RefreshToken: refreshToken, ...result.AuthenticationResult });
    } catch (error) {
      // Any other error may pass, and a session that it ended would interrupt the user's work.
      const isEnded = error instanceof SignInError && error.code === "NotAuthorizedException";
      if (isEnded && this.#tokens?.refreshToken === refreshToken) {
        this.#clear();
        this.#onChange();
      }
      throw error;
    }
  }

  /** @param {any} result */
  #finish({ AuthenticationResult, ChallengeName }) {
    if (AuthenticationResult) this.#store(AuthenticationResult);
    else throw new SignInError(`Sign-in requires ${ChallengeName}, which this page does not support.`, ChallengeName);
  }

  /** @param {{ IdToken: string, RefreshToken: string, ExpiresIn: number }} result */
  #store(result) {
    this.#tokens = {
      idToken: result.IdToken,
      refreshToken: result.RefreshToken,
      expiresAtMs: Date.now() + result.ExpiresIn * 1000,
      userId: subjectOf(result.IdToken),
    };
    localStorage.setItem(STORAGE_KEY, JSON.stringify(this.#tokens));
    return this.#tokens.idToken;
  }

  #clear() {
    this.#tokens = null;
    localStorage.removeItem(STORAGE_KEY);
  }

  /** @param {string} action @param {object} body */
  async #call(action, body) {
    const response = await fetch(this.#endpoint, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": `AWSCognitoIdentityProviderService.${action}`,
      },
      body: JSON.stringify({ ClientId: this.#clientId, ...body }),
    });
    const text = await response.text();
    if (response.ok) return text ? JSON.parse(text) : {};
    throw failure(response.status, text);
  }
}

/** @returns {Tokens | null} */
function stored() {
  return JSON.parse(localStorage.getItem(STORAGE_KEY) ?? "null");
}

/** The `sub` claim of a token. @param {string} token @returns {string} */
function subjectOf(token) {
  const [, payload = ""] = token.split(".");
  return JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))).sub;
}

/** The error of a response. A proxy's has no document of Cognito. @param {number} status @param {string} text */
function failure(status, text) {
  const isDocument = text.startsWith("{");
  const { __type = "", message, Message } = isDocument ? JSON.parse(text) : {};
  const code = __type.split("#").at(-1);
  if (!isDocument || status === 429 || status >= 500 || code === "TooManyRequestsException") return new SignInUnavailable();
  return new SignInError(message ?? Message ?? "Sign-in failed.", code);
}

/** Repeat a call while Cognito is unavailable or the connection fails. @template T @param {() => Promise<T>} call @returns {Promise<T>} */
async function retried(call) {
  for (let failures = 0; ; failures++) {
    try {
      return await call();
    } catch (error) {
      if (error instanceof SignInError || failures === MAX_ATTEMPTS - 1) throw error;
      await backOff(failures);
    }
  }
}
