// Signing in with Cognito, by fetch: its API is one JSON POST per action, so there is no SDK to load.

/**
 * @typedef {object} Tokens
 * @property {string} idToken what the API wants in `Authorization`
 * @property {string} refreshToken gets the next ID token, for as many days as the user pool says
 * @property {number} expiresAt of the ID token, in milliseconds since 1970 by this machine's clock
 */

const KEY = "photosky.session";
/** An ID token is renewed this long before it expires, so that none expires on its way. */
const MARGIN_MS = 60_000;

/** Cognito did not take the name and password, or the session has ended; the message is for the user. */
export class SignInRefused extends Error {}

/** One signed-in user. The tokens stay in the tab's `sessionStorage`: a reload keeps them, closing the tab does not. */
export class Session {
  /** @type {Tokens | null} */
  #tokens;
  /** @type {Promise<string> | null} */
  #renewing = null;
  #endpoint;
  #clientId;
  #ended;

  /**
   * @param {string} endpoint `https://cognito-idp.REGION.amazonaws.com`, or the emulator's
   * @param {string} clientId the user pool's client
   * @param {() => void} ended called when the session cannot be renewed any more
   */
  constructor(endpoint, clientId, ended) {
    this.#endpoint = endpoint;
    this.#clientId = clientId;
    this.#ended = ended;
    const kept = sessionStorage.getItem(KEY);
    this.#tokens = kept === null ? null : JSON.parse(kept);
  }

  get isSignedIn() {
    return this.#tokens !== null;
  }

  /** Throws SignInRefused, and TypeError without a connection. @param {string} username @param {string} password */
  async signIn(username, password) {
    const parameters = { USERNAME: username, PASSWORD: password };
    const answer = await this.#call("InitiateAuth", { AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: parameters });
    if (!answer.AuthenticationResult) throw new SignInRefused(`This account first has to answer ${answer.ChallengeName}.`);
    this.#keep(answer.AuthenticationResult);
  }

  /** Forget the tokens, here and at Cognito. */
  async signOut() {
    const token = this.#tokens?.refreshToken;
    this.#forget();
    if (token) await this.#call("RevokeToken", { Token: token });
  }

  /** An ID token that is valid for a while. Throws SignInRefused when there is none to get any more. */
  async token() {
    if (this.#tokens === null) throw new SignInRefused("You are signed out.");
    if (Date.now() < this.#tokens.expiresAt - MARGIN_MS) return this.#tokens.idToken;
    return this.renew();
  }

  /** A new ID token, whatever the old one's age; many callers at once share one. */
  renew() {
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  async #renew() {
    const refreshToken = this.#tokens?.refreshToken ?? "";
    try {
      const parameters = { REFRESH_TOKEN: refreshToken };
      const answer = await this.#call("InitiateAuth", { AuthFlow: "REFRESH_TOKEN_AUTH", AuthParameters: parameters });
      return this.#keep({ RefreshToken: refreshToken, ...answer.AuthenticationResult });
    } catch (error) {
      if (error instanceof SignInRefused) {
        this.#forget();
        this.#ended();
      }
      throw error;
    }
  }

  /** @param {{ IdToken: string, RefreshToken: string, ExpiresIn: number }} result */
  #keep(result) {
    this.#tokens = {
      idToken: result.IdToken,
      refreshToken: result.RefreshToken,
      expiresAt: Date.now() + result.ExpiresIn * 1000,
    };
    sessionStorage.setItem(KEY, JSON.stringify(this.#tokens));
    return this.#tokens.idToken;
  }

  #forget() {
    this.#tokens = null;
    sessionStorage.removeItem(KEY);
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
    const answer = text ? JSON.parse(text) : {};
    if (!response.ok) throw new SignInRefused(answer.message ?? answer.Message ?? "Cognito did not say why.");
    return answer;
  }
}
