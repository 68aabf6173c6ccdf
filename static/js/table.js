// The table: one row per aircraft, by its address. Rows are updated in place, once per animation
// frame; they are sorted at most once a second, and not while the user works in them.
// Every text is set as textContent: received data is never parsed as HTML.

import { COLUMNS } from "./columns.js";
import { plain, trouble } from "./format.js";
import { inEmergency, passes } from "./model.js";

const REORDER_MS = 1000;

export class Table {
  /** `model` is read on every frame; `onPick(hex)` is called with the chosen aircraft, `onShown(counts)` with the numbers shown. */
  constructor(element, model, { onPick, onShown }) {
    this.head = element.tHead;
    this.body = element.tBodies[0];
    this.model = model;
    this.onPick = onPick;
    this.onShown = onShown;
    this.rows = new Map();
    this.dirty = new Set();
    this.sort = { key: "distance", down: false };
    this.chosen = false;
    this.words = [];
    this.only = new Set();
    this.picked = null;
    this.ordered = -Infinity;
    this.frame = 0;
    this.mustOrder = true;
    this._makeHead();
    this.body.addEventListener("click", (event) => {
      const row = event.target.closest("tr");
      if (row && !window.getSelection()?.toString()) this.onPick(row.dataset.hex);
    });
    this.body.addEventListener("keydown", (event) => this._walk(event));
    setInterval(() => this.touchAll(), 1000);
  }

  /** Update these aircraft, which changed or left. */
  touch(hexes) {
    for (const hex of hexes) this.dirty.add(hex);
    this._ask();
  }

  /** Update every row. */
  touchAll() {
    for (const hex of this.rows.keys()) this.dirty.add(hex);
    for (const hex of this.model.records.keys()) this.dirty.add(hex);
    this._ask();
  }

  /** Set the filter. */
  filter(words, only) {
    this.words = words;
    this.only = only;
    this.mustOrder = true;
    this.touchAll();
  }

  /** Mark one aircraft as the one whose details are shown; null for none. */
  pick(hex) {
    const before = this.rows.get(this.picked);
    if (before) this._mark(before, false);
    this.picked = hex;
    const row = this.rows.get(hex);
    if (row) this._mark(row, true);
  }

  /** Scroll an aircraft's row into the part of the view that the details do not cover. */
  reveal(hex) {
    this.rows.get(hex)?.element.scrollIntoView({ block: "nearest" });
  }

  /** Move the focus to an aircraft's row. */
  focus(hex) {
    this.rows.get(hex)?.button.focus();
  }

  _mark(row, on) {
    row.element.classList.toggle("picked", on);
    row.button.setAttribute("aria-expanded", String(on));
  }

