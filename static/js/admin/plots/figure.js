// What every plot has around its drawing: a legend with values, the values as a table, access by keyboard, and a sentence
// where there is no data. The markup is the macro `plot` of templates/admin/statistics.html.

const SVG = "http://www.w3.org/2000/svg";

/** The dash patterns of series 1 to 6, so that no series is known by its colour alone. */
export const DASHES = [[], [6, 4], [2, 3], [10, 3, 2, 3], [12, 5], [1, 5]];

/** An SVG element with attributes. */
export function svg(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** An HTML element with attributes; children are nodes or texts. */
export function html(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/**
 * One plot of the page. `content` has `series` ([{label, place}], place from 0), `count` of positions, `first` (the heading of the
 * positions), `name(position)`, `texts(position)` (one text for each series, in order), `rest` (the position that is shown when none is
 * chosen) and, where there are some, `more` headings of the table with `extra(position)` texts.
 */
export class Figure {
  constructor(element) {
    this.element = element;
    this.canvas = element.querySelector("[data-canvas]");
    this._legend = element.querySelector("[data-legend]");
    this._readout = element.querySelector("[data-readout]");
    this._none = element.querySelector("[data-none]");
    this._details = element.querySelector("details");
    this._content = null;
    this._chosen = null;
    /** Called with the position that the keyboard chose, null for none. */
    this.onchoice = () => {};
    this.canvas.addEventListener("keydown", (event) => this._key(event));
    this.canvas.addEventListener("blur", () => this.choose(null));
    this._details.addEventListener("toggle", () => this._table());
  }

  /** Show a sentence instead of a plot. */
  empty(sentence) {
    this._content = null;
    this._shown(false);
    this._none.textContent = sentence;
  }

  /** Show this content; the caller draws it into `canvas`. */
  fill(content) {
    this._content = content;
    if (this._chosen !== null && this._chosen >= content.count) this._chosen = null;
    this._shown(true);
    this._values = content.series.map(() => html("b"));
    this._legend.replaceChildren(...content.series.map((one, index) => html("li", {}, swatch(one.place), html("span", {}, one.label), this._values[index])));
    this.canvas.setAttribute("aria-valuemax", String(Math.max(0, content.count - 1)));
    this.show(this._chosen);
    this._table();
  }

  /** Show the values at a position in the legend; null: those at rest. */
  show(position) {
    const { name, texts, rest } = this._content;
    const at = position ?? rest;
    this._readout.textContent = name(at);
    for (const [index, text] of texts(at).entries()) this._values[index].textContent = text;
    this.canvas.setAttribute("aria-valuenow", String(at));
    this.canvas.setAttribute("aria-valuetext", this._sentence(at));
  }

  /** The position that the keyboard chose, null for none: the pointer changes nothing until it is given up. */
  get chosen() {
    return this._chosen;
  }

  /** Choose a position as the keyboard does. */
  choose(position) {
    if (!this._content || this._chosen === position) return;
    this._chosen = position;
    this.show(position);
    this.onchoice(position);
  }

  _sentence(at) {
    const { name, texts, series } = this._content;
    return `${name(at)}: ${texts(at).map((text, index) => `${series[index].label} ${text}`).join(", ")}`;
  }

  _shown(full) {
    for (const part of [this.canvas, this._legend, this._readout, this._details]) part.hidden = !full;
    this._none.hidden = full;
  }

  _key(event) {
    if (!this._content || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this._content.count - 1;
    const now = this._chosen ?? this._content.rest;
    const page = Math.max(1, Math.round(last / 10));
    const moves = { ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1, PageDown: now - page, PageUp: now + page, Home: 0, End: last };
    if (event.key in moves) this.choose(Math.min(last, Math.max(0, moves[event.key])));
    else if (event.key === "Escape") this.choose(null);
    else return;
    event.preventDefault();
  }

  /** The values as a table, made while it is open. */
  _table() {
    const body = this._details.querySelector("[data-table]");
    if (!this._details.open || !this._content) {
      body.replaceChildren();
      return;
    }
    const { series, count, first, name, texts, more = [], extra = () => [] } = this._content;
    const head = [first, ...series.map((one) => one.label), ...more].map((label) => html("th", { scope: "col" }, label));
    const rows = [];
    // The newest comes first, as in every list of the panel; positions that are no times are in their own order.
    for (let index = 0; index < count; index += 1) {
      const at = this._content.newestFirst ? count - 1 - index : index;
      rows.push(html("tr", {}, html("th", { scope: "row" }, name(at)), ...[...texts(at), ...extra(at)].map((text) => html("td", {}, text))));
    }
    const caption = html("caption", { class: "only-read" }, this.canvas.getAttribute("aria-label"));
    body.replaceChildren(html("table", { class: "numbers" }, caption, html("thead", {}, html("tr", {}, ...head)), html("tbody", {}, ...rows)));
  }
}

function swatch(place) {
  const line = svg("path", { d: "M1 6H27", "stroke-dasharray": DASHES[place].join(" ") });
  return svg("svg", { class: `swatch series-${place + 1}`, viewBox: "0 0 28 12", width: 28, height: 12, "aria-hidden": "true" }, line);
}
