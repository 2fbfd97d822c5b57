// Values as text: sizes, times and the names of photos.

/** @type {[string, number][]} */
const UNITS = [
  ["kilobyte", 1e3],
  ["megabyte", 1e6],
  ["gigabyte", 1e9],
];

/** @param {number} count */
export function formatBytes(count) {
  if (count < 1000) return `${count} bytes`;
  // From the value that would be rounded to 1,000 of a unit, the next one is used.
  const [unit, size] = /** @type {[string, number]} */ (UNITS.findLast(([, size]) => count >= 0.9995 * size) ?? UNITS[0]);
  return (count / size).toLocaleString("en", { style: "unit", unit, maximumSignificantDigits: 3 });
}

/** A number of things: "12,000". @param {number} count */
export function formatCount(count) {
  return count.toLocaleString("en");
}

/** The wall-clock time of an ISO 8601 timestamp: its offset is ignored, since a camera records local time. @param {string} iso */
export function formatWallTime(iso) {
  const [wall = iso] = iso.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?/) ?? [];
  return new Date(`${wall}Z`).toLocaleString("en", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });
}

/** An ISO 8601 timestamp in the browser's time zone. @param {string} iso */
export function formatTime(iso) {
  return new Date(iso).toLocaleString("en", { dateStyle: "long", timeStyle: "short" });
}

/** A duration: "41 ms", "0.41 s", "12 s", "3 min 20 s". @param {number} milliseconds */
export function formatDuration(milliseconds) {
  const rounded = Math.max(0, Math.round(milliseconds));
  if (rounded < 100) return `${rounded} ms`;
  if (rounded < 9_950) return `${(rounded / 1000).toFixed(rounded < 995 ? 2 : 1)} s`;
  if (rounded < 120_000) return `${Math.round(rounded / 1000)} s`;
  return `${Math.floor(rounded / 60_000)} min ${Math.round((rounded % 60_000) / 1000)} s`;
}

/**
 * The known settings of a camera, as `1/250 s, f/5.6, ISO 400, 33 mm`; null if none is known.
 * @param {{ exposure_seconds: number | null, f_number: number | null, iso: number | null, focal_length_mm: number | null }} capture
 */
export function formatExposure({ exposure_seconds, f_number, iso, focal_length_mm }) {
  const parts = [
    exposure_seconds && `${exposure_seconds < 0.3 ? `1/${Math.round(1 / exposure_seconds)}` : Number(exposure_seconds.toFixed(1))} s`,
    f_number && `f/${Number(f_number.toFixed(1))}`,
    iso && `ISO ${iso}`,
    focal_length_mm && `${Number(focal_length_mm.toFixed(1))} mm`,
  ];
  return parts.filter(Boolean).join(", ") || null;
}

/** The title of a photo, or its filename when it has none. @param {{ title: string | null, filename: string }} photo */
export function displayName({ title, filename }) {
  return title ?? filename;
}
