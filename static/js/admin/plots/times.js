// Times of plots, in the zone of this browser; whole days of the server are days of UTC. Times are seconds since 1970.

export const DAY_S = 86400;

const format = (options, utc) => new Intl.DateTimeFormat("en-GB", { ...options, ...(utc && { timeZone: "UTC" }) });
const CLOCK = { hour: "2-digit", minute: "2-digit" };
const DATE = { day: "numeric", month: "short" };
const formats = new Map();

function text(seconds, options, utc = false) {
  const key = JSON.stringify(options) + utc;
  if (!formats.has(key)) formats.set(key, format(options, utc));
  return formats.get(key).format(new Date(seconds * 1000));
}

/** The name of this browser's zone with its present offset: Europe/Zurich (GMT+1). */
export function zoneName() {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  const offset = format({ timeZoneName: "shortOffset" }).formatToParts(new Date()).find((part) => part.type === "timeZoneName").value;
  return timeZone === "UTC" ? "UTC" : `${timeZone} (${offset})`;
}

/** A moment: Fri, 27 Nov, 14:05; with its year where `dated`. */
export const moment = (seconds, dated = false) => text(seconds, { weekday: "short", ...DATE, ...(dated && { year: "numeric" }), ...CLOCK });

/** The time from `seconds` on that one value covers, `step` seconds: Fri 27 Nov, 14:05 to 14:06; a day of UTC where it covers one. */
export function span(seconds, step) {
  if (step >= DAY_S) return text(seconds, { weekday: "short", ...DATE, year: "numeric" }, true);
  return `${moment(seconds)} to ${text(seconds + step, CLOCK)}`;
}

/** The labels of a time axis whose ticks are `increment` seconds apart; the date stands below the first tick of each day. */
export function tickLabels(ticks, increment, utc) {
  if (increment >= 28 * DAY_S) return ticks.map((at, index) => text(at, index === 0 || new Date(at * 1000).getUTCMonth() === 0 ? { month: "short", year: "numeric" } : { month: "short" }, utc));
  if (increment >= DAY_S) return ticks.map((at) => text(at, DATE, utc));
  let before = "";
  return ticks.map((at) => {
    const day = text(at, DATE);
    const label = day === before ? text(at, CLOCK) : `${text(at, CLOCK)}\n${day}`;
    before = day;
    return label;
  });
}
