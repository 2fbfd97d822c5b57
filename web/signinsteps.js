// The steps of a sign-in that not every user needs: accounts, forgotten passwords, and what Cognito asks for.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { AuthenticatorForm, WRONG_CODE } from "./authenticator.js";
import * as accounts from "./client/accounts.js";
import { SignInError } from "./client/cognito.js";
import { errorMessage } from "./messages.js";
import { session } from "./session.js";
import { CodeField, Email, Form, FormError, code, explained, text } from "./signinform.js";

/** @import { Signal } from "@preact/signals" */
/** @import { ComponentType } from "preact" */
/** @import { Challenge, ChallengeName } from "./client/cognito.js" */
/** @import { Step } from "./signinform.js" */

/**
 * @template {Step["name"]} Name
 * @typedef {object} StepProps
 * @property {Extract<Step, { name: Name }>} step
 * @property {(next: Step | null) => void} go null: the sign-in with a password
 * @property {(challenge: Challenge | null) => void} finish continues with what `signIn` returns
 * @property {Signal<string>} username the address in the forms
 */

/** @type {{ [Name in Step["name"]]: ComponentType<StepProps<Name>> }} */
const STEPS = { requestCode: RequestCode, reset: Reset, signUp: SignUp, confirm: Confirm, challenge: AnyChallenge };

/** @type {Record<ChallengeName, ComponentType<StepProps<"challenge">>>} */
const CHALLENGES = { NEW_PASSWORD_REQUIRED: FirstPassword, SOFTWARE_TOKEN_MFA: Code, MFA_SETUP: SetUp };

/** A challenge has to be answered within some minutes. */
const EXPIRED = { NotAuthorizedException: "This took too long. Go back and sign in again." };

/** @param {StepProps<Step["name"]>} props */
export function OtherStep(props) {
  const Component = /** @type {ComponentType<StepProps<Step["name"]>>} */ (STEPS[props.step.name]);
  return html`<${Component} key=${props.step.name} ...${props} />`;
}

/** @param {StepProps<"challenge">} props */
function AnyChallenge(props) {
  const { name } = props.step.challenge;
  return html`<${CHALLENGES[name]} key=${name} ...${props} />`;
}

/** @param {StepProps<"requestCode">} props */
function RequestCode({ go, username }) {
  const request = async () => {
    const sentTo = await accounts.requestResetCode(session, username.value);
    go({ name: "reset", username: username.value, sentTo });
  };
  return html`
    <${Form} title="Reset your password" action="Send a code" busy="Sending …" onSubmit=${request} below=${back(go, null)}>
      <p>A code is sent to your e-mail address. With it, you choose a new password.</p>
      <${Email} username=${username} />
    <//>
  `;
}

/** @param {StepProps<"reset">} props */
function Reset({ step: { username, sentTo }, go, finish }) {
  /** @param {FormData} form */
  const reset = async (form) => finish(await accounts.resetPassword(session, username, code(form), newPassword(form)));
  return html`
    <${Form} title="Choose a new password" action="Save and sign in" busy="Saving …" onSubmit=${reset} below=${back(go, { name: "requestCode" })}>
      <p>If there is an account with this address, a code is on its way to ${sentTo || username}.</p>
      <${CodeField} label="Code from the e-mail" />
      <${NewPassword} username=${username} />
    <//>
  `;
}

/** @param {StepProps<"signUp">} props */
function SignUp({ go, username }) {
  /** @param {FormData} form */
  const create = async (form) => {
    const password = newPassword(form);
    try {
      await accounts.signUp(session, username.value, password);
    } catch (error) {
      // The next step is the same as for a new account, so that the page does not say which addresses have one.
      if (!(error instanceof SignInError && error.code === "UsernameExistsException")) throw error;
    }
    go({ name: "confirm", username: username.value, password });
  };
  return html`
    <${Form} title="Create an account" action="Create the account" busy="Creating …" onSubmit=${create} below=${back(go, null)}>
      <p>A code is sent to your e-mail address to confirm it.</p>
      <${Email} username=${username} />
      <${NewPassword} username=${username.value} />
    <//>
  `;
}

const UNCONFIRMED = "This code is not valid, or no longer valid. If you have an account already, sign in.";
/** Cognito's own messages would say whether there is an account. */
const UNCONFIRMED_BY_CODE = {
  AliasExistsException: UNCONFIRMED,
  CodeMismatchException: UNCONFIRMED,
  ExpiredCodeException: UNCONFIRMED,
  NotAuthorizedException: UNCONFIRMED,
};

