// The footer, with a link to the account and the version of the deployment.
import { useSignal } from "@preact/signals";
import { html } from "htm/preact";
import { useEffect } from "preact/hooks";
import { readVersion } from "./client/health.js";
import { config } from "./config.js";
import { ACCOUNT_PATH } from "./links.js";
import { userId } from "./session.js";

export function Footer() {
  const version = useSignal(/** @type {string | null} */ (null));
  useEffect(() => {
    void readVersion(config.api_url).then((found) => (version.value = found));
  }, []);
  const link = userId.value && config.mfa === "optional" && html`<a href=${`#${ACCOUNT_PATH}`}>Second factor</a>`;
  if (!link && !version.value) return null;
  return html`<footer>${link} ${version.value && html`<span>PhotoSky ${version}</span>`}</footer>`;
}
