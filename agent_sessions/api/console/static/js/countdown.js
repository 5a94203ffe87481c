// The time a session has left, as a ring that empties and as text.

import { h, setAttribute, setText, svg } from "./dom.js";
import { remaining } from "./format.js";
import { onTick } from "./ticking.js";

const AROUND = 2 * Math.PI * 44;

/** A large countdown for one session; it moves until the signal. */
export function countdown(state, signal) {
  const track = svg("circle", { class: "ring-track", cx: 50, cy: 50, r: 44 });
  const arc = svg("circle", { class: "ring-arc", cx: 50, cy: 50, r: 44, "stroke-dasharray": AROUND });
  const time = h("span", { class: "countdown-time", role: "timer", "aria-label": "Time left" });
  const caption = h("span", { class: "countdown-caption" });
  const element = h("div", { class: "countdown" },
    svg("svg", { class: "ring", viewBox: "0 0 100 100", "aria-hidden": "true" }, track, arc),
    h("div", { class: "countdown-text" }, time, caption));
  onTick(() => {
    setText(time, state.over ? { expired: "Expired", ended: "Ended" }[state.phase] : remaining(state.left));
    setText(caption, state.over ? "" : "left");
    setAttribute(arc, "stroke-dashoffset", (AROUND * (1 - state.share)).toFixed(1));
    setAttribute(element, "data-phase", state.phase);
  }, signal);
  return element;
}

/** A small one for lists: `left()` gives milliseconds, `share()` what is left of the whole. */
export function smallCountdown({ left, share, near }, signal) {
  const text = h("span", { class: "figures" });
  const level = svg("rect", { class: "level", height: 4, width: 0 });
  const element = h("div", { class: "small-countdown" }, text,
    svg("svg", { class: "levels", viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("rect", { class: "level-track", width: 100, height: 4 }), level));
  onTick(() => {
    setText(text, left() > 0 ? remaining(left()) : "over");
    setAttribute(level, "width", Math.round(share() * 100));
    setAttribute(element, "data-phase", near() ? "warned" : "live");
  }, signal);
  return element;
}
