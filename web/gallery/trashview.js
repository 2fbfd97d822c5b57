// What the view of the trash shows.
import { signal } from "@preact/signals";
import { html } from "htm/preact";
import { useLayoutEffect } from "preact/hooks";
import { config } from "../config.js";
import { Confirmation, confirm } from "../confirm.js";
import { formatCount } from "../format.js";
import { errorMessage } from "../messages.js";
import { notify } from "../notices.js";
import { deleteForGood, restore } from "./changes.js";
import { daysLeft, formatDays } from "./daysleft.js";
import { Grid } from "./grid.js";
import { trash as listing } from "./photos.js";
import { SelectionBar } from "./selectionbar.js";
import { Toolbar } from "./toolbar.js";

/** @import { ReadyPhoto } from "../client/contract.js" */
/** @import { Action } from "./selectionbar.js" */

/** Whether all pages are being loaded, so that the question has the number of photos. */
const isCounting = signal(false);

export function TrashView() {
  useLayoutEffect(() => listing.reset(), []);
  return html`
    <${Toolbar} listing=${listing} Bar=${Bar}>
      <h1>Trash</h1>
      ${listing.photos.value.length > 0 &&
      html`<button type="button" disabled=${isCounting.value} onClick=${empty}>${isCounting.value ? "Loading …" : "Empty trash"}</button>`}
    <//>
    <${Grid}
      listing=${listing}
      label="Photos in the trash"
      badgeOf=${/** @param {ReadyPhoto} photo */ ({ trashed_at }) => daysLeft(trashed_at, config.trash_days, Date.now())}
      Empty=${Empty}
    />
    <${Confirmation} />
  `;
}

function Bar() {
  return html`<${SelectionBar} listing=${listing} actionsFor=${actionsFor} />`;
}

/** @returns {Action[]} */
function actionsFor() {
  return [
    { label: "Restore", icon: "restore", run: restore },
    { label: "Delete for good", icon: "trash", run: confirmedDelete },
  ];
}

/** @param {ReadyPhoto[]} photos */
async function confirmedDelete(photos) {
  const isOne = photos.length === 1;
  const isConfirmed = await confirm({
    title: isOne ? "Delete this photo for good?" : `Delete ${formatCount(photos.length)} photos for good?`,
    text: isOne ? "It cannot be restored." : "They cannot be restored.",
    label: "Delete for good",
  });
  return isConfirmed ? deleteForGood(photos) : null;
}

/** Delete all photos in the trash, also those that are not loaded yet. */
async function empty() {
  isCounting.value = true;
  try {
    await listing.loadAll();
  } catch (error) {
    return notify({ text: errorMessage(error) });
  } finally {
    isCounting.value = false;
  }
  await confirmedDelete(listing.photos.peek());
}

function Empty() {
  return html`
    <div class="empty">
      <h2>The trash is empty</h2>
      <p>Photos that you delete stay here for ${formatDays(config.trash_days)}.</p>
    </div>
  `;
}
