// The theme: the system's, until somebody chooses otherwise.

import { keep } from "./kept.js";

const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

/** "light" or "dark", as it is shown now. */
export function theme() {
  return root.dataset.theme ?? (system.matches ? "dark" : "light");
}

/** Change to the other one; choosing what the system has means following it again. */
export function toggleTheme() {
  const next = theme() === "dark" ? "light" : "dark";
  if (next === (system.matches ? "dark" : "light")) {
    delete root.dataset.theme;
    keep("theme", null);
  } else {
    root.dataset.theme = next;
    keep("theme", next);
  }
  return next;
}

/** Call `changed` whenever the system's theme changes. */
export function onSystemTheme(changed) {
  system.addEventListener("change", changed);
}
