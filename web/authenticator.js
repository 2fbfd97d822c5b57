// The form that sets up an authenticator app, as a step of a sign-in or for the user who is signed in.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { errorMessage } from "./messages.js";
import { CodeField, Form, FormError, code, explained } from "./signinform.js";

/** @import { ComponentChildren } from "preact" */
/** @import { NewAuthenticator } from "./client/accounts.js" */

const WRONG = "This code is not right. Enter the one that the app shows now, and check the clock of its device.";
/** Messages for rejected codes of an app, by Cognito's name of the error. */
export const WRONG_CODE = {
  CodeMismatchException: WRONG,
  EnableSoftwareTokenMFAException: WRONG,
  ExpiredCodeException: "This code was used before. Wait for the next one.",
};

/**
 * @param {object} props
 * @param {string} props.email what the app shows next to the code
 * @param {string} props.action
 * @param {() => Promise<NewAuthenticator>} props.begin
 * @param {(authenticator: NewAuthenticator, code: string) => Promise<void>} props.finish
 * @param {ComponentChildren} props.children
 * @param {ComponentChildren} props.below what follows the button
 */
export function AuthenticatorForm({ email, action, begin, finish, children, below }) {
  const authenticator = useSignal(/** @type {NewAuthenticator | null} */ (null));
  const problem = useSignal("");
  useEffect(() => {
    begin().then(
      (begun) => (authenticator.value = begun),
      (error) => (problem.value = error instanceof FormError ? error.message : errorMessage(error)),
    );
  }, []);

  const begun = authenticator.value;
  if (begun === null) {
    return html`
      <div class="sign-in">
        <h1>Set up a second factor</h1>
        ${problem.value ? html`<p class="problem" role="alert">${problem}</p>` : html`<p role="status">Loading …</p>`}
        ${below}
      </div>
    `;
  }
  /** @param {FormData} form */
  const verify = (form) => explained(finish(begun, code(form)), WRONG_CODE);
  return html`
    <${Form} title="Set up a second factor" action=${action} busy="Checking …" onSubmit=${verify} below=${below}>
      ${children}
      <p><a href=${addressOf(begun.secret, email)}>Add PhotoSky to the authenticator app on this device</a>, or enter this key in an app on another one:</p>
      <p><code class="secret">${begun.secret.replaceAll(/.{4}(?=.)/g, "$& ")}</code></p>
      <${CodeField} label="Code from the app" />
    <//>
  `;
}

/** The address with which apps take over a key ("Key URI Format" of Google Authenticator). @param {string} secret @param {string} email */
function addressOf(secret, email) {
  return `otpauth://totp/PhotoSky:${encodeURIComponent(email)}?secret=${secret}&issuer=PhotoSky`;
}
