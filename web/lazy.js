// Components whose modules are loaded when they are first rendered.
import { html } from "htm/preact";
import { useEffect, useState } from "preact/hooks";

/** @import { ComponentType } from "preact" */

/**
 * A component that loads another one and renders it.
 * @template Props
 * @param {() => Promise<ComponentType<Props>>} load
 * @returns {ComponentType<Props>}
 */
export function lazy(load) {
  /** @type {ComponentType<Props> | null} */
  let loaded = null;
  return function Lazy(props) {
    const [Component, setComponent] = useState(() => loaded);
    const [isFailed, setFailed] = useState(false);
    useEffect(() => {
      if (loaded !== null) return;
      load().then(
        (component) => {
          loaded = component;
          setComponent(() => component);
        },
        () => setFailed(true),
      );
    }, []);
    if (isFailed) return html`<p role="alert">This part of the page cannot be loaded. Check the connection and reload the page.</p>`;
    return Component ? html`<${Component} ...${props} />` : html`<p>Loading …</p>`;
  };
}
