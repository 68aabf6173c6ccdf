// A polar plot in SVG: north is up, the distance grows from the middle, one outline for each series.

import { DASHES, svg } from "./figure.js";

const SIZE = 100;
const NAMED = [["N", 0], ["E", 90], ["S", 180], ["W", 270]];

/** A point of the drawing as the coordinates of an SVG path. */
export const at = (radius, bearing) => [radius * Math.sin((bearing * Math.PI) / 180), -radius * Math.cos((bearing * Math.PI) / 180)].map((value) => value.toFixed(2)).join(" ");

/** Distances of rings up to `far`: three to six of them, at round numbers. */
export function rings(far) {
  const step = [5, 10, 20, 25, 50, 100, 200, 250].find((one) => far / one <= 5) ?? 500;
  return Array.from({ length: Math.max(1, Math.ceil(far / step)) }, (_, index) => (index + 1) * step);
}

/** The outline of one series as an SVG path: an arc for each sector, back to the middle where there is no value. */
export function outline(values, scale) {
  const width = 360 / values.length;
  const parts = values.map((value, index) => {
    const radius = (value ?? 0) * scale;
    const [from, to] = [at(radius, index * width), at(radius, (index + 1) * width)];
    return `${index ? "L" : "M"}${from}${radius ? `A${radius.toFixed(2)} ${radius.toFixed(2)} 0 0 1 ${to}` : ""}`;
  });
  return `${parts.join("")}Z`;
}

/** A plot in `figure`. `draw(content)` shows a Figure's content that also has `values` (one list of distances in nm, or nulls, for each series). */
export class Polar {
  constructor(figure) {
    this._figure = figure;
    this._content = null;
    figure.onchoice = (sector) => this._point(sector);
    figure.canvas.addEventListener("pointermove", (event) => this._hover(event));
    figure.canvas.addEventListener("pointerleave", () => this._show(null));
  }

  /** Whether it shows values. */
  get drawn() {
    return this._content !== null;
  }

  draw(content) {
    this._content = content;
    this._figure.fill(content);
    const circles = rings(this._far(content));
    const scale = SIZE / circles.at(-1);
    const far = 1.13 * SIZE;
    const grid = svg("g", { class: "grid" }, ...circles.map((nm) => svg("circle", { r: nm * scale })));
    grid.append(svg("path", { d: NAMED.map(([, bearing]) => `M0 0L${at(SIZE, bearing)}`).join("") }));
    const labels = svg("g", { class: "labels" }, ...NAMED.map(([name, bearing]) => svg("text", this._place(1.07 * SIZE, bearing), name)));
    labels.append(...circles.map((nm) => svg("text", { ...this._place(nm * scale, 45), class: "ring" }, `${nm}`)));
    this._pointer = svg("path", { class: "pointer" });
    this._figure.canvas.replaceChildren(svg("svg", { viewBox: `${-far} ${-far} ${2 * far} ${2 * far}`, "aria-hidden": "true" }, grid, ...this._shapes(content, scale), labels, this._pointer));
  }

  clear(sentence) {
    this._content = null;
    this._figure.canvas.replaceChildren();
    this._figure.empty(sentence);
  }

  /** The distance in nm that the drawing reaches. */
  _far({ values }) {
    return Math.max(1, ...values.flat().map((value) => value ?? 0));
  }

  /** What is drawn between grid and labels, at `scale` units for each nm. */
  _shapes({ series, values }, scale) {
    return series.map(({ place }, index) => svg("path", { class: `outline series-${place + 1}`, d: outline(values[index], scale), "stroke-dasharray": DASHES[place].map((one) => one / 3).join(" ") }));
  }

  _place(radius, bearing) {
    const [x, y] = at(radius, bearing).split(" ");
    return { x, y };
  }

  _hover(event) {
    const drawing = this._figure.canvas.firstElementChild;
    if (!this._content || !drawing) return;
    const box = drawing.getBoundingClientRect();
    const bearing = (Math.atan2(event.clientX - box.x - box.width / 2, box.y + box.height / 2 - event.clientY) * 180) / Math.PI;
    this._show(Math.floor((((bearing + 360) % 360) / 360) * this._content.count));
  }

  _show(sector) {
    if (!this._content || this._figure.chosen !== null) return;
    this._figure.show(sector);
    this._point(sector);
  }

  _point(sector) {
    const width = 360 / this._content.count;
    if (sector === null) this._pointer.removeAttribute("d");
    else this._pointer.setAttribute("d", `M0 0L${at(SIZE, sector * width)}A${SIZE} ${SIZE} 0 0 1 ${at(SIZE, (sector + 1) * width)}Z`);
  }
}
