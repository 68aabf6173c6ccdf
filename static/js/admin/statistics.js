// The page of statistics: requests the values of the chosen time and draws them; again every minute while the page is visible.

import { ask } from "./api.js";
import { Cells } from "./plots/cells.js";
import { Figure } from "./plots/figure.js";
import { Lines } from "./plots/lines.js";
import { Polar } from "./plots/polar.js";
import { DAY_S, moment, span, zoneName } from "./plots/times.js";

const EVERY_MS = 60_000;
const MAX_LINES = 6;
const MAX_RECEIVERS = 12;
const NO_DATA = "no data";

const page = document.querySelector("[data-statistics]");
const range = page.dataset.statistics;
const plot = (name, Kind) => new Kind(new Figure(document.getElementById(`p-${name}`)));
const plots = {
  aircraft: plot("aircraft", Lines),
  messages: plot("messages", Lines),
  range: plot("range", Lines),
  messagesBy: plot("messages-by", Lines),
  aircraftBy: plot("aircraft-by", Lines),
  outline: plot("outline", Polar),
  coverage: plot("coverage", Cells),
  rssi: plot("rssi", Lines),
};

const numbers = (digits) => {
  const format = new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (value) => (value == null ? NO_DATA : format.format(value));
};
const whole = numbers(0);
const tenths = numbers(1);

const get = (what, more = {}) => ask(`/admin/statistics/data/${what}/?${new URLSearchParams({ range, ...more })}`);

/** The sentence for a time of which nothing is stored. */
const none = () => (page.dataset.step === "minute" ? "No minutes are stored yet: the first appears a minute after the start." : `Nothing is stored of this time yet: the first ${page.dataset.step} appears when it is over, and minutes earlier under “Last hour”.`);

/** The last position that has a value. */
const latest = (lists) => Math.max(0, ...lists.map((values) => values.findLastIndex((value) => value != null)));

/** The content of a plot over time (see plots/lines.js): `lines` are [{label, place, values, format}]. */
function overTime({ time, step_s: step }, lines) {
  const now = Date.now() / 1000;
  const values = lines.map((line) => line.values);
  return {
    series: lines,
    values,
    x: time,
    time: true,
    utc: step >= DAY_S,
    // The whole time that was chosen, so that what is not stored shows as empty.
    range: [now - Number(page.dataset.length), now],
    count: time.length,
    rest: latest(values),
    first: "Time",
    newestFirst: true,
    name: (at) => span(time[at], step),
    texts: (at) => lines.map((line) => line.format(line.values[at])),
  };
}

/** Draw lines over time, or the sentence where they have no value. */
function drawTime(target, answer, lines, sentence = none()) {
  if (lines.some((line) => line.values.some((value) => value != null))) target.draw(overTime(answer, lines));
  else target.clear(sentence);
}

const perSecond = ({ messages, samples }) => messages.map((count, at) => (samples[at] ? count / samples[at] : null));

function drawHistory(answer) {
  const { values } = answer;
  drawTime(plots.aircraft, answer, [
    { label: "Most", place: 0, values: values.aircraft_max, format: whole, filled: true },
    { label: "Average", place: 1, values: values.aircraft_avg, format: tenths },
  ]);
  drawTime(plots.messages, answer, [{ label: "All receivers", place: 0, values: perSecond(values), format: tenths, filled: true }]);
  const unknown = answer.time.length ? "No position with a known distance was received in this time. Distances need the receiver’s place (page Receivers)." : none();
  drawTime(plots.range, answer, [{ label: "Farthest", place: 0, values: values.max_distance_nm, format: tenths, filled: true }], unknown);
}

