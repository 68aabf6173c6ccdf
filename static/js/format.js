// Formats values. Pure: a value in, a text out; a dash for an unknown value.

export const UNKNOWN = "–";
const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

const known = (value) => value !== undefined && value !== null;

/** A whole number with separators between thousands. */
export const whole = (value) => (known(value) ? grouped.format(value) : UNKNOWN);

/** A number with so many decimals. */
export const fixed = (value, digits) => (known(value) ? value.toFixed(digits) : UNKNOWN);

/** Any text. */
export const plain = (value) => (known(value) && value !== "" ? String(value) : UNKNOWN);

/** An altitude in feet, or the word ground. */
export const altitude = (value) => (value === "ground" ? "ground" : whole(value));

/** A climb or descent with its direction; level flight has none. */
export function rate(value) {
  if (!known(value)) return UNKNOWN;
  const arrow = value > 100 ? "▲" : value < -100 ? "▼" : "";
  return arrow ? `${arrow} ${grouped.format(Math.abs(value))}` : grouped.format(value);
}

/** Degrees as three digits. */
export const degrees = (value) => (known(value) ? String(Math.round(value) % 360).padStart(3, "0") : UNKNOWN);

/** A moment of an ISO 8601 time on this machine's clock, with its day where that is not today. */
export function moment(iso) {
  const at = new Date(iso);
  const today = at.toDateString() === new Date().toDateString();
  return today ? at.toLocaleTimeString("en-GB") : at.toLocaleString("en-GB");
}

/** An age in seconds, or in minutes if it is long. */
export function age(milliseconds) {
  if (!known(milliseconds)) return UNKNOWN;
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return seconds < 100 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
}

const SOURCES = { adsb: "ADS-B", adsr: "ADS-R", tisb: "TIS-B", adsc: "ADS-C", mlat: "MLAT", mode_s: "Mode S", other: "other" };

/** The name of a kind of source. */
export const source = (value) => (known(value) ? (SOURCES[value] ?? String(value)) : UNKNOWN);

const WAKE = { L: "light", M: "medium", H: "heavy", J: "super" };

/** A wake turbulence category in words. */
export const wake = (value) => (known(value) ? (WAKE[value] ?? String(value)) : UNKNOWN);

const FLAGS = [
  [1, "military"],
  [2, "interesting"],
  [4, "privacy address (PIA)"],
  [8, "not to be shown (LADD)"],
];

/** What an aircraft database marks an aircraft as. */
export const flags = (value) =>
  FLAGS.filter(([bit]) => (value & bit) !== 0)
    .map(([, word]) => word)
    .join(", ") || UNKNOWN;

const TROUBLE = {
  general: "emergency",
  lifeguard: "medical",
  minfuel: "minimum fuel",
  nordo: "no radio",
  unlawful: "unlawful interference",
  downed: "downed",
  reserved: "emergency",
};

/** The description of an emergency. */
export const trouble = (value) => TROUBLE[value] ?? "emergency";
