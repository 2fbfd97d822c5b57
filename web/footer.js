// The footer, with the version of the deployment.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { readVersion } from "./client/health.js";
import { config } from "./config.js";

export function Footer() {
  const version = useSignal(/** @type {string | null} */ (null));
  useEffect(() => {
    void readVersion(config.api_url).then((found) => (version.value = found));
  }, []);
  return version.value && html`<footer>PhotoSky ${version}</footer>`;
}
