// Full screen, as a hook.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

/** An element that can fill the screen. A dialog itself cannot (Fullscreen API, section 4), so it is one inside the dialog. */
export function useFullScreen() {
  const element = useRef(/** @type {HTMLDivElement | null} */ (null));
  const isFull = useSignal(false);
  useEffect(() => {
    const update = () => (isFull.value = document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", update);
    return () => {
      document.removeEventListener("fullscreenchange", update);
      if (document.fullscreenElement) void document.exitFullscreen();
    };
  }, []);
  const toggle = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void element.current?.requestFullscreen();
  };
  // Without support, as on phones of one vendor, there is no button.
  return { element, isFull, toggle: document.fullscreenEnabled ? toggle : undefined };
}
