// The frame around every place: navigation, theme, shortcuts, and which place is shown.

import { h, setAttribute, setText, fill } from "./dom.js";
import { icon } from "./icons.js";
import { forgetKeys, hasKey } from "./keys.js";
import { here } from "./router.js";
import { listenForShortcuts, showShortcuts } from "./shortcuts.js";
import { onSystemTheme, theme, toggleTheme } from "./theme.js";
import { playground } from "./views/playground.js";
import { server } from "./views/server.js";
import { session } from "./views/session.js";
import { sessions } from "./views/sessions.js";
import { user } from "./views/user.js";
import { users } from "./views/users.js";

const PLACES = { playground: "Playground", sessions: "Sessions", memory: "Memory", server: "Server" };
const content = document.getElementById("content");
let leaving = new AbortController();

function viewOf([place, id]) {
  switch (place) {
    case "sessions": return id ? session : sessions;
    case "memory": return id ? user : users;
    case "server": return server;
    default: return playground;
  }
}

/** Show the place that the address names. A view gets the element to fill, where it is, and the signal that ends it. */
function show() {
  const { path, query } = here();
  leaving.abort();
  leaving = new AbortController();
  const place = PLACES[path[0]] ? path[0] : "playground";
  for (const link of document.querySelectorAll("#places a")) {
    setAttribute(link, "aria-current", link.dataset.place === place ? "page" : null);
  }
  document.title = `${PLACES[place]} · agent-sessions`;
  const root = h("div", { class: `view view-${place}` });
  fill(content, root);
  viewOf(path)(root, { path, query, signal: leaving.signal });
}

function showFrame() {
  fill(document.getElementById("places"), Object.entries(PLACES).map(([place, name]) =>
    h("a", { href: `#/${place}`, "data-place": place }, icon(place), h("span", {}, name))));
  const themeButton = h("button", { type: "button", class: "tool", onclick: () => { toggleTheme(); showTheme(); } });
  const showTheme = () => {
    setAttribute(themeButton, "aria-label", theme() === "dark" ? "Light theme" : "Dark theme");
    fill(themeButton, icon(theme() === "dark" ? "light" : "dark"));
  };
  showTheme();
  onSystemTheme(showTheme);
  fill(document.getElementById("tools"),
    h("button", { type: "button", class: "tool tool-keys", "aria-label": "Keyboard shortcuts", onclick: showShortcuts }, icon("keyboard")),
    themeButton,
    signOut());
  listenForShortcuts({ theme: () => themeButton.click() });
}

function signOut() {
  const forget = h("button", {
    type: "button", class: "tool tool-text", hidden: !hasKey(),
    onclick: () => { forgetKeys(); location.reload(); },
  });
  setText(forget, "Forget key");
  addEventListener("agent-sessions.key", () => { forget.hidden = !hasKey(); });
  return forget;
}

showFrame();
addEventListener("hashchange", () => { show(); content.focus({ preventScroll: true }); scrollTo(0, 0); });
show();
