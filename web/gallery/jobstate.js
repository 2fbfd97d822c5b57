// The action on many photos that is in progress. It is apart from `job.js`, so that the gallery does not load all of that.
import { signal } from "@preact/signals";

/** @typedef {{ label: string, doneCount: number, totalCount: number, stop: () => void }} Job */

/** @type {import("@preact/signals").Signal<Job | null>} */
export const job = signal(null);
