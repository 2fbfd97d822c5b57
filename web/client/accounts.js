// Accounts of a Cognito user pool: sign-up, forgotten passwords, and the second factor.

/** @import { Challenge, Session } from "./cognito.js" */

/**
 * What an authenticator app needs, and what `verify` continues.
 * @typedef {object} NewAuthenticator
 * @property {string} secret in Base32 (RFC 4648)
 * @property {{ Session: string } | { AccessToken: string }} proof
 */

// All functions throw SignInError, SignInUnavailable, and TypeError without a connection.

/**
 * Create an account. Cognito sends a code for `confirmSignUp`. It rejects an address that has an account with the code
 * UsernameExistsException, also if that was never confirmed.
 * @param {Session} session @param {string} email @param {string} password
 */
export async function signUp(session, email, password) {
  const UserAttributes = [{ Name: "email", Value: email }];
  await session.request("SignUp", { ClientId: session.clientId, Username: email, Password: password, UserAttributes });
}

/** Confirm the address of a new account. @param {Session} session @param {string} username @param {string} code */
export async function confirmSignUp(session, username, code) {
  await session.request("ConfirmSignUp", { ClientId: session.clientId, Username: username, ConfirmationCode: code });
}

/** Send another code for `confirmSignUp`. @param {Session} session @param {string} username */
export async function resendCode(session, username) {
  await session.request("ResendConfirmationCode", { ClientId: session.clientId, Username: username });
}

/** Request a code that resets a forgotten password. Returns where it was sent, masked. @param {Session} session @param {string} username @returns {Promise<string>} */
export async function requestResetCode(session, username) {
  const result = await session.request("ForgotPassword", { ClientId: session.clientId, Username: username });
  return result.CodeDeliveryDetails?.Destination ?? "";
}

/**
 * Set a new password with the code of `requestResetCode`, and sign in. Returns as `signIn` does.
 * @param {Session} session @param {string} username @param {string} code @param {string} password
 */
export async function resetPassword(session, username, code, password) {
  const body = { ClientId: session.clientId, Username: username, ConfirmationCode: code, Password: password };
  await session.request("ConfirmForgotPassword", body);
  return session.signIn(username, password);
}

/** Answer NEW_PASSWORD_REQUIRED. Returns as `signIn` does. @param {Session} session @param {Challenge} challenge @param {string} password */
export function setNewPassword(session, challenge, password) {
  return session.answer(challenge, { NEW_PASSWORD: password });
}

/** Answer SOFTWARE_TOKEN_MFA with the code of the authenticator app. Returns as `signIn` does. @param {Session} session @param {Challenge} challenge @param {string} code */
export function enterCode(session, challenge, code) {
  return session.answer(challenge, { SOFTWARE_TOKEN_MFA_CODE: code });
}

/** Begin to answer MFA_SETUP. @param {Session} session @param {Challenge} challenge @returns {Promise<NewAuthenticator>} */
export async function beginRequiredSetup(session, challenge) {
  const result = await session.request("AssociateSoftwareToken", { Session: challenge.session });
  return { secret: result.SecretCode, proof: { Session: result.Session } };
}

/**
 * Answer MFA_SETUP with a code of the authenticator app. Returns as `signIn` does.
 * @param {Session} session @param {Challenge} challenge @param {NewAuthenticator} authenticator @param {string} code
 */
export async function finishRequiredSetup(session, challenge, { proof }, code) {
  const { Session } = await session.request("VerifySoftwareToken", { ...proof, UserCode: code });
  return session.answer({ ...challenge, session: Session });
}

/** Begin to set up the second factor of the user who is signed in. @param {Session} session @returns {Promise<NewAuthenticator>} */
export async function beginSetup(session) {
  const AccessToken = await session.accessToken();
  const { SecretCode } = await session.request("AssociateSoftwareToken", { AccessToken });
  return { secret: SecretCode, proof: { AccessToken } };
}

/** Require a code at each sign-in from now on. @param {Session} session @param {NewAuthenticator} authenticator @param {string} code */
export async function finishSetup(session, { proof }, code) {
  await session.request("VerifySoftwareToken", { ...proof, UserCode: code });
  await prefer(session, { Enabled: true, PreferredMfa: true });
}

/** Require no code any more. @param {Session} session */
export async function removeSecondFactor(session) {
  await prefer(session, { Enabled: false, PreferredMfa: false });
}

/** Whether the user's sign-in requires a code, and the e-mail address. @param {Session} session */
export async function readAccount(session) {
  const { UserMFASettingList = [], UserAttributes } = await session.request("GetUser", { AccessToken: await session.accessToken() });
  const email = UserAttributes.find((/** @type {{ Name: string }} */ { Name }) => Name === "email")?.Value ?? "";
  return { hasSecondFactor: UserMFASettingList.includes("SOFTWARE_TOKEN_MFA"), email: /** @type {string} */ (email) };
}

/** @param {Session} session @param {{ Enabled: boolean, PreferredMfa: boolean }} settings */
async function prefer(session, settings) {
  await session.request("SetUserMFAPreference", { AccessToken: await session.accessToken(), SoftwareTokenMfaSettings: settings });
}