/** @param {StepProps<"confirm">} props */
function Confirm({ step: { username, password }, go, finish }) {
  const isSent = useSignal(false);
  /** @param {FormData} form */
  const confirm = async (form) => {
    await explained(accounts.confirmSignUp(session, username, code(form)), UNCONFIRMED_BY_CODE);
    finish(await session.signIn(username, password));
  };
  const resend = async () => {
    try {
      await accounts.resendCode(session, username);
    } catch (error) {
      // Of an account that is confirmed already.
      if (!(error instanceof SignInError && error.code === "InvalidParameterException")) throw error;
    }
    isSent.value = true;
  };
  const below = html`
    <${Resend} send=${resend} isSent=${isSent} />
    ${back(go, null, "Back to the sign-in")}
  `;
  return html`
    <${Form} title="Confirm your address" action="Confirm and sign in" busy="Confirming …" onSubmit=${confirm} below=${below}>
      <p>If there was no account with this address, a code is on its way to ${username}.</p>
      <${CodeField} label="Code from the e-mail" />
    <//>
  `;
}

/** @param {{ send: () => Promise<void>, isSent: Signal<boolean> }} props */
function Resend({ send, isSent }) {
  const problem = useSignal("");
  const run = async () => {
    problem.value = "";
    isSent.value = false;
    try {
      await send();
    } catch (error) {
      problem.value = errorMessage(error);
    }
  };
  return html`
    <button type="button" class="link" onClick=${run}>Send another code</button>
    <p class=${problem.value ? "problem" : "hint"} role="status">${problem.value || (isSent.value && "Another code is on its way.")}</p>
  `;
}

/** @param {StepProps<"challenge">} props */
function FirstPassword({ step: { challenge }, go, finish }) {
  /** @param {FormData} form */
  const save = async (form) => finish(await explained(accounts.setNewPassword(session, challenge, newPassword(form)), EXPIRED));
  return html`
    <${Form} title="Choose a new password" action="Save and sign in" busy="Saving …" onSubmit=${save} below=${back(go, null)}>
      <p>This is the first sign-in of this account. Replace the password that you were given.</p>
      <${NewPassword} username=${challenge.username} />
    <//>
  `;
}

/** @param {StepProps<"challenge">} props */
function Code({ step: { challenge }, go, finish }) {
  /** @param {FormData} form */
  const enter = async (form) => finish(await explained(accounts.enterCode(session, challenge, code(form)), { ...EXPIRED, ...WRONG_CODE }));
  return html`
    <${Form} title="Enter your code" action="Sign in" busy="Signing in …" onSubmit=${enter} below=${back(go, null)}>
      <p>Open your authenticator app, and enter the code that it shows for PhotoSky.</p>
      <${CodeField} label="Code from the app" />
    <//>
  `;
}

/** @param {StepProps<"challenge">} props */
function SetUp({ step: { challenge }, go, finish, username }) {
  return html`
    <${AuthenticatorForm}
      email=${username.value}
      action="Save and sign in"
      begin=${() => explained(accounts.beginRequiredSetup(session, challenge), EXPIRED)}
      finish=${/** @param {accounts.NewAuthenticator} authenticator @param {string} code */ async (authenticator, code) => {
        finish(await explained(accounts.finishRequiredSetup(session, challenge, authenticator, code), EXPIRED));
      }}
      below=${back(go, null)}
    >
      <p>Your account requires a code of an authenticator app at each sign-in.</p>
    <//>
  `;
}

/** Two fields for a new password. Password managers store it under the name in the hidden field. @param {{ username: string }} props */
function NewPassword({ username }) {
  return html`
    <input type="hidden" autocomplete="username" value=${username} />
    <label>
      New password
      <input name="new" type="password" autocomplete="new-password" required />
    </label>
    <label>
      New password again
      <input name="again" type="password" autocomplete="new-password" required />
    </label>
  `;
}

/** The new password of a form. Throws FormError. @param {FormData} form */
function newPassword(form) {
  if (text(form, "new") !== text(form, "again")) throw new FormError("The passwords differ. Type the same one twice.");
  return text(form, "new");
}

/** @param {StepProps<Step["name"]>["go"]} go @param {Step | null} to */
function back(go, to, label = "Back") {
  return html`<button type="button" class="quiet" onClick=${() => go(to)}>${label}</button>`;
}
