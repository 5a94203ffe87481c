// How the server is: what it depends on, its agents, what it does and how punctually.

import { get, send, call, Refusal } from "../api.js";
import { announce } from "../announcing.js";
import { bioOf, fetchAgents } from "../agents.js";
import { bars, curve } from "../chart.js";
import { fill, h, keyed, setAttribute, setText } from "../dom.js";
import { button, pressed } from "../form.js";
import { timeOfDay, uptime } from "../format.js";
import { explained, loading, trouble } from "../notices.js";
import { Rates } from "../rates.js";
import { told } from "../server_time.js";
import { repeatedly } from "../ticking.js";

const EVERY = 3000; // ms

/** Everything at a glance, brought up to date every few seconds. */
export function server(root, { signal }) {
  const parts = { health: h("ul", { class: "tiles", "aria-label": "Health" }), charts: h("div", { class: "charts" }), agents: h("ul", { class: "agents" }), refused: h("p", { class: "refused", role: "alert" }) };
  const rates = new Rates();
  const frame = [
    h("h1", {}, "Server"), parts.health, h("h2", {}, "Now"), parts.charts, h("h2", {}, "Agents"), parts.refused, parts.agents,
  ];
  fill(root, h("h1", {}, "Server"), loading());
  const refresh = async () => {
    try {
      const [statistics, health, agents] = await Promise.all([get("api/server/statistics", { signal }), fetchHealth(signal), fetchAgents()]);
      told(Date.parse(statistics.timestamp));
      rates.take(statistics);
      if (root.children.length !== frame.length) fill(root, frame);
      showHealth(parts.health, statistics, health);
      showCharts(parts.charts, statistics, rates);
      showAgents(parts, agents, refresh);
    } catch (error) {
      if (!signal.aborted && !rates.any) fill(root, h("h1", {}, "Server"), trouble(error, refresh));
    }
  };
  repeatedly(refresh, { ms: EVERY, signal });
}

/** 503 is an answer here: it says what is not well. */
async function fetchHealth(signal) {
  try {
    return await (await call("GET", "api/server/health", { signal })).json();
  } catch (error) {
    if (error instanceof Refusal && error.status === 503) return { dependencies: { store: "unavailable", agents: "unknown" } };
    throw error;
  }
}

function showHealth(list, statistics, { dependencies }) {
  const store = statistics.store.description;
  const tiles = [
    ["Database", dependencies.store === "healthy" ? "Answers" : "Does not answer", store, dependencies.store === "healthy"],
    ["Agents", dependencies.agents === "healthy" ? "Running" : "None runs", "", dependencies.agents === "healthy"],
    ["Up for", uptime(statistics.uptime), `version ${statistics.version}`],
    ["Next deadline", statistics.clock.nextDeadline ? timeOfDay(statistics.clock.nextDeadline) : "None soon", `${statistics.clock.waiting} in the near future`],
  ];
  keyed(list, tiles, {
    key: ([name]) => name,
    make: ([name]) => h("li", { class: "tile" }, h("p", { class: "tile-name" }, name), h("p", { class: "tile-value figures" }), h("p", { class: "hint tile-hint" })),
    update: (tile, [, value, hint, well]) => {
      setText(tile.children[1], value);
      setText(tile.children[2], hint);
      setAttribute(tile.children[2], "title", hint);
      setAttribute(tile, "data-well", well);
      setAttribute(tile, "data-ill", well === false);
    },
  });
}

function showCharts(root, statistics, rates) {
  const { lateness, warned, expired } = statistics.clock;
  const fired = warned + expired;
  fill(root,
    curve({ title: "Messages", value: perSecond(rates.latest("messages")), points: rates.of("messages"), hint: `${statistics.log.messages.toLocaleString()} since the start` }),
    curve({ title: "Replies", value: perSecond(rates.latest("replies")), points: rates.of("replies"), hint: `${statistics.log.repliesMissing.toLocaleString()} missing` }),
    curve({ title: "Live sessions", value: statistics.sessions.active.toLocaleString(), points: rates.sessions, hint: `${statistics.sessions.expiringSoon.toLocaleString()} near the end` }),
    bars({ title: "Lateness of warnings and expiries", value: fired ? `99 % within ${span(lateness.p99)}` : "None yet", counts: lateness.counts, bounds: lateness.bounds.map(span), hint: `${warned.toLocaleString()} warned, ${expired.toLocaleString()} expired since the start` }));
}

const perSecond = (rate) => (rate === null ? "…" : `${rate < 10 ? rate.toFixed(1) : Math.round(rate).toLocaleString()} / s`);

function span(ms) {
  if (ms === null) return "over 1 h";
  if (ms < 1000) return `${ms} ms`;
  return ms < 60_000 ? `${ms / 1000} s` : ms < 3_600_000 ? `${ms / 60_000} min` : `${ms / 3_600_000} h`;
}

function showAgents({ agents: list, refused }, agents, refresh) {
  keyed(list, agents, {
    key: (agent) => `${agent.id} ${agent.status}`,
    make: (agent) => {
      const runs = agent.status === "active";
      const act = (event) => pressed(event.currentTarget, async () => {
        setText(refused, "");
        await send(`api/agents/${agent.id}/${runs ? "stop" : "start"}`);
        announce(`${agent.name} ${runs ? "stopped" : "started"}`);
        await refresh();
      }, (error) => setText(refused, explained(error)));
      return h("li", { class: "card agent" },
        h("div", {}, h("p", { class: "agent-name" }, agent.name, h("span", { class: `chip ${runs ? "accent" : ""}` }, runs ? "runs" : "stopped")),
          h("p", { class: "agent-bio" }, bioOf(agent))),
        button(runs ? "Stop" : "Start", act, { "aria-label": `${runs ? "Stop" : "Start"} ${agent.name}` }));
    },
  });
}
