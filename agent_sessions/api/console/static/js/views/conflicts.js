// Contradictions between what was known and what was said later, for a human to settle.

import { announce } from "../announcing.js";
import { get, send } from "../api.js";
import { fill, h } from "../dom.js";
import { field, pressed } from "../form.js";
import { days, moment } from "../format.js";
import { explained, loading, nothing, trouble } from "../notices.js";

const SETTLED = new Set(["RESOLVED", "FAILED"]);

/** The user's conflicts, open ones first. `showOpen(count)` is told how many are open. */
export function conflicts(root, { base, signal, showOpen }) {
  const refresh = async () => {
    try {
      const { conflicts: found } = await get(`${base}/merge-conflicts`, { query: { limit: 100 }, signal });
      const open = found.filter((each) => !SETTLED.has(each.status));
      const settled = found.filter((each) => SETTLED.has(each.status));
      showOpen(open.length);
      fill(root,
        open.length ? h("ul", { class: "memories", "aria-label": "Open conflicts" }, open.map((each) => openConflict(each, { base, changed: refresh })))
          : nothing("Nothing to settle", "Contradictions are asked about here where memory.merge_conflicts is on; otherwise what was said last counts."),
        settled.length > 0 && h("details", { class: "settled" }, h("summary", {}, `${settled.length} settled`),
          h("ul", { class: "memories" }, settled.map(settledConflict))));
    } catch (error) {
      if (!signal.aborted) fill(root, trouble(error, refresh));
    }
  };
  fill(root, loading());
  refresh();
}

function openConflict(conflict, { base, changed }) {
  const refused = h("p", { class: "refused", role: "alert" });
  const settle = h("button", { class: "button main" }, "Settle");
  const form = h("form", {
    onsubmit: (event) => {
      event.preventDefault();
      pressed(settle, async () => {
        await send(`${base}/merge-conflicts/${conflict.id}/resolve`, { answers: { question_answers: answersIn(form, conflict) } });
        announce("Settled");
        changed();
      }, (error) => { refused.textContent = explained(error); });
    },
  }, conflict.clarifying_questions.map((question, place) => questionFields(question, `${conflict.id}-${place}`)), refused, settle);
  return h("li", { class: "card conflict" }, sides(conflict), form);
}

function sides(conflict) {
  return h("div", { class: "sides" },
    h("div", {}, h("p", { class: "side-name" }, "Known"), conflict.conflicting_memories.map((memory) => h("div", {},
      h("p", { class: "memory-text" }, memory.content),
      h("p", { class: "hint figures" }, days(memory.event_date_start, memory.event_date_end)),
      memory.reason && h("p", { class: "hint" }, memory.reason)))),
    h("div", {}, h("p", { class: "side-name" }, "Said later"), h("p", { class: "memory-text" }, conflict.proposed_memory_content),
      h("p", { class: "hint figures" }, moment(conflict.created_at))));
}

function questionFields(question, name) {
  return h("fieldset", { class: "question" }, h("legend", {}, question.question),
    question.options.map((option) => h("label", { class: "tick" },
      h("input", { type: "radio", name, value: option, required: true }), h("span", {}, option))),
    field("Remark (if any)", { name: `${name}-remark` }));
}

function answersIn(form, conflict) {
  const given = new FormData(form);
  return conflict.clarifying_questions.map((question, place) => ({
    question: question.question,
    answer: given.get(`${conflict.id}-${place}`),
    message: given.get(`${conflict.id}-${place}-remark`) || null,
  }));
}

function settledConflict(conflict) {
  const answers = conflict.resolution_data?.question_answers ?? [];
  return h("li", { class: "card" },
    answers.map((each) => h("p", {}, h("span", { class: "hint" }, each.question), h("br"), each.answer)),
    conflict.new_memories?.map((memory) => h("p", { class: "memory-text" }, memory.content)),
    h("p", { class: "hint figures" }, conflict.resolved_at && moment(conflict.resolved_at)));
}
