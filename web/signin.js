// Sign-in, the first password of an account, and the reset of a forgotten one.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { config } from "./config.js";
import { errorMessage } from "./messages.js";
import { refreshUser, session } from "./services.js";

/** @import { ComponentChildren } from "preact" */
/** @import { Challenge } from "./client/cognito.js" */

/**
 * What the user has to do next. Steps other than the first continue an earlier one.
 * @typedef {{ name: "signIn" } | { name: "requestCode" } | { name: "reset", username: string, sentTo: string }
 *   | { name: "newPassword", challenge: Challenge }} Step
 */

/** @param {{ onStart: () => void }} props `onStart` is called when the user starts to fill in a form */
export function SignIn({ onStart }) {
  const step = useSignal(/** @type {Step} */ ({ name: "signIn" }));
  /** The address is kept from one step to the next. */
  const username = useSignal(config.username ?? "");
  /** @param {Step} next */
  const go = (next) => (step.value = next);

  /** @param {Challenge | null} challenge */
  const finish = (challenge) => {
    if (challenge) go({ name: "newPassword", challenge });
    else refreshUser();
  };
  /** @param {FormData} form */
  const signIn = async (form) => finish(await session.signIn(text(form, "username"), text(form, "password")));
  /** @param {FormData} form */
  const requestCode = async (form) => {
    const sentTo = await session.requestResetCode(text(form, "username"));
    go({ name: "reset", username: text(form, "username"), sentTo });
  };

  /** @param {Step} to */
  const back = (to) => html`<button type="button" class="quiet" onClick=${() => go(to)}>Back</button>`;
  const below = html`
    <button type="button" class="link" onClick=${() => go({ name: "requestCode" })}>Forgot your password?</button>
    ${config.username && html`<p class="hint">This stack runs on your machine. The demo user is filled in.</p>`}
  `;

  const now = step.value;
  switch (now.name) {
    case "signIn":
      return html`
        <${Form} key="signIn" title="Sign in" action="Sign in" busy="Signing in …" onSubmit=${signIn} onStart=${onStart} below=${below}>
          <${Email} username=${username} />
          <label>
            Password
            <input name="password" type="password" autocomplete="current-password" required defaultValue=${config.password} />
          </label>
        <//>
      `;
    case "requestCode":
      return html`
        <${Form} key="requestCode" title="Reset your password" action="Send a code" busy="Sending …" onSubmit=${requestCode} below=${back({ name: "signIn" })}>
          <p>A code is sent to your e-mail address. With it, you choose a new password.</p>
          <${Email} username=${username} />
        <//>
      `;
    case "reset": {
      /** @param {FormData} form */
      const reset = async (form) => finish(await session.resetPassword(now.username, text(form, "code").trim(), newPassword(form)));
      return html`
        <${Form} key="reset" title="Choose a new password" action="Save and sign in" busy="Saving …" onSubmit=${reset} below=${back({ name: "requestCode" })}>
          <p>If there is an account with this address, a code is on its way to ${now.sentTo || now.username}.</p>
          <label>
            Code from the e-mail
            <input name="code" autocomplete="one-time-code" inputmode="numeric" required />
          </label>
          <${NewPassword} username=${now.username} />
        <//>
      `;
    }
    case "newPassword": {
      /** @param {FormData} form */
      const setPassword = async (form) => {
        await session.setNewPassword(now.challenge, newPassword(form));
        refreshUser();
      };
      return html`
        <${Form} key="newPassword" title="Choose a new password" action="Save and sign in" busy="Saving …" onSubmit=${setPassword} below=${back({ name: "signIn" })}>
          <p>This is the first sign-in of this account. Replace the password that you were given.</p>
          <${NewPassword} username=${now.challenge.username} />
        <//>
      `;
    }
  }
}

/**
 * @param {object} props
 * @param {string} props.title
 * @param {string} props.action
 * @param {string} props.busy the label of the button while the request runs
 * @param {() => void} [props.onStart]
 * @param {(form: FormData) => Promise<void>} props.onSubmit errors are shown in the form
 * @param {ComponentChildren} props.children
 * @param {ComponentChildren} props.below what follows the button
 */
function Form({ title, action, busy, onSubmit, onStart, children, below }) {
  const problem = useSignal("");
  const isBusy = useSignal(false);

  /** @param {SubmitEvent & { currentTarget: HTMLFormElement }} event */
  const submit = async (event) => {
    event.preventDefault();
    isBusy.value = true;
    problem.value = "";
    try {
      await onSubmit(new FormData(event.currentTarget));
    } catch (error) {
      problem.value = error instanceof DifferentPasswords ? error.message : errorMessage(error);
    } finally {
      isBusy.value = false;
    }
  };

  return html`
    <form class="sign-in" onSubmit=${submit} onFocusIn=${onStart}>
      <h1>${title}</h1>
      ${children}
      ${problem.value && html`<p class="problem" role="alert">${problem}</p>`}
      <button class="primary" disabled=${isBusy.value}>${isBusy.value ? busy : action}</button>
      ${below}
    </form>
  `;
}

/** @param {{ username: import("@preact/signals").Signal<string> }} props */
function Email({ username }) {
  /** @param {Event & { currentTarget: HTMLInputElement }} event */
  const onInput = (event) => (username.value = event.currentTarget.value);
  return html`
    <label>
      E-mail
      <input name="username" type="email" autocomplete="username" required value=${username.value} onInput=${onInput} />
    </label>
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

class DifferentPasswords extends Error {}

/** The new password of a form. Throws DifferentPasswords. @param {FormData} form */
function newPassword(form) {
  if (text(form, "new") !== text(form, "again")) throw new DifferentPasswords("The passwords differ. Type the same one twice.");
  return text(form, "new");
}

/** @param {FormData} form @param {string} name */
function text(form, name) {
  return String(form.get(name));
}
