// Set up or remove the second factor of the user who is signed in.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { AuthenticatorForm } from "./authenticator.js";
import { beginSetup, finishSetup, readAccount, removeSecondFactor } from "./client/accounts.js";
import { Confirmation, confirm } from "./confirm.js";
import { errorMessage } from "./messages.js";
import { session } from "./session.js";
import { Form } from "./signinform.js";

/** @import { NewAuthenticator } from "./client/accounts.js" */

/** @typedef {{ name: "loading" } | { name: "failed", message: string } | { name: "shown" | "setUp", hasSecondFactor: boolean, email: string }} State */

export function AccountView() {
  const state = useSignal(/** @type {State} */ ({ name: "loading" }));
  const load = async () => {
    state.value = { name: "loading" };
    try {
      state.value = { name: "shown", ...(await readAccount(session)) };
    } catch (error) {
      state.value = { name: "failed", message: errorMessage(error) };
    }
  };
  useEffect(() => void load(), []);

  const now = state.value;
  switch (now.name) {
    case "loading":
      return html`<p role="status">Loading …</p>`;
    case "failed":
      return html`
        <div class="sign-in">
          <p class="problem" role="alert">${now.message}</p>
          <button type="button" onClick=${load}>Try again</button>
        </div>
      `;
    case "setUp":
      return html`
        <${AuthenticatorForm}
          email=${now.email}
          action="Save"
          begin=${() => beginSetup(session)}
          finish=${/** @param {NewAuthenticator} authenticator @param {string} code */ async (authenticator, code) => {
            await finishSetup(session, authenticator, code);
            await load();
          }}
          below=${html`<button type="button" class="quiet" onClick=${() => (state.value = { ...now, name: "shown" })}>Back</button>`}
        >
          <p>With it, a sign-in takes a code of an authenticator app after the password.</p>
        <//>
      `;
    case "shown":
      return now.hasSecondFactor
        ? html`
            <${Form} key="on" title="Second factor" action="Remove the second factor" busy="Removing …" onSubmit=${() => remove(load)}>
              <p>A sign-in takes a code of your authenticator app after the password.</p>
            <//>
            <${Confirmation} />
          `
        : html`
            <${Form} key="off" title="Second factor" action="Set it up" busy="…" onSubmit=${async () => void (state.value = { ...now, name: "setUp" })}>
              <p>Your password alone signs you in. With a second factor, a sign-in also takes a code of an authenticator app.</p>
            <//>
          `;
  }
}

/** @param {() => Promise<void>} load */
async function remove(load) {
  const question = {
    title: "Remove the second factor?",
    text: "Your password alone will sign you in.",
    label: "Remove",
  };
  if (!(await confirm(question))) return;
  await removeSecondFactor(session);
  await load();
}
