// The page: its header and the view that the current path names.
import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { render } from "preact";
import { config } from "./config.js";
import { Confirmation } from "./confirm.js";
import { Footer } from "./footer.js";
import { errorMessage } from "./messages.js";
import { Notices, notify } from "./notices.js";
import { path } from "./router.js";
import { isSignedIn, session } from "./services.js";
import { SignIn } from "./signin.js";
import { views } from "./views.js";

const availableViews = views.filter(({ isAvailable }) => isAvailable?.(config) ?? true);

/** What the browser reports; a connection that it reports can still fail. */
const isOnline = signal(navigator.onLine);
for (const event of ["online", "offline"]) addEventListener(event, () => (isOnline.value = navigator.onLine));

isSignedIn.subscribe((isNow) => {
  if (isNow) for (const { onSignIn } of availableViews) onSignIn?.();
});

function App() {
  return html`
    <header class="top">
      <a class="brand" href="#/"><img src="icon.svg" alt="" width="28" height="28" />PhotoSky</a>
      ${isSignedIn.value && html`<${Navigation} />`}
    </header>
    ${!isOnline.value && html`<p class="offline" role="status">You are offline. Uploads resume when the connection returns.</p>`}
    <main>${isSignedIn.value ? html`<${CurrentView} />` : html`<${SignIn} />`}</main>
    <${Footer} />
    <${Notices} />
    <${Confirmation} />
  `;
}

function Navigation() {
  return html`
    <nav aria-label="Main">
      ${availableViews.map(
        ({ nav, path: pattern }) => html`
          <a key=${nav.path} href=${`#${nav.path}`} aria-current=${pattern.test(path.value) ? "page" : undefined}>${nav.label}</a>
        `,
      )}
    </nav>
    <button type="button" class="quiet" onClick=${signOut}>Sign out</button>
  `;
}

function CurrentView() {
  for (const view of availableViews) {
    const match = view.path.exec(path.value);
    if (match) return html`<${view.Component} params=${match.slice(1)} />`;
  }
  return html`<p>Page not found. <a href="#/">Go to your photos</a></p>`;
}

function signOut() {
  for (const { onSignOut } of availableViews) onSignOut?.();
  isSignedIn.value = false;
  session.signOut().catch((error) => notify({ text: errorMessage(error) }));
}

render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
