// Sign-in with a password. Its other steps are loaded on demand.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { SignInError } from "./client/cognito.js";
import { config } from "./config.js";
import { lazy } from "./lazy.js";
import { refreshUser, session } from "./session.js";
import { Email, Form, text } from "./signinform.js";

/** @import { Challenge } from "./client/cognito.js" */
/** @import { Step } from "./signinform.js" */

const OtherStep = lazy(async () => (await import("./signinsteps.js")).OtherStep, [], null);

/** @param {{ onStart: () => void }} props `onStart` is called when the user starts to fill in a form */
export function SignIn({ onStart }) {
  const step = useSignal(/** @type {Step | null} */ (null));
  /** The address is kept from one step to the next. */
  const username = useSignal(config.username ?? "");
  /** @param {Step | null} next */
  const go = (next) => (step.value = next);

  /** @param {Challenge | null} challenge */
  const finish = (challenge) => {
    if (challenge) go({ name: "challenge", challenge });
    else refreshUser();
  };
  /** @param {FormData} form */
  const signIn = async (form) => {
    const password = text(form, "password");
    try {
      finish(await session.signIn(username.value, password));
    } catch (error) {
      if (!(error instanceof SignInError && error.code === "UserNotConfirmedException")) throw error;
      go({ name: "confirm", username: username.value, password });
    }
  };

  if (step.value) return html`<${OtherStep} step=${step.value} go=${go} finish=${finish} username=${username} />`;
  const below = html`
    <button type="button" class="link" onClick=${() => go({ name: "requestCode" })}>Forgot your password?</button>
    ${config.self_sign_up && html`<button type="button" class="link" onClick=${() => go({ name: "signUp" })}>Create an account</button>`}
    ${config.username && html`<p class="hint">This stack runs on your machine. The demo user is filled in.</p>`}
  `;
  return html`
    <${Form} title="Sign in" action="Sign in" busy="Signing in …" onSubmit=${signIn} onStart=${onStart} below=${below}>
      <${Email} username=${username} />
      <label>
        Password
        <input name="password" type="password" autocomplete="current-password" required defaultValue=${config.password} />
      </label>
    <//>
  `;
}
