// The sessions that live, each with its countdown.

import { fetchAgents } from "../agents.js";
import { get } from "../api.js";
import { smallCountdown } from "../countdown.js";
import { fill, h, keyed, setText } from "../dom.js";
import { button, choice, field } from "../form.js";
import { counted, moment, short } from "../format.js";
import { loading, nothing, trouble } from "../notices.js";
import { addressOf } from "../router.js";
import { now, toldBy } from "../server_time.js";
import { repeatedly } from "../ticking.js";

const PAGE = 25;
const EVERY = 4000; // ms

/** The list, brought up to date every few seconds. */
export async function sessions(root, { signal }) {
  fill(root, loading());
  let agents = [];
  try {
    agents = await fetchAgents();
  } catch (error) {
    if (!signal.aborted) fill(root, trouble(error, () => sessions(root, { signal })));
    return;
  }
  if (!signal.aborted) new Listing(root, { agents, signal }).begin();
}

class Listing {
  constructor(root, { agents, signal }) {
    this.signal = signal;
    this.names = new Map(agents.map((agent) => [agent.id, agent.name]));
    this.pages = [""];
    this.asked = { agentId: "", userId: "" };
    this.rows = h("tbody");
    this.count = h("p", { class: "lead figures", role: "status" });
    this.body = h("div", {}, loading());
    this.earlier = button("Previous", () => this.turn(-1));
    this.later = button("Next", () => this.turn(1));
    this.table = h("div", { class: "table-frame" }, h("table", { class: "table sessions-table" },
      h("thead", {}, h("tr", {}, ["Agent", "User", "Began", "Renewed", "Time left"].map((name) => h("th", { scope: "col" }, name)))),
      this.rows));
    fill(root, h("h1", {}, "Sessions"), this.count, this.filters(agents), this.body,
      h("nav", { class: "pager", "aria-label": "Pages" }, this.earlier, this.later));
  }

  begin() {
    repeatedly(() => this.refresh(), { ms: EVERY, signal: this.signal });
  }

  filters(agents) {
    const options = [["", "All agents"], ...agents.map((agent) => [agent.id, agent.name])];
    const changed = (name) => (event) => {
      this.asked[name] = event.target.value.trim();
      this.pages = [""];
      this.refresh();
    };
    const user = field("User", { type: "search", placeholder: "User id", spellcheck: "false", onchange: changed("userId") });
    return h("div", { class: "filters" }, choice("Agent", options, { value: "", onchange: changed("agentId") }), user);
  }

  turn(by) {
    if (by < 0) this.pages.pop();
    else this.pages.push(this.next);
    this.refresh();
  }

  async refresh() {
    try {
      const after = this.pages.at(-1);
      const page = await get("api/messaging/sessions", { query: { limit: PAGE, after, ...this.asked }, signal: this.signal });
      this.show(page);
    } catch (error) {
      if (!this.signal.aborted) fill(this.body, trouble(error, () => this.refresh()));
    }
  }

  show(page) {
    page.sessions.forEach(toldBy);
    this.next = page.nextCursor;
    this.earlier.disabled = this.pages.length < 2;
    this.later.disabled = !page.nextCursor;
    this.earlier.parentElement.hidden = this.earlier.disabled && this.later.disabled;
    const filtered = this.asked.agentId || this.asked.userId;
    setText(this.count, `${counted(page.total, "session")} ${filtered ? "found" : "live"}`);
    if (!page.sessions.length) {
      fill(this.body, filtered ? nothing("None found", "No live session is like that.")
        : nothing("No session lives", "Begin one in the playground, or with any client.", h("a", { class: "button main", href: "#/playground" }, "Begin one")));
      return;
    }
    if (this.table.parentElement !== this.body) fill(this.body, this.table);
    keyed(this.rows, page.sessions, { key: (session) => session.sessionId, make: (session) => this.row(session), update: updateRow });
  }

  row(session) {
    const row = h("tr");
    row.session = session;
    const agent = this.names.get(session.agentId) ?? short(session.agentId);
    const clock = smallCountdown({
      left: () => Date.parse(row.session.expiresAt) - now(),
      share: () => Math.max(Math.min((Date.parse(row.session.expiresAt) - now()) / (row.session.timeoutConfig.timeoutMinutes * 60_000), 1), 0),
      near: () => Date.parse(row.session.expiresAt) - now() <= row.session.timeoutConfig.warningThresholdMinutes * 60_000,
    }, this.signal);
    row.append(
      h("th", { scope: "row" }, h("a", { href: addressOf(["sessions", session.sessionId]) }, agent)),
      h("td", {}, h("span", { class: "cell-name" }, "User"), h("span", { class: "code", title: session.userId }, short(session.userId))),
      h("td", { class: "figures" }, h("span", { class: "cell-name" }, "Began"), moment(session.createdAt)),
      h("td", { class: "figures" }, h("span", { class: "cell-name" }, "Renewed"), row.renewals = h("span")),
      h("td", {}, clock));
    return row;
  }
}

function updateRow(row, session) {
  row.session = session;
  setText(row.renewals, session.renewalCount ? `${session.renewalCount}×` : "–");
}
