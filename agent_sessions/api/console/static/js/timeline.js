// A session's log, row by row: its number, its time, what happened, and how late where that matters.

import { h, setText } from "./dom.js";
import { exactTime, timeOfDay } from "./format.js";
import { inWords, toneOf } from "./log_text.js";

/** The rows taken so far, and the reply under way. */
export function timeline({ agentName }) {
  const running = h("p", { class: "row-text" });
  const underWay = h("li", { class: "row", "data-kind": "running", hidden: true },
    h("div", { class: "row-place" }, "…"),
    h("div", { class: "row-body" }, h("p", { class: "row-title" }, `${agentName} replies`), running));
  const list = h("ol", { class: "timeline", "aria-label": "Log" }, underWay);
  let pieces = [];
  let last = 0;

  return {
    element: list,
    /** One event; rows that were taken before change nothing. */
    take(event) {
      if (event.type === "reply.chunk") {
        pieces[event.index] = event.text;
        setText(running, pieces.join(""));
        underWay.hidden = false;
        return;
      }
      if (event.seq <= last) return;
      last = event.seq;
      if (event.type === "reply.missing" || event.message?.isAgent) {
        pieces = [];
        underWay.hidden = true;
      }
      underWay.before(row(event, agentName));
    },
  };
}

function row(event, agentName) {
  const [title, text] = event.type === "message" ? [event.message.isAgent ? agentName : "User", event.message.content] : inWords(event);
  return h("li", { class: "row", "data-kind": kindOf(event), "data-tone": toneOf(event) },
    h("div", { class: "row-place" },
      h("span", { class: "row-seq" }, `#${event.seq}`),
      h("time", { class: "figures", datetime: event.at }, exactTime(event.at))),
    h("div", { class: "row-body" },
      h("p", { class: "row-title" }, title,
        event.lateMs !== undefined && h("span", { class: "late", title: "How late this was noticed" }, `${event.lateMs} ms late`),
        event.renewal && h("span", { class: "late" }, `renewed until ${timeOfDay(event.renewal.expiresAt)}`)),
      text && h("p", { class: "row-text" }, text),
      thoughtOf(event.message)));
}

const kindOf = (event) => (event.type !== "message" ? "life" : event.message.isAgent ? "replied" : "said");

function thoughtOf(message) {
  return message?.thought && h("details", { class: "thought" }, h("summary", {}, "Thought"), h("p", {}, message.thought));
}
