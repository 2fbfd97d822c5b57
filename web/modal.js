// A modal dialog, as a hook.
import { useLayoutEffect, useRef } from "preact/hooks";

/**
 * A dialog that is open while it is rendered. When it is removed, the focus returns to where it was.
 * A layout effect acts before the next key. Other effects act after the next frame, when the user may have gone on.
 */
export function useModal() {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useLayoutEffect(() => {
    const element = /** @type {HTMLDialogElement} */ (dialog.current);
    element.showModal();
    return () => element.close();
  }, []);
  return dialog;
}