/** Draw the receivers with the most messages, on the steps of all of them. */
function drawReceivers(answers) {
  const kept = answers.filter(({ answer }) => answer.time.length).map((one) => ({ ...one, sum: one.answer.values.messages.reduce((sum, count) => sum + (count ?? 0), 0) }));
  const shown = kept.sort((a, b) => b.sum - a.sum).slice(0, MAX_LINES);
  const time = [...new Set(shown.flatMap(({ answer }) => answer.time))].sort((a, b) => a - b);
  const spread = (answer, values) => {
    const known = new Map(answer.time.map((at, index) => [at, values[index]]));
    return time.map((at) => known.get(at) ?? null);
  };
  const step_s = shown[0]?.answer.step_s;
  const lines = (valuesOf, format) => shown.map(({ label, answer }, place) => ({ label, place, format, values: spread(answer, valuesOf(answer.values)) }));
  drawTime(plots.messagesBy, { time, step_s }, lines(perSecond, tenths));
  drawTime(plots.aircraftBy, { time, step_s }, lines((values) => values.aircraft_max, whole));
}

/** A band of altitudes in words. */
function bandName({ min_ft: low, max_ft: high }) {
  if (low == null && high == null) return "All altitudes";
  if (low == null) return `Below ${whole(high)} ft`;
  return high == null ? `${whole(low)} ft and above` : `${whole(low)} to ${whole(high)} ft`;
}

function drawOutline({ bands, sector_deg: width }) {
  const kept = bands.slice(0, MAX_LINES).filter((band) => band.distances_nm.some((value) => value != null));
  if (!kept.length) {
    plots.outline.clear("No outline yet: it needs positions and the receiver’s place (page Receivers), and appears within minutes.");
    return;
  }
  const values = kept.map((band) => band.distances_nm);
  const widest = values[0].indexOf(Math.max(...values[0].map((value) => value ?? 0)));
  plots.outline.draw({
    series: kept.map((band, place) => ({ label: bandName(band), place })),
    values,
    count: values[0].length,
    rest: widest,
    first: "Bearing",
    name: (at) => `Bearing ${at * width}° to ${(at + 1) * width}°`,
    texts: (at) => values.map((list) => (list[at] == null ? NO_DATA : `${tenths(list[at])} nm`)),
  });
}

function drawCoverage({ counts, sector_deg: width, step_nm: step }) {
  const sums = counts.map((steps) => steps.reduce((sum, count) => sum + count, 0));
  const most = Math.max(...sums);
  if (!most) {
    plots.coverage.clear("No positions yet: they need the receiver’s place (page Receivers), and appear within minutes.");
    return;
  }
  const farthest = counts.map((steps) => step * (steps.findLastIndex((count) => count > 0) + 1));
  const densest = counts.map((steps) => steps.indexOf(Math.max(...steps)));
  plots.coverage.draw({
    series: [{ label: "Positions", place: 0 }],
    values: [sums],
    counts,
    step,
    count: counts.length,
    rest: sums.indexOf(most),
    first: "Bearing",
    more: ["Most of them at", "Farthest within"],
    extra: (at) => (sums[at] ? [`${densest[at] * step} to ${(densest[at] + 1) * step} nm`, `${farthest[at]} nm`] : [NO_DATA, NO_DATA]),
    name: (at) => `Bearing ${at * width}° to ${(at + 1) * width}°`,
    texts: (at) => [whole(sums[at])],
  });
}

function drawRssi({ values, step_nm: step }) {
  const end = values.rssi_mean.findLastIndex((value) => value != null) + 1;
  const upTo = (name) => values[name].slice(0, end);
  const [begins, count, mean, weakest, strongest] = ["distance_nm", "count", "rssi_mean", "rssi_min", "rssi_max"].map(upTo);
  if (!end) {
    plots.rssi.clear("No signal strengths yet: they need a receiver that gives them (Beast, readsb) and positions.");
    return;
  }
  const lines = [
    { label: "Mean", place: 0, values: mean },
    { label: "Strongest", place: 2, values: strongest },
    { label: "Weakest", place: 1, values: weakest },
  ];
  plots.rssi.draw({
    series: lines,
    values: lines.map((line) => line.values),
    x: begins.map((nm) => nm + step / 2),
    range: [0, begins.at(-1) + step],
    time: false,
    negative: true,
    count: begins.length,
    rest: 0,
    first: "Distance",
    more: ["Positions"],
    extra: (at) => [whole(count[at])],
    name: (at) => `${begins[at]} to ${begins[at] + step} nm`,
    texts: (at) => lines.map((line) => (line.values[at] == null ? NO_DATA : `${tenths(line.values[at])} dBFS`)),
  });
}

