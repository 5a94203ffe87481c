// One session: its log as it grows, and its clock.

import { agentNames } from "../agents.js";
import { announce } from "../announcing.js";
import { fill, h } from "../dom.js";
import { follow } from "../following.js";
import { inWords, toneOf } from "../log_text.js";
import { loading, trouble } from "../notices.js";
import { addressOf } from "../router.js";
import { fetchSession, sessionPanel } from "../session_panel.js";
import { SessionState } from "../session_state.js";
import { timeline } from "../timeline.js";

/** Follow the session of the address. */
export async function session(root, place) {
  const { path: [, id], signal } = place;
  fill(root, loading());
  try {
    const [names, info] = await Promise.all([agentNames(), fetchSession(id)]);
    if (!signal.aborted) show(root, { state: new SessionState(info), names, signal });
  } catch (error) {
    if (signal.aborted) return;
    if (error.status === 410) showOver(root, { id, signal });
    else fill(root, h("h1", {}, "Session"), trouble(error, () => session(root, place)), h("p", { class: "notice" }, allSessions()));
  }
}

const allSessions = () => h("a", { href: "#/sessions" }, "All sessions");

/** What there is to see of a session that expired: its log, for as long as it is remembered. */
function showOver(root, { id, signal }) {
  const log = timeline({ agentName: "Agent" });
  fill(root, h("p", { class: "trail" }, allSessions()), h("h1", {}, "Session that is over"), h("p", { class: "code lead" }, id), log.element);
  follow(id, { signal, onState: () => {}, onEvent: (event) => log.take(event) });
}

function show(root, { state, names, signal }) {
  const log = timeline({ agentName: names(state.agentId) });
  const further = h("p", { class: "panel-links" },
    h("a", { href: addressOf(["playground", state.id]) }, "Talk"), allSessions());
  const panel = sessionPanel(state, { signal, further });
  fill(root, h("div", { class: "with-panel" },
    h("section", { "aria-labelledby": "session-title" },
      h("h1", { id: "session-title" }, `Session with ${names(state.agentId)}`),
      h("p", { class: "code lead" }, state.id), log.element),
    panel.element));
  follow(state.id, {
    signal,
    onState: (how, detail) => panel.connected(how, detail),
    onEvent: (event) => {
      state.apply(event);
      log.take(event);
      panel.show();
      if (toneOf(event) === "warn" || toneOf(event) === "bad") announce(inWords(event).join(". "));
    },
  });
}
