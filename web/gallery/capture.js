// The order of capture, as the API defines it (docs/api.md, "Timeline and filters"), and the days in it.

/** @import { ReadyPhoto } from "../client/contract.js" */

/** Computing the keys of 10,000 photos after each change would take most of its time. @type {WeakMap<ReadyPhoto, string>} */
const keys = new WeakMap();

/**
 * The sort key: the local time of capture without its offset, or the time of creation in UTC, then the ID.
 * @param {ReadyPhoto} photo
 */
export function captureKey(photo) {
  const found = keys.get(photo);
  if (found !== undefined) return found;
  const time = photo.taken_at ?? photo.created_at;
  const fraction = /^.{19}\.(\d+)/.exec(time)?.[1] ?? "";
  const key = `${time.includes("T") ? time.slice(0, 19) : `${time}T00:00:00`}.${fraction.padEnd(9, "0")}/${photo.photo_id}`;
  keys.set(photo, key);
  return key;
}

/** The day under which a photo is listed: that of its upload if it has no time of capture. @param {ReadyPhoto} photo */
export function dayOf(photo) {
  return captureKey(photo).slice(0, 10);
}

/** @param {string} day such as `2025-05-17` @param {string} today */
export function formatDay(day, today) {
  if (day === today) return "Today";
  if (day === daysAfter(today, -1)) return "Yesterday";
  return `${dateOf(day).toLocaleDateString("en", { weekday: "long", timeZone: "UTC" })}, ${formatDate(day)}`;
}

/** @param {string} day */
export function formatDate(day) {
  return dateOf(day).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
}

/** @param {string} month such as `2025-05` */
export function formatMonth(month) {
  return dateOf(`${month}-01`).toLocaleDateString("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });
}

/** The current day by the clock of the browser, since times of capture are local. @param {Date} now */
export function localDay(now) {
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => `${part}`.padStart(2, "0")).join("-");
}

/** @param {string} month */
export function lastDay(month) {
  const [year = 0, number = 0] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10);
}

/** @param {string} day @param {number} count */
export function daysAfter(day, count) {
  return new Date(dateOf(day).getTime() + count * 86_400_000).toISOString().slice(0, 10);
}

/** @param {string} day */
function dateOf(day) {
  return new Date(`${day}T00:00:00Z`);
}
