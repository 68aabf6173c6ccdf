// The state of the sky in this page: one record per aircraft, updated by snapshots and deltas.
// Pure: no document, no socket, no clock; `at` is the arrival time in milliseconds.

/** Ages in seconds; they are converted to times of this page's own clock. */
const AGES = { seen: "heard", seen_pos: "placed" };

export class Sky {
  constructor() {
    this.records = new Map();
    this.epoch = null;
    this.seq = -1;
  }

  /** The position from which to resume; null before the first snapshot. */
  get since() {
    return this.epoch === null ? null : { epoch: this.epoch, seq: this.seq };
  }

  /** Apply a snapshot. False if it is older than the present state. */
  snapshot({ aircraft, epoch, seq }, at) {
    if (epoch === this.epoch && seq < this.seq) return false;
    const before = this.records;
    this.records = new Map();
    for (const one of aircraft) {
      const record = before.get(one.hex) ?? { hex: one.hex };
      record.fields = {};
      this.records.set(one.hex, record);
      merge(record, one, at);
    }
    this.epoch = epoch;
    this.seq = seq;
    return true;
  }

  /**
   * Apply one delta. Returns "applied" (`changed` and `removed` list the aircraft), "old" (it was applied before)
   * or "gap" (a delta before it is missing; nothing was changed).
   */
  delta(delta, at) {
    if (delta.epoch !== this.epoch || delta.prev > this.seq) return { outcome: "gap" };
    if (delta.seq <= this.seq) return { outcome: "old" };
    const changed = [];
    for (const patch of delta.changed) {
      let record = this.records.get(patch.hex);
      if (!record) {
        record = { hex: patch.hex, fields: {}, heard: at, placed: at };
        this.records.set(patch.hex, record);
      }
      merge(record, patch, at);
      changed.push(patch.hex);
    }
    const removed = [];
    for (const { hex } of delta.removed) if (this.records.delete(hex)) removed.push(hex);
    this.seq = delta.seq;
    return { outcome: "applied", changed, removed };
  }
}

function merge(record, patch, at) {
  record.heard = at;
  if ("lat" in patch || "lon" in patch) record.placed = at;
  for (const [name, value] of Object.entries(patch)) {
    if (name in AGES) {
      if (typeof value === "number") record[AGES[name]] = at - value * 1000;
    } else if (value === null) delete record.fields[name];
    else record.fields[name] = value;
  }
}

/** Whether an aircraft reports an emergency. */
export const inEmergency = (fields) => Boolean(fields.emergency) && fields.emergency !== "none";

const NAMED_BY = ["flight", "hex", "r", "t", "squawk", "desc", "ownOp", "airline", "country"];

/** Whether a record passes the filter: every word must occur in one of its names. */
export function passes(fields, words, only) {
  if (only.has("military") && !fields.military) return false;
  if (only.has("emergency") && !inEmergency(fields)) return false;
  return words.every((word) =>
    NAMED_BY.some((name) => fields[name] !== undefined && String(fields[name]).toUpperCase().includes(word)),
  );
}

/** The words of a filter box. */
export const wordsOf = (text) => text.toUpperCase().split(/[\s,]+/).filter(Boolean);
