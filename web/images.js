// What all images that show a preview have in common.

/**
 * The `crossorigin` attribute of an <img> that shows a preview. Without it the browser sends no Origin, S3 answers
 * without CORS headers, and a later `fetch` of the same URL fails on the cached response.
 */
export const CROSS_ORIGIN = "anonymous";