  _makeHead() {
    const row = document.createElement("tr");
    for (const column of COLUMNS) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.className = classes(column);
      const button = document.createElement("button");
      button.type = "button";
      button.append(text("span", column.head));
      if (column.unit) button.append(text("small", column.unit));
      button.title = `Sort by ${(column.long ?? column.head).toLowerCase()}`;
      button.addEventListener("click", () => this._sortBy(column.key));
      cell.append(button);
      cell.dataset.key = column.key;
      row.append(cell);
    }
    this.head.replaceChildren(row);
    this._tellSort();
  }

  /** Sort by this column, until the user chooses one. */
  begin(key) {
    if (this.chosen || this.sort.key === key) return;
    this._sortBy(key);
    this.chosen = false;
  }

  _sortBy(key) {
    this.chosen = true;
    this.sort = { key, down: this.sort.key === key ? !this.sort.down : false };
    this._tellSort();
    this.mustOrder = true;
    this._ask();
  }

  _tellSort() {
    for (const cell of this.head.rows[0].cells) {
      if (cell.dataset.key === this.sort.key) cell.setAttribute("aria-sort", this.sort.down ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
  }

  _ask() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this._draw(performance.now());
    });
  }

  _draw(now) {
    let came = false;
    for (const hex of this.dirty) {
      const record = this.model.records.get(hex);
      const visible = record !== undefined && passes(record.fields, this.words, this.only);
      let row = this.rows.get(hex);
      if (!visible) {
        if (row) this._drop(hex, row);
        continue;
      }
      if (!row) {
        row = this._makeRow(hex);
        this.rows.set(hex, row);
        came = true;
      }
      this._fill(row, record, now);
    }
    this.dirty.clear();
    if (this.mustOrder || came || (now - this.ordered >= REORDER_MS && !this._isRead())) this._order(now);
    this.onShown();
  }

  _drop(hex, row) {
    const had = row.element.contains(document.activeElement);
    const next = row.element.nextElementSibling ?? row.element.previousElementSibling;
    row.element.remove();
    this.rows.delete(hex);
    // Keep the focus in the table when its aircraft leaves.
    if (had) next?.querySelector("button")?.focus();
  }

  _makeRow(hex) {
    const element = document.createElement("tr");
    element.dataset.hex = hex;
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-controls", "detail");
    const name = text("span", "");
    const badges = document.createElement("span");
    badges.className = "badges";
    button.append(name);
    const cells = COLUMNS.map((column, index) => {
      const cell = document.createElement(index === 0 ? "th" : "td");
      if (index === 0) {
        const line = document.createElement("div");
        line.append(button, badges);
        cell.scope = "row";
        cell.append(line);
      }
      cell.className = classes(column);
      element.append(cell);
      return cell;
    });
    const row = { element, button, name, badges, cells, texts: [], badged: "" };
    this._mark(row, hex === this.picked);
    return row;
  }

  _fill(row, record, now) {
    const { fields } = record;
    COLUMNS.forEach((column, index) => {
      const written = index === 0 ? plain(fields.flight ?? fields.hex) : column.text(record, now);
      if (row.texts[index] === written) return;
      row.texts[index] = written;
      (index === 0 ? row.name : row.cells[index]).textContent = written;
    });
    row.button.classList.toggle("nameless", fields.flight === undefined);
    const alarm = inEmergency(fields);
    const badged = `${fields.military ? "m" : ""}${alarm ? fields.emergency : ""}`;
    if (badged !== row.badged) {
      row.badged = badged;
      row.element.classList.toggle("alarm", alarm);
      const shown = [];
      if (alarm) shown.push(badge("alarm", trouble(fields.emergency)));
      if (fields.military) shown.push(badge("military", "MIL", "military"));
      row.badges.replaceChildren(...shown);
    }
  }

  _order(now) {
    const column = COLUMNS.find(({ key }) => key === this.sort.key);
    const sign = this.sort.down ? -1 : 1;
    const keyed = [...this.rows].map(([hex, row]) => ({ hex, row, value: column.sort(this.model.records.get(hex)) }));
    keyed.sort((a, b) => compare(a.value, b.value, sign) || (a.hex < b.hex ? -1 : 1));
    const active = document.activeElement;
    let next = this.body.firstElementChild;
    for (const { row } of keyed) {
      if (row.element === next) next = next.nextElementSibling;
      else this.body.insertBefore(row.element, next);
    }
    // Moving a row removes the focus from it.
    if (active !== document.activeElement && this.body.contains(active)) active.focus({ preventScroll: true });
    this.ordered = now;
    this.mustOrder = false;
  }

  /** Whether a row has the keyboard focus, which sorting would move. */
  _isRead() {
    return this.body.contains(document.activeElement) && document.activeElement.matches(":focus-visible");
  }

  _walk(event) {
    const row = event.target.closest("tr");
    const steps = { ArrowDown: row?.nextElementSibling, ArrowUp: row?.previousElementSibling, Home: this.body.firstElementChild, End: this.body.lastElementChild };
    const next = steps[event.key];
    if (!next) return;
    event.preventDefault();
    next.querySelector("button").focus();
  }
}

/** Unknown values come last in both directions. */
function compare(a, b, sign) {
  const noA = a === undefined || a === null;
  const noB = b === undefined || b === null;
  if (noA || noB) return noA - noB;
  return a < b ? -sign : a > b ? sign : 0;
}

const classes = ({ key, fold, number, code }) => [`c-${key}`, fold ? `fold-${fold}` : "", number ? "number" : "", code ? "code" : ""].filter(Boolean).join(" ");

function text(tag, content) {
  const element = document.createElement(tag);
  element.textContent = content;
  return element;
}

export function badge(kind, content, long) {
  const element = text("span", content);
  element.className = `badge ${kind}`;
  if (long) element.title = long;
  return element;
}
