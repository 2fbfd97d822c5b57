// The form of each step of a sign-in, and the fields that several steps have.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { SignInError } from "./client/cognito.js";
import { errorMessage } from "./messages.js";

/** @import { Signal } from "@preact/signals" */
/** @import { ComponentChildren } from "preact" */
/** @import { Challenge } from "./client/cognito.js" */

/**
 * What the user has to do instead of, or after, the password. It may continue an earlier step.
 * @typedef {{ name: "requestCode" } | { name: "reset", username: string, sentTo: string } | { name: "signUp" }
 *   | { name: "confirm", username: string, password: string } | { name: "challenge", challenge: Challenge }} Step
 */

/** What is wrong with a form. The message is for the user. */
export class FormError extends Error {}

/**
 * @param {object} props
 * @param {string} props.title
 * @param {string} props.action
 * @param {string} props.busy the label of the button while the request runs
 * @param {() => void} [props.onStart] called when the user starts to fill in the form
 * @param {(form: FormData) => Promise<void>} props.onSubmit errors are shown in the form
 * @param {ComponentChildren} props.children
 * @param {ComponentChildren} props.below what follows the button
 */
export function Form({ title, action, busy, onSubmit, onStart, children, below }) {
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
      problem.value = error instanceof FormError ? error.message : errorMessage(error);
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

/** @param {{ username: Signal<string> }} props */
export function Email({ username }) {
  /** @param {Event & { currentTarget: HTMLInputElement }} event */
  const onInput = (event) => (username.value = event.currentTarget.value);
  return html`
    <label>
      E-mail
      <input name="username" type="email" autocomplete="username" required value=${username.value} onInput=${onInput} />
    </label>
  `;
}

/** @param {FormData} form @param {string} name */
export function text(form, name) {
  return String(form.get(name));
}

const focus = (/** @type {HTMLElement | null} */ field) => field?.focus();

/** @param {{ label: string }} props */
export function CodeField({ label }) {
  return html`
    <label>
      ${label}
      <input ref=${focus} name="code" autocomplete="one-time-code" inputmode="numeric" required />
    </label>
  `;
}

/** The code of a form. Apps and e-mails may show it in groups. @param {FormData} form */
export function code(form) {
  return text(form, "code").replaceAll(/\s/g, "");
}

/**
 * The result of a request to Cognito. Throws FormError for the rejections that have a message here.
 * @template T @param {Promise<T>} result @param {Record<string, string>} messages by Cognito's name of the error @returns {Promise<T>}
 */
export async function explained(result, messages) {
  try {
    return await result;
  } catch (error) {
    const message = error instanceof SignInError ? messages[error.code] : undefined;
    throw message === undefined ? error : new FormError(message);
  }
}
