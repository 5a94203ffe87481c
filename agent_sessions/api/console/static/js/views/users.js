// The users whom memory knows.

import { get } from "../api.js";
import { fill, h, setText } from "../dom.js";
import { button, field } from "../form.js";
import { counted, moment, short } from "../format.js";
import { loading, nothing, trouble } from "../notices.js";
import { addressOf } from "../router.js";

const PAGE = 25;
const TYPED = 250; // ms after the last key before it is looked for

/** The list, newest first, with a field to find one. */
export function users(root, { signal }) {
  const asked = { offset: 0, partial_user_id: "" };
  const count = h("p", { class: "lead figures", role: "status" });
  const body = h("div", {}, loading());
  const earlier = button("Previous", () => turn(-PAGE));
  const later = button("Next", () => turn(PAGE));
  const pager = h("nav", { class: "pager", "aria-label": "Pages", hidden: true }, earlier, later);

  const turn = (by) => { asked.offset += by; refresh(); };
  const refresh = async () => {
    try {
      const page = await get("api/v1/users", { query: { limit: PAGE, ...asked }, signal });
      setText(count, counted(page.total, "user"));
      earlier.disabled = asked.offset === 0;
      later.disabled = !page.has_more;
      pager.hidden = earlier.disabled && later.disabled;
      fill(body, page.users.length ? list(page.users) : nobody(asked.partial_user_id));
    } catch (error) {
      if (!signal.aborted) fill(body, trouble(error, refresh));
    }
  };

  let typing = null;
  const find = field("Find a user", {
    type: "search", placeholder: "Part of an id", spellcheck: "false",
    oninput: (event) => {
      clearTimeout(typing);
      Object.assign(asked, { offset: 0, partial_user_id: event.target.value.trim() });
      typing = setTimeout(refresh, TYPED);
    },
  });
  fill(root, h("h1", {}, "Memory"), count, h("div", { class: "filters" }, find), body, pager);
  refresh();
}

function list(users) {
  return h("ul", { class: "cards", "aria-label": "Users" }, users.map((user) => h("li", {},
    h("a", { class: "card card-link", href: addressOf(["memory", user.custom_user_id]) },
      h("span", { class: "card-title", title: user.custom_user_id }, user.metadata.name ?? short(user.custom_user_id)),
      h("span", { class: "hint figures" }, `last active ${moment(user.last_active_at)}`)))));
}

function nobody(looked) {
  return looked ? nothing("Nobody found", "No user's id has that in it.")
    : nothing("Nobody yet", "Users appear here with their first session.", h("a", { class: "button main", href: "#/playground" }, "Begin one"));
}
