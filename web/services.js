// The session and the API client that all views share.
import { signal } from "@preact/signals";
import { PhotoSky } from "./client/api.js";
import { Session } from "./client/cognito.js";
import { config } from "./config.js";

export const session = new Session(config.cognito_url, config.client_id, () => (isSignedIn.value = false));
export const isSignedIn = signal(session.isSignedIn);
export const api = new PhotoSky(config.api_url, session);
