// The health check of the API, which needs no token.

/** The version of the deployment; null if the API does not respond or does not report it. @param {string} apiUrl */
export async function readVersion(apiUrl) {
  try {
    const response = await fetch(`${apiUrl}/health`);
    const { version } = await response.json();
    return response.ok && typeof version === "string" ? version : null;
  } catch {
    return null;
  }
}
