// Components whose modules and styles are loaded when they are first rendered.
import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

/** @import { ComponentChildren, ComponentType } from "preact" */

/**
 * A component that loads another one and renders it.
 * @template Props
 * @param {() => Promise<ComponentType<Props>>} load
 * @param {string[]} styles style sheets, relative to this module
 * @param {ComponentChildren} placeholder shown while they load
 * @returns {ComponentType<Props>}
 */
export function lazy(load, styles, placeholder = html`<p>Loading …</p>`) {
  /** @type {ComponentType<Props> | null} */
  let loaded = null;
  return function Lazy(props) {
    const [Component, setComponent] = useState(() => loaded);
    const [isFailed, setFailed] = useState(false);
    useEffect(() => {
      if (loaded !== null) return;
      Promise.all([load(), ...styles.map(loadStyle)]).then(
        ([component]) => {
          loaded = component;
          setComponent(() => component);
        },
        () => setFailed(true),
      );
    }, []);
    if (isFailed) return html`<p role="alert">This part of the page cannot be loaded. Check the connection and reload the page.</p>`;
    return Component ? html`<${Component} ...${props} />` : placeholder;
  };
}

/** @param {string} name @returns {Promise<void>} */
function loadStyle(name) {
  // Not relative to the document: `make page` gives the files of a release a folder of their own.
  const href = new URL(name, import.meta.url).href;
  return new Promise((resolve, reject) => {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href, onload: resolve, onerror: reject });
    document.head.append(link);
  });
}
