// Shows what the decoder makes of messages: [data-decode] is the JSON of one (label, sublabel, text), and the element is filled with its
// answer as text. One message at a time; one that takes too long ends the worker, and the others go on in a new one.

const LIMIT_MS = 1000;
/** The decoder's module is loaded within this time, or nothing is decoded on this page. */
const START_MS = 20000;
/** Messages that may take too long before nothing more is decoded on this page. */
const MAX_ENDED = 5;
const MAX_KEPT = 500;
const MAX_BRIEF = 8;
const FAILED = { failed: true };
const UNKNOWN = "The decoder knows no form of this text.";
const THREW = "The decoder cannot read this text.";

export class Decoding {
  constructor() {
    this.kept = new Map();
    this.waiting = [];
    this.running = null;
    this.worker = null;
    this.isReady = false;
    this.ended = 0;
    this.number = 0;
    this.timer = 0;
  }

  /** Decode each message under `root` that is not decoded yet. */
  fill(root) {
    for (const place of root.querySelectorAll("[data-decode]:not([data-own~=done])")) {
      place.dataset.own = "done";
      const key = place.dataset.decode;
      if (this.kept.has(key)) show(place, this.kept.get(key));
      else this.waiting.push({ place, key });
    }
    this._next();
  }

  _next() {
    // A row may have left the page while it waited.
    while (!this.running && this.waiting.length && !this.waiting[0].place.isConnected) this.waiting.shift();
    if (this.ended >= MAX_ENDED) for (const { place } of this.waiting.splice(0)) show(place, FAILED);
    if (this.running || !this.waiting.length) return;
    if (!this.worker) this._start();
    if (!this.isReady) return;
    this.running = { ...this.waiting.shift(), number: ++this.number };
    this.worker.postMessage({ ...JSON.parse(this.running.key), number: this.number });
    this._limit(LIMIT_MS);
  }

  _start() {
    this.isReady = false;
    this.worker = new Worker(new URL("./datalink_worker.js", import.meta.url), { type: "module" });
    this.worker.addEventListener("message", ({ data }) => this._answered(data));
    this.worker.addEventListener("error", () => {
      this.ended = MAX_ENDED;
      this._end();
    });
    this._limit(START_MS);
  }

  _limit(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this._end(), milliseconds);
  }

  /** End the worker; the message on which it was is left as it is. */
  _end() {
    clearTimeout(this.timer);
    this.ended = this.isReady ? this.ended + 1 : MAX_ENDED;
    this.worker.terminate();
    this.worker = null;
    this._done(FAILED);
  }

  _answered({ number, decoded }) {
    clearTimeout(this.timer);
    if (number === -1) this.isReady = true;
    else if (number !== this.running?.number) return;
    this._done(decoded);
  }

  _done(decoded) {
    const { running } = this;
    this.running = null;
    if (running) {
      if (this.kept.size >= MAX_KEPT) this.kept.delete(this.kept.keys().next().value);
      this.kept.set(running.key, decoded);
      show(running.place, decoded);
    }
    this._next();
  }
}

/** Put what was decoded into its place, as text. A place with [data-whole] shows everything; others are one line. */
function show(place, decoded) {
  const found = decoded && !decoded.failed;
  place.hidden = !found && !("whole" in place.dataset);
  if ("whole" in place.dataset) place.replaceChildren(...(found ? whole(decoded) : [element("p", decoded ? THREW : UNKNOWN, "muted")]));
  else if (found) place.replaceChildren(element("strong", decoded.description), ...brief(decoded.items));
}

function brief(items) {
  const told = items.slice(0, MAX_BRIEF).map(([label, value]) => `${label}: ${value}`);
  if (items.length > MAX_BRIEF) told.push(`and ${items.length - MAX_BRIEF} more`);
  return told.length ? [" ", element("span", told.join(" · "))] : [];
}

function whole(decoded) {
  const list = element("dl", "", "facts");
  for (const [label, value] of decoded.items) list.append(element("dt", label), element("dd", value));
  const made = [element("p", ""), list];
  made[0].append(element("strong", decoded.description), decoded.level === "partial" ? " (in part)" : "");
  if (decoded.rest) made.push(element("p", "Not decoded:", "muted"), element("pre", decoded.rest, "air"));
  made.push(element("p", "Decoded in this browser by acars-decoder, which may be wrong.", "muted"));
  return made;
}

function element(name, text, kind = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}
