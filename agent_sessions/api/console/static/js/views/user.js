// What is remembered of one user: memories, contradictions to settle, and a search that says why.

import { get } from "../api.js";
import { fill, h, setText } from "../dom.js";
import { loading, trouble } from "../notices.js";
import { short } from "../format.js";
import { addressOf } from "../router.js";
import { conflicts } from "./conflicts.js";
import { memories } from "./memories.js";
import { search } from "./search.js";

/** The user of the address; `?show=` says which part. */
export async function user(root, { path: [, id], query, signal }) {
  fill(root, loading());
  const base = `api/v1/users/${encodeURIComponent(id)}`;
  try {
    const [{ user: found }, open] = await Promise.all([
      get(base, { signal }),
      get(`${base}/merge-conflicts`, { query: { status: "PENDING", limit: 1 }, signal }),
    ]);
    if (!signal.aborted) show(root, { user: found, open: open.total, base, part: query.get("show") ?? "memories", signal });
  } catch (error) {
    if (signal.aborted) return;
    fill(root, h("h1", {}, "Memory"), trouble(error, () => user(root, { path: [null, id], query, signal })),
      h("p", { class: "notice" }, h("a", { href: "#/memory" }, "All users")));
  }
}

function show(root, { user, open, base, part, signal }) {
  const id = user.custom_user_id;
  const count = h("span", { class: "badge" });
  const showOpen = (number) => { setText(count, String(number)); count.hidden = !number; };
  showOpen(open);
  const tab = (name, text, ...more) => h("a", {
    href: addressOf(["memory", id], { show: name === "memories" ? "" : name }), "aria-current": part === name ? "page" : null,
  }, text, more);
  const body = h("div", {});
  fill(root,
    h("p", { class: "trail" }, h("a", { href: "#/memory" }, "All users")),
    h("h1", {}, user.metadata.name ?? short(id)),
    h("p", { class: "code lead" }, id),
    h("nav", { class: "tabs", "aria-label": "Memory of this user" },
      tab("memories", "Memories"), tab("search", "Search"), tab("conflicts", "Conflicts", count)),
    body);
  const parts = { memories, search, conflicts };
  (parts[part] ?? memories)(body, { base, signal, showOpen });
}
