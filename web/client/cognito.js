// Sign-in with a Cognito user pool. Its API is one JSON POST per action, so no SDK is needed.

/**
 * @typedef {object} Tokens
 * @property {string} idToken the API's bearer token
 * @property {string} refreshToken gets new ID tokens until it expires; the user pool sets its lifetime
 * @property {number} expiresAtMs of the ID token, in milliseconds since 1970 by the browser's clock
 */

const STORAGE_KEY = "photosky.session";
/** An ID token is renewed this long before it expires, so that none expires during a request. */
const RENEWAL_MARGIN_MS = 60_000;

/** Cognito rejected the credentials, or the session has ended. The message is for the user. */
export class SignInError extends Error {}

/** The session of one user. Its tokens are in `sessionStorage`: a reload keeps them, closing the tab removes them. */
export class Session {
  /** @type {Tokens | null} */
  #tokens;
  /** @type {Promise<string> | null} */
  #renewing = null;
  #endpoint;
  #clientId;
  #onEnd;

  /**
   * @param {string} endpoint `https://cognito-idp.REGION.amazonaws.com/`, or that of a local stack
   * @param {string} clientId the app client of the user pool
   * @param {() => void} onEnd called when the session can no longer be renewed
   */
  constructor(endpoint, clientId, onEnd) {
    this.#endpoint = endpoint;
    this.#clientId = clientId;
    this.#onEnd = onEnd;
    const stored = sessionStorage.getItem(STORAGE_KEY);
    this.#tokens = stored === null ? null : JSON.parse(stored);
  }

  get isSignedIn() {
    return this.#tokens !== null;
  }

  /** Throws SignInError, and TypeError without a connection. @param {string} username @param {string} password */
  async signIn(username, password) {
    const parameters = { USERNAME: username, PASSWORD: password };
    const result = await this.#call("InitiateAuth", { AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: parameters });
    if (!result.AuthenticationResult) throw new SignInError(`Sign-in requires ${result.ChallengeName}, which this page does not support.`);
    this.#store(result.AuthenticationResult);
  }

  /** Remove the tokens from the browser, and revoke them at Cognito. */
  async signOut() {
    const token = this.#tokens?.refreshToken;
    this.#clear();
    if (token) await this.#call("RevokeToken", { Token: token });
  }

  /** Get an ID token that is still valid. Throws SignInError when the session has ended. */
  async token() {
    if (this.#tokens === null) throw new SignInError("You are signed out.");
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
      const result = await this.#call("InitiateAuth", { AuthFlow: "REFRESH_TOKEN_AUTH", AuthParameters: parameters });
      return this.#store({ RefreshToken: refreshToken, ...result.AuthenticationResult });
    } catch (error) {
      if (error instanceof SignInError) {
        this.#clear();
        this.#onEnd();
      }
      throw error;
    }
  }

  /** @param {{ IdToken: string, RefreshToken: string, ExpiresIn: number }} result */
  #store(result) {
    this.#tokens = {
      idToken: result.IdToken,
      refreshToken: result.RefreshToken,
      expiresAtMs: Date.now() + result.ExpiresIn * 1000,
    };
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(this.#tokens));
    return this.#tokens.idToken;
  }

  #clear() {
    this.#tokens = null;
    sessionStorage.removeItem(STORAGE_KEY);
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
    const result = text ? JSON.parse(text) : {};
    if (!response.ok) throw new SignInError(result.message ?? result.Message ?? "Sign-in failed.");
    return result;
  }
}
