// The session, and the user who is signed in.
import { signal } from "@preact/signals";
import { Session } from "./client/cognito.js";
import { config } from "./config.js";

export const session = new Session(config.cognito_url, config.client_id, refreshUser);
/** The user who is signed in, else null. @type {import("@preact/signals").Signal<string | null>} */
export const userId = signal(session.userId);

/** Show the user of the session, after a sign-in or a sign-out. */
export function refreshUser() {
  userId.value = session.userId;
}
