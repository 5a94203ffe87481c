// The few drawings there are, as lines in the colour of the text.

import { svg } from "./dom.js";

const PATHS = {
  playground: "M4 5h16v11H9l-5 4z",
  sessions: "M12 7v5l3.5 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18",
  memory: "M6 3h12v18l-6-4.5L6 21z",
  server: "M3 12h4l3-8 4 16 3-8h4",
  dark: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M5 5l1.7 1.7M17.3 17.3 19 19M5 19l1.7-1.7M17.3 6.7 19 5",
  keyboard: "M3 6h18v12H3zM7 10h.01M12 10h.01M17 10h.01M8 14h8",
  send: "M5 12h14M13 6l6 6-6 6",
};

/** A drawing that says nothing by itself: what it stands for must be told beside it. */
export function icon(name) {
  return svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: PATHS[name] }));
}
