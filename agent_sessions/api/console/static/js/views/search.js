// Looks something up in a user's memory, as an agent would before it replies, and says why each thing was found.

import { get } from "../api.js";
import { fill, h } from "../dom.js";
import { field } from "../form.js";
import { days, moment } from "../format.js";
import { loading, nothing, trouble } from "../notices.js";

const KINDS = { memory: "Memory", message: "Said", summary: "Summary" };
const MOST = 12;

/** A field and what it finds. */
export function search(root, { base, signal }) {
  const body = h("div", { "aria-live": "polite" });
  const question = field("What would you ask?", {
    type: "search", name: "query", required: true, placeholder: "Where does she live?", autocomplete: "off", maxlength: 10_000,
  });
  const find = async (query) => {
    fill(body, loading());
    try {
      const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone;
      const { items } = await get(`${base}/search`, { query: { query, limit: MOST, timezone }, signal });
      fill(body, items.length ? h("ol", { class: "found", "aria-label": "Found" }, items.map(result))
        : nothing("Nothing found", "Nothing that is remembered has to do with that."));
    } catch (error) {
      if (!signal.aborted) fill(body, trouble(error, () => find(query)));
    }
  };
  const form = h("form", {
    class: "search-form", role: "search",
    onsubmit: (event) => { event.preventDefault(); find(new FormData(form).get("query")); },
  }, question, h("button", { class: "button main" }, "Search"));
  fill(root, form, body);
  question.querySelector("input").focus();
}

function result(item) {
  const when = item.kind === "message" ? moment(item.start) : days(item.start, item.end);
  return h("li", { class: "card result" },
    h("div", { class: "result-head" },
      h("span", { class: "chip accent" }, KINDS[item.kind] ?? item.kind),
      h("span", { class: "hint figures" }, item.role === "assistant" ? `by the agent, ${when}` : when),
      h("span", { class: "similarity figures", title: "Similarity to what was asked, 0 to 1" },
        h("meter", { min: 0, max: 1, value: item.similarity, "aria-label": "Similarity" }), item.similarity.toFixed(2))),
    h("p", { class: "memory-text" }, item.content),
    item.why && why(item.why));
}

/** "says sis, marri; turns around it say oslo": what question and answer have in common, as stems of words. */
function inWords(found) {
  const own = /says (?!none of)([^;]+)/.exec(found)?.[1];
  const around = /say (.+)$/.exec(/; (.+)$/.exec(found)?.[1] ?? "")?.[1];
  return [own ? `Has in it: ${own}.` : "Has none of the words in it.", around && `Around it: ${around}.`].filter(Boolean).join(" ");
}

/** The words that led to it, and what each ground added to its score: taken apart from the server's one line. */
function why(text) {
  const parts = /^(.*) \(([^()]*)\)$/.exec(text);
  if (!parts) return h("p", { class: "why" }, text);
  return h("div", { class: "why" },
    h("p", {}, inWords(parts[1])),
    h("ul", { class: "chips", "aria-label": "Grounds" }, parts[2].split(", ").map((ground) => h("li", { class: "chip figures" }, ground))));
}
