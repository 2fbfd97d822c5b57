// The number of photos of each month.
import { signal } from "@preact/signals";
import { errorMessage } from "../messages.js";
import { notify } from "../notices.js";
import { api } from "../services.js";
import { userId } from "../session.js";
import { onClear } from "./store.js";

/** @import { Signal } from "@preact/signals" */
/** @import { Month } from "./blocks.js" */

/** Newest first; null until they are read. @type {Signal<Month[] | null>} */
export const months = signal(null);

/** Read the months. */
export async function readMonths() {
  const reader = userId.peek();
  try {
    const { periods } = await api.timeline("month");
    if (reader === userId.peek()) months.value = periods;
  } catch (error) {
    notify({ text: `The timeline is not up to date. ${errorMessage(error)}` });
  }
}

onClear.add(() => (months.value = null));
