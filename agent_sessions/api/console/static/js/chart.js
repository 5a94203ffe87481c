// Small charts. What matters in them is told in text beside them.

import { h, svg } from "./dom.js";

const WIDTH = 240;
const HEIGHT = 56;

/** How something went lately, as a line from 0 up. */
export function curve({ title, value, points, hint }) {
  const top = Math.max(...points, 1);
  const at = (point, place) => `${((place / Math.max(points.length - 1, 1)) * WIDTH).toFixed(1)},${(HEIGHT - 2 - (point / top) * (HEIGHT - 6)).toFixed(1)}`;
  const line = points.map(at).join(" ");
  return chart({ title, value, hint },
    points.length > 1 && svg("polygon", { class: "chart-area", points: `0,${HEIGHT} ${line} ${WIDTH},${HEIGHT}` }),
    points.length > 1 && svg("polyline", { class: "chart-line", points: line }));
}

/** How often something was how large: one bar a range, `bounds` their upper ends. */
export function bars({ title, value, counts, bounds, hint }) {
  const top = Math.max(...counts, 1);
  const wide = WIDTH / counts.length;
  return chart({ title, value, hint }, counts.map((count, place) => {
    const high = count ? Math.max((count / top) * (HEIGHT - 6), 2) : 0;
    const range = place < bounds.length ? `up to ${bounds[place]}` : `over ${bounds.at(-1)}`;
    return svg("g", {},
      svg("rect", { class: "chart-slot", x: place * wide + 1, y: HEIGHT - 2, width: wide - 2, height: 2, rx: 1 }),
      svg("rect", { class: "chart-bar", x: place * wide + 1, y: HEIGHT - high, width: wide - 2, height: high, rx: 1.5 },
        svg("title", {}, `${count} ${range}`)));
  }));
}

function chart({ title, value, hint }, ...drawn) {
  return h("figure", { class: "card chart" },
    h("figcaption", {}, h("span", { class: "tile-name" }, title), h("span", { class: "tile-value figures" }, value)),
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" }, drawn.flat().filter(Boolean)),
    h("p", { class: "hint figures" }, hint));
}
