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
 * What Cognito asks for before it signs a user in: a new password in place of an administrator's, the code of an
 * authenticator app, or that the user sets one up.
 * @typedef {"NEW_PASSWORD_REQUIRED" | "SOFTWARE_TOKEN_MFA" | "MFA_SETUP"} ChallengeName
 * @typedef {object} Challenge
 * @property {ChallengeName} name
 * @property {string} username as Cognito names the user
 * @property {string} session continues the sign-in; it is valid for a few minutes
 */

const STORAGE_KEY = "photosky.session";
/** An ID token is renewed this long before it expires, so that none expires during a request. */
const RENEWAL_MARGIN_MS = 60_000;
const CHALLENGES = ["NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA", "MFA_SETUP"];

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
  #onChange;

  /**
   * @param {string} endpoint `https://cognito-idp.REGION.amazonaws.com/`, or that of a local stack
   * @param {string} clientId the app client of the user pool
   * @param {() => void} onChange called after `userId` has changed otherwise than by a method of this object: another tab
   * has signed in or out, or the session could not be renewed
   */
  constructor(endpoint, clientId, onChange) {
    this.#endpoint = endpoint;
    this.clientId = clientId;
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
   * Returns null when the user is signed in, or the challenge that `answer` answers. Throws SignInError, SignInUnavailable,
   * and TypeError without a connection, as all methods do.
   * @param {string} username @param {string} password @returns {Promise<Challenge | null>}
   */
  async signIn(username, password) {
    const body = { ClientId: this.clientId, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: { USERNAME: username, PASSWORD: password } };
    return this.#proceed(username, await this.request("InitiateAuth", body));
  }

  /**
   * Answer a challenge. Returns as `signIn` does, since another challenge can follow. `accounts.js` has a function for each.
   * @param {Challenge} challenge @param {Record<string, string>} [responses] @returns {Promise<Challenge | null>}
   */
  async answer({ name, username, session }, responses = {}) {
    const ChallengeResponses = { USERNAME: username, ...responses };
    const body = { ClientId: this.clientId, ChallengeName: name, Session: session, ChallengeResponses };
    return this.#proceed(username, await this.request("RespondToAuthChallenge", body));
  }

  /** Remove the tokens from the browser, and revoke them at Cognito. */
  async signOut() {
    const token = this.#tokens?.refreshToken;
    this.#clear();
    if (token) await this.request("RevokeToken", { ClientId: this.clientId, Token: token });
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

  /** Get a new access token, which authorizes the user's requests to Cognito itself. @returns {Promise<string>} */
  async accessToken() {
    return (await this.#refresh()).AccessToken;
  }

  async #renew() {
    return (await this.#refresh()).IdToken;
  }

  async #refresh() {
    const refreshToken = this.#tokens?.refreshToken ?? "";
    try {
      const body = { ClientId: this.clientId, AuthFlow: "REFRESH_TOKEN_AUTH", AuthParameters: { REFRESH_TOKEN: refreshToken } };
      const { AuthenticationResult: result } = await retried(() => this.request("InitiateAuth", body));
      if (this.#tokens === null) throw new SignInError("You are signed out.", "NotAuthorizedException");
      this.#store({ RefreshToken: refreshToken, ...result });
      return result;
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

  /** @param {string} username @param {any} result @returns {Challenge | null} */
  #proceed(username, { AuthenticationResult, ChallengeName: name, ChallengeParameters, Session }) {
    if (AuthenticationResult) {
      this.#store(AuthenticationResult);
      return null;
    }
    if (!CHALLENGES.includes(name)) throw new SignInError(`Sign-in requires ${name}, which is not supported.`, name);
    return { name, username: ChallengeParameters?.USER_ID_FOR_SRP ?? username, session: Session };
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
  }

  #clear() {
    this.#tokens = null;
    localStorage.removeItem(STORAGE_KEY);
  }

  /** Perform an action of Cognito's API. @param {string} action @param {object} body */
  async request(action, body) {
    const response = await fetch(this.#endpoint, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": `AWSCognitoIdentityProviderService.${action}`,
      },
      body: JSON.stringify(body),
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
