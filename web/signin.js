// The form to sign in.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { config, session, signedIn } from "./services.js";
import { reason } from "./words.js";

export function SignIn() {
  const problem = useSignal("");
  const busy = useSignal(false);

  /** @param {SubmitEvent & { currentTarget: HTMLFormElement }} event */
  const submit = async (event) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    busy.value = true;
    problem.value = "";
    try {
      await session.signIn(String(given.get("username")), String(given.get("password")));
      signedIn.value = true;
    } catch (error) {
      problem.value = reason(error);
    } finally {
      busy.value = false;
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
      <button class="primary" disabled=${busy.value}>${busy.value ? "Signing in …" : "Sign in"}</button>
      ${config.username && html`<p class="hint">This stack runs on your machine: its demo user is filled in.</p>`}
    </form>
  `;
}
