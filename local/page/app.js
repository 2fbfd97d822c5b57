// The page: its header, and the place that its address names.
import { html } from "htm/preact";
import { render } from "preact";
import { forget } from "./photos.js";
import { places } from "./places.js";
import { path } from "./router.js";
import { config, session, signedIn } from "./services.js";
import { SignIn } from "./signin.js";

const available = places.filter(({ isAvailable }) => isAvailable?.(config) ?? true);

function App() {
  if (!signedIn.value) return html`<main><${SignIn} /></main>`;
  return html`
    <header>
      <nav aria-label="Main">
        <a class="brand" href="#/">PhotoSky</a>
        ${available.map(({ nav }) => nav && html`<a key=${nav.path} href=${`#${nav.path}`}>${nav.label}</a>`)}
      </nav>
      <button type="button" onClick=${signOut}>Sign out</button>
    </header>
    <main><${Here} /></main>
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
  signedIn.value = false;
  forget();
  void session.signOut();
}

render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
