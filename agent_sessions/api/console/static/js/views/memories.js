// A user's memories, newest first, by category.

import { get } from "../api.js";
import { fill, h, setText } from "../dom.js";
import { button, choice } from "../form.js";
import { counted } from "../format.js";
import { memoryCard } from "../memory_card.js";
import { loading, nothing, trouble } from "../notices.js";

const PAGE = 20;

/** The list; `base` is the user's address. */
export function memories(root, { base, signal }) {
  const asked = { offset: 0, categories: "" };
  const count = h("p", { class: "hint figures", role: "status" });
  const list = h("ul", { class: "memories", "aria-label": "Memories" });
  const more = button("More", () => { asked.offset += PAGE; refresh({ further: true }); }, { hidden: true });
  const filters = h("div", { class: "filters" });
  const body = h("div", {}, loading());

  const refresh = async ({ further = false } = {}) => {
    try {
      const page = await get(`${base}/memories`, { query: { limit: PAGE, ...asked }, signal });
      setText(count, counted(page.total, "memory", "memories"));
      more.hidden = !page.has_more;
      const cards = page.items.map((memory) => memoryCard(memory, { base, changed: () => { asked.offset = 0; refresh(); } }));
      if (further) list.append(...cards);
      else fill(list, cards);
      fill(body, page.total ? list : nothing("Nothing remembered yet", "A conversation becomes memories when its session ends, or when it was quiet for a while."));
      offerCategories(page.items);
    } catch (error) {
      if (!signal.aborted) fill(body, trouble(error, refresh));
    }
  };

  const known = new Set();
  const offerCategories = (items) => {
    const before = known.size;
    for (const memory of items) memory.categories.forEach((category) => known.add(category));
    if (known.size === before) return;
    const options = [["", "All categories"], ...[...known].sort().map((each) => [each, each])];
    fill(filters, choice("Category", options, {
      value: asked.categories,
      onchange: (event) => { Object.assign(asked, { offset: 0, categories: event.target.value }); refresh(); },
    }), count);
  };

  fill(root, filters, body, more);
  refresh();
}
