// The details of one aircraft: every known field, as text, in groups.

import { DETAILS } from "./columns.js";
import { age, trouble } from "./format.js";
import { inEmergency } from "./model.js";
import { badge } from "./table.js";

export class Detail {
  constructor(element, onClose) {
    this.element = element;
    this.hex = null;
    this.drawn = "";
    this.values = new Map();
    const head = document.createElement("header");
    this.name = document.createElement("h2");
    this.name.id = "detail-name";
    this.close = document.createElement("button");
    this.close.type = "button";
    this.close.className = "quiet";
    this.close.textContent = "Close";
    this.close.addEventListener("click", onClose);
    this.sub = document.createElement("p");
    this.sub.className = "muted";
    this.badges = document.createElement("p");
    this.badges.className = "badges";
    this.watch = document.createElement("a");
    this.watch.textContent = "Add to a watchlist…";
    const acts = document.createElement("p");
    acts.className = "row";
    this.datalink = document.createElement("a");
    this.datalink.textContent = "Datalink messages…";
    acts.append(this.watch, this.datalink);
    this.groups = document.createElement("div");
    head.append(this.name, this.close);
    element.id = "detail";
    element.append(head, this.sub, this.badges, acts, this.groups);
  }

  /** Show this aircraft (a record), or nothing (null). */
  show(record, now) {
    this.element.hidden = record === null;
    this.hex = record?.hex ?? null;
    if (record) this.update(record, now);
    else this.drawn = "";
  }

  /** Update the values; the list is built again only when the set of known fields has changed. */
  update(record, now) {
    const { fields } = record;
    put(this.name, fields.flight ?? fields.hex);
    put(this.sub, `${fields.hex} · heard ${age(now - record.heard)} ago${"lat" in fields ? `, position ${age(now - (record.placed ?? record.heard))} ago` : ""}`);
    const known = DETAILS.map(([title, rows]) => [title, rows.filter(([name]) => fields[name] !== undefined)]).filter(([, rows]) => rows.length);
    const shape = `${record.hex} ${known.map(([, rows]) => rows.map(([name]) => name)).join()} ${fields.military} ${fields.emergency}`;
    if (shape !== this.drawn) {
      this.drawn = shape;
      this._build(known, fields);
    }
    lead(this.watch, watchAddress(fields));
    lead(this.datalink, datalinkAddress(fields));
    // Messages name aircraft by ICAO addresses only.
    this.datalink.hidden = fields.hex.startsWith("~");
    for (const [, rows] of known) for (const [name, , write] of rows) put(this.values.get(name), write(fields[name]));
  }

  /** Show that the aircraft left, and keep its last values. */
  gone() {
    put(this.sub, `${this.hex} is no longer heard`);
  }

  _build(known, fields) {
    this.values.clear();
    const badges = [];
    if (inEmergency(fields)) badges.push(badge("alarm", trouble(fields.emergency)));
    if (fields.military) badges.push(badge("military", "military"));
    this.badges.replaceChildren(...badges);
    this.groups.replaceChildren(
      ...known.flatMap(([title, rows]) => {
        const heading = document.createElement("h3");
        heading.textContent = title;
        const list = document.createElement("dl");
        for (const [name, label] of rows) {
          const pair = document.createElement("div");
          const term = document.createElement("dt");
          const value = document.createElement("dd");
          term.textContent = label;
          pair.append(term, value);
          list.append(pair);
          this.values.set(name, value);
        }
        return [heading, list];
      }),
    );
  }
}

/** Where the panel asks which watchlist an aircraft is put on. */
function watchAddress({ hex, flight, r, t }) {
  const known = Object.entries({ hex, registration: r, callsign: flight, type: t }).filter(([, value]) => value);
  return `${document.body.dataset.root}/admin/alerts/watchlists/aircraft/?${new URLSearchParams(known)}`;
}

/** Where the panel lists the datalink messages of an aircraft. */
const datalinkAddress = ({ hex }) => `${document.body.dataset.root}/admin/datalink/?${new URLSearchParams({ hex })}`;

function lead(link, address) {
  if (link.getAttribute("href") !== address) link.href = address;
}

function put(element, content) {
  if (element.textContent !== content) element.textContent = content;
}
