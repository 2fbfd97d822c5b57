// The page: its header, and the sign-in form or the views of a signed-in user.
import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { render } from "preact";
import { Footer } from "./footer.js";
import { lazy } from "./lazy.js";
import { Notices, noticesElement } from "./notices.js";
import { userId } from "./session.js";

/** What the browser reports; a connection that it reports can still fail. */
const isOnline = signal(navigator.onLine);
for (const event of ["online", "offline"]) addEventListener(event, () => (isOnline.value = navigator.onLine));

// Not relative to the document: `make page` gives the files of a release a folder of their own.
const icon = new URL("icon.svg", import.meta.url).href;

const SignIn = lazy(loadSignIn, [], null);
const Navigation = lazy(async () => (await loadViews()).Navigation, [], null);
const CurrentView = lazy(async () => (await loadViews()).CurrentView, []);

async function loadSignIn() {
  // At the same time as the module that imports it.
  const [{ SignIn }] = await Promise.all([import("./signin.js"), import("./signinform.js")]);
  return SignIn;
}

/** The modules that only signed-in users need, and all that these import. */
function loadViews() {
  // Empty after the first time.
  document.head.append(/** @type {HTMLTemplateElement} */ (document.getElementById("views")).content);
  return import("./signedin.js");
}

function App() {
  return html`
    <header class="top">
      <a class="brand" href="#/"><img src=${icon} alt="" width="28" height="28" />PhotoSky</a>
      ${userId.value && html`<${Navigation} />`}
    </header>
    ${!isOnline.value && html`<p class="offline" role="status">You are offline. Uploads resume when the connection returns.</p>`}
    <main>${userId.value ? html`<${CurrentView} key=${userId.value} />` : html`<${SignIn} onStart=${loadViews} />`}</main>
    <${Footer} />
  `;
}

render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
render(html`<${Notices} />`, noticesElement);