/** Request one answer and draw it; a failed request is a sentence in the plots that have drawn nothing yet. */
async function load(targets, request, draw) {
  try {
    draw(await request());
  } catch (error) {
    if (error.status === undefined) throw error;
    stopped = stopped || error.status === 401;
    for (const target of targets) if (!target.drawn) target.clear(error.status === 401 ? "You were signed out: load the page again." : `${error.message}. The next attempt is in a minute.`);
  }
}

const demo = document.querySelector("[data-demo]");
const pick = document.querySelector("[data-pick]");
const select = pick.querySelector("select");
let receivers = [];
let stopped = false;

/** The name of a receiver for people. */
const labelOf = ({ name, label, is_demo: simulated }) => `${label || name}${simulated ? " (demo)" : ""}`;

function offer(listed) {
  if (String(listed.map(labelOf)) === String(receivers.map(labelOf))) return;
  receivers = listed;
  const options = listed.map((one) => new Option(labelOf(one), one.name, false, one.name === select.value));
  select.replaceChildren(select.options[0], ...options);
  pick.hidden = listed.length < 2;
}

const loadHistory = () => load([plots.aircraft, plots.messages, plots.range], () => get("history"), (answer) => {
  demo.hidden = !answer.demo;
  drawHistory(answer);
});

const loadReceivers = () => load([plots.messagesBy, plots.aircraftBy], async () => {
  const { receivers: listed } = await get("receivers");
  offer(listed);
  const asked = listed.slice(0, MAX_RECEIVERS);
  const answers = await Promise.all(asked.map((one) => get("history", { receiver: one.name })));
  return answers.map((answer, index) => ({ label: labelOf(asked[index]), answer }));
}, drawReceivers);

function loadReception() {
  const of = select.value ? { receiver: select.value } : {};
  return Promise.all([load([plots.outline], () => get("outline", of), drawOutline), load([plots.coverage], () => get("coverage", of), drawCoverage), load([plots.rssi], () => get("rssi", of), drawRssi)]);
}

/** The size of the history by day, which is on the page. */
function drawSizes(place) {
  const days = JSON.parse(place.dataset.sizes);
  const target = plot("size", Lines);
  const time = days.map(([day]) => day * DAY_S);
  const values = days.map(([, bytes]) => bytes / 1e6);
  if (days.length < 2) {
    target.clear("The size of one day is known so far: the plot begins tomorrow.");
    return;
  }
  // A day without a size is a gap.
  const every = Array.from({ length: days.at(-1)[0] - days[0][0] + 1 }, (_, index) => time[0] + index * DAY_S);
  const known = new Map(time.map((at, index) => [at, values[index]]));
  const line = { label: "In use", place: 0, filled: true, values: every.map((at) => known.get(at) ?? null), format: (value) => (value == null ? NO_DATA : `${tenths(value)} MB`) };
  target.draw({ ...overTime({ time: every, step_s: DAY_S }, [line]), range: [every[0], every.at(-1)] });
}

let loaded = -Infinity;
function loadAll() {
  if (document.hidden || stopped || performance.now() - loaded < EVERY_MS / 2) return;
  loaded = performance.now();
  loadHistory();
  loadReceivers();
  loadReception();
}

document.querySelector("[data-zone]").textContent = `Times are in your zone, ${zoneName()}${range === "year" ? "; days are those of UTC" : ""}.`;
for (const time of document.querySelectorAll("[data-moment]")) {
  time.title = time.textContent;
  time.textContent = moment(Number(time.dataset.moment), true);
}
const sizes = document.querySelector("[data-sizes]");
if (sizes) drawSizes(sizes);
select.addEventListener("change", loadReception);
document.addEventListener("visibilitychange", loadAll);
setInterval(loadAll, EVERY_MS);
loadAll();
