// The colours of the page for canvases: read from the style sheet, and read again when the theme changes.

const cache = new Map();
const listeners = new Set();

/** The present value of a colour of the style sheet, such as --line. A canvas cannot read `light-dark()`. */
export function colour(name) {
  if (!cache.has(name)) {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    cache.set(name, getComputedStyle(probe).color);
    probe.remove();
  }
  return cache.get(name);
}

/** The same with an opacity from 0 to 1. */
export const faded = (name, opacity) => colour(name).replace(/^rgb\((.*)\)$/, `rgba($1, ${opacity})`);

/** Call `redraw` whenever the theme changes. */
export function onTheme(redraw) {
  listeners.add(redraw);
}

function changed() {
  cache.clear();
  for (const redraw of listeners) redraw();
}

for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) matchMedia(query).addEventListener("change", changed);
new MutationObserver(changed).observe(document.documentElement, { attributeFilter: ["data-theme"] });
