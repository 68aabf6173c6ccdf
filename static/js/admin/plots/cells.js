// A polar plot of counts by sector and step of distance: the more there are in a cell, the darker it is.

import { svg } from "./figure.js";
import { at, Polar } from "./polar.js";

const LEVELS = 5;

/** The level from 0 to LEVELS - 1 of a count, by its logarithm: from one to the most there is. */
export function level(count, most) {
  if (most <= 1) return LEVELS - 1;
  return Math.min(LEVELS - 1, Math.floor((LEVELS * Math.log(count)) / Math.log(most)));
}

/** The cell from `near` to `far` (units of the drawing) between two bearings, as a part of an SVG path. */
function cell(near, far, from, to) {
  const inner = near ? `L${at(near, to)}A${near.toFixed(2)} ${near.toFixed(2)} 0 0 0 ${at(near, from)}` : "L0 0";
  return `M${at(far, from)}A${far.toFixed(2)} ${far.toFixed(2)} 0 0 1 ${at(far, to)}${inner}Z`;
}

/** A plot in `figure`. The content is that of a Polar plot, with `counts` (of each sector a list, one count for each step) and `step` (nm). */
export class Cells extends Polar {
  _far({ counts, step }) {
    return step * Math.max(1, ...counts.map((steps) => steps.findLastIndex((count) => count > 0) + 1));
  }

  _shapes({ counts, step }, scale) {
    const width = 360 / counts.length;
    const most = Math.max(...counts.flat());
    const paths = Array.from({ length: LEVELS }, () => []);
    for (const [sector, steps] of counts.entries()) {
      for (const [index, count] of steps.entries()) {
        if (count > 0) paths[level(count, most)].push(cell(index * step * scale, (index + 1) * step * scale, sector * width, (sector + 1) * width));
      }
    }
    return paths.map((parts, index) => svg("path", { class: `cells level-${index + 1}`, d: parts.join("") }));
  }
}
