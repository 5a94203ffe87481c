// One memory: what it says, what it is about, what it said before, and what it was made from.

import { get, send } from "./api.js";
import { ask } from "./dialog.js";
import { fill, h } from "./dom.js";
import { button, pressed } from "./form.js";
import { date, days, moment } from "./format.js";
import { explained, loading, trouble } from "./notices.js";

const REASONS = {
  ADDITION_TO_EXISTING_MEMORY: "more became known",
  TEMPORAL_CONFLICT: "it changed",
  MERGE_CONFLICT: "it was contradicted",
};
const MOST_MESSAGES = 500;

/** A list item; `changed()` is called when it was forgotten. */
export function memoryCard(memory, { base, changed }) {
  const refused = h("p", { class: "refused", role: "alert" });
  return h("li", { class: "card memory" },
    h("p", { class: "memory-text" }, memory.content),
    h("p", { class: "memory-facts" },
      h("time", { class: "figures", datetime: memory.event_date_start }, days(memory.event_date_start, memory.event_date_end)),
      memory.categories.map((category) => h("span", { class: "chip" }, category)),
      memory.merge_conflict_in_progress && h("span", { class: "chip warn" }, "contradicted")),
    h("div", { class: "memory-more" },
      sources(memory, base),
      memory.has_previous_versions && history(memory),
      memory.connected_memories?.length > 0 && connected(memory),
      button("Forget …", (event) => forget(memory, { base, changed, refused, pressedButton: event.currentTarget }), { kind: "quiet small" })),
    refused);
}

function history(memory) {
  return h("details", {}, h("summary", {}, `${memory.total_versions} versions`),
    h("ol", { class: "versions" }, memory.previous_versions.map((version) => h("li", {},
      h("p", {}, version.content),
      h("p", { class: "hint figures" }, `version ${version.version_number}, ${days(version.event_date_start, version.event_date_end)}; until ${date(version.expired_at)}: ${REASONS[version.expiration_reason] ?? version.expiration_reason}`)))));
}

function connected(memory) {
  return h("details", {}, h("summary", {}, `${memory.connected_memories.length} connected`),
    h("ul", { class: "versions" }, memory.connected_memories.map((other) => h("li", {}, h("p", {}, other.content)))));
}

/** The messages it was made from, fetched when somebody wants to see them. */
function sources(memory, base) {
  const body = h("div", {});
  const show = async () => {
    fill(body, loading());
    try {
      fill(body, quoted(await messagesOf(memory, base)));
    } catch (error) {
      fill(body, trouble(error, show));
    }
  };
  return h("details", { ontoggle: (event) => event.currentTarget.open && !body.hasChildNodes() && show() },
    h("summary", {}, "Sources"), body);
}

async function messagesOf(memory, base) {
  const { messages } = await get(`${base}/sessions/${memory.session_id}/messages`, { query: { limit: MOST_MESSAGES } });
  const wanted = new Set(memory.sources);
  return messages.filter((message) => wanted.has(message.message_id));
}

/** Messages as they were said. */
export function quoted(messages) {
  if (!messages.length) return h("p", { class: "hint" }, "The messages are not there any more.");
  return h("ul", { class: "quotes" }, messages.map((message) => h("li", {},
    h("blockquote", {}, message.content),
    h("p", { class: "hint figures" }, `${message.role === "user" ? "User" : "Agent"}, ${moment(message.timestamp)}`))));
}

async function forget(memory, { base, changed, refused, pressedButton }) {
  const box = memory.has_previous_versions && h("label", { class: "tick" },
    h("input", { type: "checkbox", name: "previous" }), h("span", {}, "Its earlier versions too (otherwise the one before counts again)"));
  const form = await ask({
    title: "Forget this memory?", content: [h("p", { class: "memory-text" }, memory.content), box], confirm: "Forget", danger: true,
  });
  if (!form) return;
  const query = { delete_previous_versions: form.get("previous") === "on" };
  await pressed(pressedButton, async () => {
    await send(`${base}/memory/${memory.memory_id}`, undefined, { method: "DELETE", query });
    changed();
  }, (error) => { refused.textContent = explained(error); });
}
