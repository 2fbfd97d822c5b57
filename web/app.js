// The page: its header, and the place that its address names.
import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { render } from "preact";
import { Notices, tell } from "./notices.js";
import * as photos from "./gallery/photos.js";
import { places } from "./places.js";
import { path } from "./router.js";
import { config, session, signedIn } from "./services.js";
import { SignIn } from "./signin.js";
import { reason } from "./words.js";
import * as uploads from "./gallery/uploads.js";

const available = places.filter(({ isAvailable }) => isAvailable?.(config) ?? true);

/** Whether the browser believes it has a connection. */
const isOnline = signal(navigator.onLine);
for (const event of ["online", "offline"]) addEventListener(event, () => (isOnline.value = navigator.onLine));

signedIn.subscribe((isSignedIn) => isSignedIn && uploads.resume());

function App() {
  return html`
    <header class="top">
      <a class="brand" href="#/"><img src="icon.svg" alt="" width="28" height="28" />PhotoSky</a>
      ${signedIn.value && html`<${Navigation} />`}
    </header>
    ${!isOnline.value && html`<p class="offline" role="status">There is no connection. Uploads go on when it is back.</p>`}
    <main>${signedIn.value ? html`<${Here} />` : html`<${SignIn} />`}</main>
    <${Notices} />
  `;
}

function Navigation() {
  return html`
    <nav aria-label="Main">
      ${available.map(
        ({ nav, path: pattern }) =>
          nav &&
          html`<a key=${nav.path} href=${`#${nav.path}`} aria-current=${pattern.test(path.value) ? "page" : undefined}>
            ${nav.label}
          </a>`,
      )}
    </nav>
    <button type="button" class="quiet" onClick=${signOut}>Sign out</button>
  `;
}

function Here() {
  for (const place of available) {
    const found = place.path.exec(path.value);
    if (found) return html`<${place.View} params=${found.slice(1)} />`;
  }
  return html`<p>There is nothing here. <a href="#/">Your photos</a></p>`;
}

function signOut() {
  photos.forget();
  uploads.forget();
  signedIn.value = false;
  session.signOut().catch((error) => tell({ text: reason(error) }));
}

render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
