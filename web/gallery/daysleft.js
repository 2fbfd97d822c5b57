// How long a photo stays in the trash.

const DAY_MS = 24 * 3600 * 1000;

/**
 * The time left as text, in days, rounded up.
 * @param {string | null} trashedAt in ISO 8601 @param {number} trashDays @param {number} nowMs since 1970
 */
export function daysLeft(trashedAt, trashDays, nowMs) {
  if (trashedAt === null) return "";
  const days = Math.ceil((Date.parse(trashedAt) + trashDays * DAY_MS - nowMs) / DAY_MS);
  if (days <= 0) return "Deleted soon";
  return `${formatDays(days)} left`;
}

/** @param {number} count */
export function formatDays(count) {
  return count === 1 ? "1 day" : `${count} days`;
}
