// What a signed-in user sees: the navigation, and the view that the current path names.
import { html } from "htm/preact";
import { config } from "./config.js";
import { notify } from "./notices.js";
import { path } from "./router.js";
import { refreshUser, session, userId } from "./session.js";
import { views } from "./views.js";

const availableViews = views.filter(({ isAvailable }) => isAvailable?.(config) ?? true);

/** Whose data the views hold. A session that has ended keeps it, so that its user can sign in again and continue. */
let shownUserId = /** @type {string | null} */ (null);

userId.subscribe((id) => {
  if (id === null) return;
  if (shownUserId !== null && shownUserId !== id) clearViews();
  shownUserId = id;
  for (const { onSignIn } of availableViews) onSignIn?.();
});

function clearViews() {
  for (const { onSignOut } of availableViews) onSignOut?.();
}

export function Navigation() {
  return html`
    <nav aria-label="Main">
      ${availableViews.map(
        ({ nav, path: pattern }) => nav && html`
          <a key=${nav.path} href=${`#${nav.path}`} aria-current=${pattern.test(path.value) ? "page" : undefined}>${nav.label}</a>
        `,
      )}
    </nav>
    <button type="button" class="quiet" onClick=${signOut}>Sign out</button>
  `;
}

export function CurrentView() {
  for (const view of availableViews) {
    const match = view.path.exec(path.value);
    if (match) return html`<${view.Component} params=${match.slice(1)} />`;
  }
  return html`<p>Page not found. <a href="#/">Go to your photos</a></p>`;
}

function signOut() {
  const warnings = availableViews.map(({ signOutWarning }) => signOutWarning?.() ?? "").filter(Boolean);
  if (warnings.length > 0 && !confirm(warnings.join("\n"))) return;
  clearViews();
  session.signOut().catch(async (error) => {
    const { errorMessage } = await import("./messages.js"); // The first paint does not need it.
    notify({ text: errorMessage(error) });
  });
  refreshUser();
}
