// A conversation on the page.

import { announce } from "./announcing.js";
import { fill, h, keyed, setAttribute, setText } from "./dom.js";
import { timeOfDay } from "./format.js";

/** The list of what was said. `again(entry)`: send once more what could not be sent. */
export function conversation(state, { agentName, again }) {
  const list = h("ol", { class: "conversation", "aria-label": `Conversation with ${agentName}` });
  const show = () => {
    const scroller = scrollerOf(list);
    const atEnd = isAtEnd(scroller);
    keyed(list, state.entries, {
      key: (entry) => entry.id,
      make: (entry) => (entry.kind === "note" ? note() : bubble()),
      update: (element, entry) => {
        if (element.shown === entry.version) return;
        element.shown = entry.version;
        (entry.kind === "note" ? updateNote : updateBubble)(element, entry, { agentName, again });
      },
    });
    if (atEnd) scroller.scrollTop = scroller.scrollHeight;
  };
  return { element: list, show };
}

/** On narrow screens the whole page scrolls. */
const scrollerOf = (list) => (getComputedStyle(list).overflowY === "auto" ? list : document.scrollingElement);

function isAtEnd(scroller) {
  return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
}

const note = () => h("li", { class: "note" });

function updateNote(element, entry) {
  setAttribute(element, "data-tone", entry.tone);
  fill(element, entry.at && h("time", { class: "figures" }, timeOfDay(entry.at)), h("span", {}, entry.text));
}

function bubble() {
  return h("li", { class: "message" },
    h("p", { class: "message-head" }), h("p", { class: "message-text" }), h("div", { class: "message-foot" }));
}

function updateBubble(element, entry, { agentName, again }) {
  const [head, text, foot] = element.children;
  const who = entry.kind === "said" ? "You" : agentName;
  setAttribute(element, "data-kind", entry.kind);
  setAttribute(element, "data-status", entry.status);
  setAttribute(element, "aria-busy", entry.status === "running" ? "true" : null);
  fill(head, h("span", { class: "message-who" }, who), entry.at && h("time", { class: "figures" }, timeOfDay(entry.at)));
  setText(text, entry.text);
  fill(foot, ...footOf(entry, again));
  if (entry.kind === "replied" && entry.status === "kept" && element.running) announce(`${who}: ${entry.text}`);
  element.running = entry.status === "running";
}

function footOf(entry, again) {
  const acted = (entry.actions ?? []).filter((action) => action !== "REPLY");
  return [
    acted.length > 0 && h("ul", { class: "chips", "aria-label": "Actions" }, acted.map((action) => h("li", { class: "chip" }, action))),
    entry.thought && h("details", { class: "thought" }, h("summary", {}, "Thought"), h("p", {}, entry.thought)),
    entry.status === "sending" && h("span", { class: "message-status" }, "Sending …"),
    entry.status === "unanswered" && h("span", { class: "message-status" }, `No reply: ${entry.why}`),
    entry.status === "failed" && h("span", { class: "message-status" }, `Not sent: ${entry.why} `,
      h("button", { type: "button", class: "link", onclick: () => again(entry) }, "Send again")),
  ];
}
