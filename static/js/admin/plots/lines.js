// Lines over time or over distance, drawn by uPlot. A missing value is a gap; a value between two gaps is a point.

import { DASHES } from "./figure.js";
import { colour, faded, onTheme } from "./theme.js";
import { tickLabels } from "./times.js";

const HEIGHT = 230;
const SMALL_HEIGHT = 190;
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** Values without neighbours: the positions at which a point is drawn. */
const alone = (values) => values.flatMap((value, at) => (value != null && values[at - 1] == null && values[at + 1] == null ? [at] : []));

/**
 * A plot in `figure`. `draw(content)` shows a Figure's content that also has `x` (numbers in order, seconds for times), `values` (one list
 * of numbers or nulls for each series), `range` ([from, to] of x), `time` (x are times), `utc` (its days are those of UTC) and `negative`
 * (y does not begin at 0). A series may be `filled` down to the axis.
 */
export class Lines {
  constructor(figure) {
    this._figure = figure;
    this._plot = null;
    this._content = null;
    figure.onchoice = (at) => this._point(at);
    new ResizeObserver(() => this._fit()).observe(figure.canvas);
    onTheme(() => this._plot?.redraw());
  }

  /** Whether it shows values. */
  get drawn() {
    return this._plot !== null;
  }

  draw(content) {
    const same = this._content && this._content.time === content.time && this._content.utc === content.utc && String(this._content.series.map((one) => one.label)) === String(content.series.map((one) => one.label));
    this._content = content;
    this._figure.fill(content);
    const data = [content.x, ...content.values];
    if (this._plot && same) {
      this._plot.setData(data);
      return;
    }
    this._plot?.destroy();
    this._plot = new globalThis.uPlot(this._options(), data, this._figure.canvas);
    this._fit();
  }

  clear(sentence) {
    this._plot?.destroy();
    this._plot = this._content = null;
    this._figure.empty(sentence);
  }

  _size() {
    const width = this._figure.canvas.clientWidth;
    return { width: Math.max(200, width), height: width < 480 ? SMALL_HEIGHT : HEIGHT };
  }

  _fit() {
    if (!this._plot) return;
    const { width, height } = this._size();
    if (this._plot.width !== width || this._plot.height !== height) this._plot.setSize({ width, height });
  }

  /** Show the cursor at a position; null: nowhere. */
  _point(at) {
    if (!this._plot) return;
    if (at === null) this._plot.setCursor({ left: -10, top: -10 });
    else this._plot.setCursor({ left: this._plot.valToPos(this._content.x[at], "x"), top: 10 });
  }

  _options() {
    const content = this._content;
    const axis = { stroke: () => colour("--soft"), font: `12px ${getComputedStyle(document.body).fontFamily}`, ticks: { show: false }, grid: { stroke: () => colour("--line"), width: 1 } };
    return {
      ...this._size(),
      legend: { show: false },
      padding: [8, 12, 0, 0],
      ...(content.utc && { tzDate: (seconds) => globalThis.uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC") }),
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 8 } },
      scales: { x: { time: content.time, range: () => this._content.range }, y: { range: (_plot, low, high) => this._reach(low, high) } },
      axes: [
        { ...axis, space: 64, size: content.time ? 44 : 28, ...(content.time && { values: (_plot, ticks, _axis, _space, increment) => tickLabels(ticks, increment, content.utc) }) },
        { ...axis, space: 36, gap: 6, size: (_plot, labels) => Math.max(34, 14 + 7.5 * Math.max(0, ...(labels ?? []).map((label) => label.length))), values: (_plot, ticks) => ticks.map((value) => compact.format(value)) },
      ],
      series: [{}, ...content.series.map((one, index) => this._series(one, index))],
      hooks: { setCursor: [(plot) => this._figure.show(this._figure.chosen ?? (plot.cursor.left < 0 ? null : plot.cursor.idx))] },
    };
  }

  _series({ place, filled }, index) {
    const name = `--series-${place + 1}`;
    return {
      stroke: () => colour(name),
      width: 2,
      dash: DASHES[place],
      ...(filled && { fill: () => faded(name, 0.12) }),
      points: { size: 5, fill: () => colour(name), filter: () => alone(this._content.values[index]), show: () => alone(this._content.values[index]).length > 0 },
    };
  }

  _reach(low, high) {
    if (low === null || high === null) return [0, 1];
    const room = Math.max(1, (high - low) * 0.1);
    return this._content.negative ? [low - room, high + room] : [0, Math.max(high, 1) * 1.08];
  }
}
