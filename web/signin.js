// The sign-in form.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { config } from "./config.js";
import { errorMessage } from "./messages.js";
import { isSignedIn, session } from "./services.js";

export function SignIn() {
  const problem = useSignal("");
  const isBusy = useSignal(false);

  /** @param {SubmitEvent & { currentTarget: HTMLFormElement }} event */
  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    isBusy.value = true;
    problem.value = "";
    try {
      await session.signIn(String(form.get("username")), String(form.get("password")));
      isSignedIn.value = true;
    } catch (error) {
      problem.value = errorMessage(error);
    } finally {
      isBusy.value = false;
    }
  };

  return html`
    <form class="sign-in" onSubmit=${submit}>
      <h1>Sign in</h1>
      <label>
        E-mail
        <input name="username" type="email" autocomplete="username" required defaultValue=${config.username} />
      </label>
      <label>
        Password
        <input name="password" type="password" autocomplete="current-password" required defaultValue=${config.password} />
      </label>
      ${problem.value && html`<p class="problem" role="alert">${problem}</p>`}
      <button class="primary" disabled=${isBusy.value}>${isBusy.value ? "Signing in …" : "Sign in"}</button>
      ${config.username && html`<p class="hint">This stack runs on your machine. The demo user is filled in.</p>`}
    </form>
  `;
}
