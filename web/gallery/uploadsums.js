// The sums of all uploads as texts: how many, how much, how fast, and how long it will take.
import { formatBytes } from "../format.js";

/** @import { Stage } from "./upload.js" */
/** @typedef {{ stage: Stage, sizeBytes: number, sentBytes: number }} Part what the sums need of one upload */

/**
 * @typedef {object} Sums
 * @property {number} total
 * @property {number} done those that are photos now
 * @property {number} duplicates those that were photos before
 * @property {number} failed those that need an action, or cannot become photos
 * @property {number} sentBytes
 * @property {number} totalBytes without those that failed or are duplicates
 */

const FAILED = ["failed", "rejected", "interrupted"];

/** @param {Part[]} parts @returns {Sums} */
export function sumsOf(parts) {
  const sums = { total: parts.length, done: 0, duplicates: 0, failed: 0, sentBytes: 0, totalBytes: 0 };
  for (const { stage, sizeBytes, sentBytes } of parts) {
    if (FAILED.includes(stage)) sums.failed += 1;
    else if (stage === "duplicate") sums.duplicates += 1;
    else {
      const isSent = stage === "done" || stage === "ingesting";
      if (stage === "done") sums.done += 1;
      sums.totalBytes += sizeBytes;
      sums.sentBytes += isSent ? sizeBytes : sentBytes;
    }
  }
  return sums;
}

/** How many: "12 of 40 uploaded, 3 failed". @param {Sums} sums */
export function formatCounts({ total, done, duplicates, failed }) {
  const parts = [
    `${done} of ${total} uploaded`,
    duplicates > 0 && `${duplicates} already in your photos`,
    failed > 0 && `${failed} failed`,
  ];
  return parts.filter(Boolean).join(", ");
}

/**
 * How much, how fast and how long: "18 MB of 64 MB · 2.1 MB/s · about 1 minute left".
 * @param {Sums} sums @param {number | null} bytesPerSecond null while it is unknown
 */
export function formatBytesSums({ sentBytes, totalBytes }, bytesPerSecond) {
  const parts = [`${formatBytes(sentBytes)} of ${formatBytes(totalBytes)}`];
  if (bytesPerSecond !== null && bytesPerSecond > 0 && sentBytes < totalBytes) {
    parts.push(`${formatBytes(Math.round(bytesPerSecond))}/s`, formatRemaining((totalBytes - sentBytes) / bytesPerSecond));
  }
  return parts.join(" · ");
}

/** An estimate in one unit, rounded up: "about 20 seconds left". @param {number} seconds */
export function formatRemaining(seconds) {
  const [count, unit] =
    seconds < 50
      ? [Math.max(1, Math.ceil(seconds / 10)) * 10, "second"]
      : seconds < 3300
        ? [Math.ceil(seconds / 60), "minute"]
        : [Math.ceil(seconds / 3600), "hour"];
  return `about ${count} ${unit}${count === 1 ? "" : "s"} left`;
}

/** The mean speed over the last seconds, which a single slow or fast moment changes little. */
export class Speed {
  /** @type {{ timeMs: number, bytes: number }[]} */
  #samples = [];

  /** @param {number} windowMs */
  constructor(windowMs) {
    this.windowMs = windowMs;
  }

  /** @param {number} timeMs @param {number} bytes sent so far; fewer than before after a retry or a removal */
  add(timeMs, bytes) {
    if (bytes < (this.#samples.at(-1)?.bytes ?? 0)) this.#samples = [];
    this.#samples = [...this.#samples.filter((sample) => timeMs - sample.timeMs <= this.windowMs), { timeMs, bytes }];
  }

  /** Null until there are two samples a second apart. */
  get bytesPerSecond() {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || last.timeMs - first.timeMs < 900) return null;
    return ((last.bytes - first.bytes) * 1000) / (last.timeMs - first.timeMs);
  }
}
