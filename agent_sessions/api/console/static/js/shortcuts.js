// What the keyboard does anywhere but in a field. Can be switched off, since single letters get in some people's way.

import { ask } from "./dialog.js";
import { h } from "./dom.js";
import { tick } from "./form.js";
import { keep, kept } from "./kept.js";
import { go } from "./router.js";

const TOLD = [
  ["g p", "Playground"], ["g s", "Sessions"], ["g m", "Memory"], ["g v", "Server"],
  ["/", "Search, or write a message"], ["r", "Renew the session"], ["t", "Other theme"], ["?", "These shortcuts"],
];
const PLACES = { p: "playground", s: "sessions", m: "memory", v: "server" };
const WITHIN = 1200; // ms between the two keys of one shortcut
let last = { key: "", at: 0 };

/** Whether they are on. */
const on = () => kept("shortcuts") !== "off";

/** Begin. `theme()` changes the theme. */
export function listenForShortcuts({ theme }) {
  addEventListener("keydown", (event) => {
    if (!on() || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const act = actionOf(event.key, theme);
    if (act) {
      event.preventDefault();
      act();
    }
    last = { key: event.key, at: event.timeStamp };
  });
}

function actionOf(key, theme) {
  const afterG = last.key === "g";
  if (afterG && PLACES[key] && performance.now() - last.at < WITHIN) return () => go([PLACES[key]]);
  switch (key) {
    case "/": return focusOn("#composer, [type=search]");
    case "r": return pressOn(".panel-actions .main");
    case "t": return theme;
    case "?": return showShortcuts;
    default: return null;
  }
}

const focusOn = (what) => () => document.querySelector(what)?.focus();
const pressOn = (what) => () => document.querySelector(what)?.click();

const isTyping = (target) => target.closest?.("input, textarea, select, [contenteditable]") !== null;

/** Tell them all. */
export function showShortcuts() {
  const keys = (text) => text.split(" ").flatMap((key, place) => [place ? " then " : "", h("kbd", {}, key)]);
  return ask({
    title: "Keyboard",
    content: [
      h("dl", { class: "shortcuts" }, TOLD.map(([key, text]) => h("div", {}, h("dt", {}, keys(key)), h("dd", {}, text)))),
      h("p", { class: "hint" }, "In a conversation: Enter sends, Shift and Enter begin a new line."),
      tick("Shortcuts are on", { checked: on(), onchange: (event) => keep("shortcuts", event.target.checked ? null : "off") }),
    ],
  });
}
