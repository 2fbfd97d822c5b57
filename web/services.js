// The API client that all views share.
import { PhotoSky } from "./client/api.js";
import { config } from "./config.js";
import { session } from "./session.js";

export const api = new PhotoSky(config.api_url, session);
