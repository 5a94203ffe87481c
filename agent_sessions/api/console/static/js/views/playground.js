// Talk to an agent, and watch the session's clock while doing so.

import { bioOf, fetchAgents } from "../agents.js";
import { send } from "../api.js";
import { fill, h } from "../dom.js";
import { button, field, pressed } from "../form.js";
import { keep, kept } from "../kept.js";
import { explained, loading, nothing, trouble } from "../notices.js";
import { go } from "../router.js";
import { fetchSession } from "../session_panel.js";
import { timeoutFields, timeoutsIn, USUAL } from "../timeouts_form.js";
import { chat } from "./chat.js";

const UUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";

/** The session of the address, else the form that begins one. */
export async function playground(root, place) {
  fill(root, loading());
  const sessionId = place.path[1];
  try {
    const agents = await fetchAgents();
    if (place.signal.aborted) return;
    if (!sessionId) showStart(root, agents);
    else chat(root, { info: await fetchSession(sessionId), agents, signal: place.signal });
  } catch (error) {
    if (!place.signal.aborted) fill(root, trouble(error, () => playground(root, place)), sessionId && again());
  }
}

const again = () => h("p", { class: "notice" }, h("a", { href: "#/playground" }, "Begin a new session"));

function showStart(root, agents) {
  const running = agents.filter((agent) => agent.status === "active");
  if (!running.length) {
    fill(root, h("h1", {}, "Playground"), nothing("No agent runs", "Start one to talk to it.",
      h("a", { class: "button main", href: "#/server" }, "Agents")));
    return;
  }
  fill(root, h("div", { class: "start" },
    h("h1", {}, "Talk to an agent"),
    h("p", { class: "lead" }, "Begins a session. Its clock runs beside the conversation."),
    startForm(running)));
}

function startForm(agents) {
  const refused = h("p", { class: "refused", role: "alert" });
  const begin = h("button", { class: "button main" }, "Begin");
  const last = kept("agent");
  const chosen = agents.find((agent) => agent.id === last) ?? agents[0];
  return h("form", {
    class: "start-form",
    onsubmit: (event) => {
      event.preventDefault();
      const form = new FormData(event.currentTarget);
      refused.textContent = "";
      pressed(begin, () => beginSession(form), (error) => { refused.textContent = explained(error); });
    },
  },
  h("fieldset", { class: "agent-choice" }, h("legend", {}, "Agent"), agents.map((agent) => agentCard(agent, agent === chosen))),
  h("details", { class: "start-details" }, h("summary", {}, "User and timeouts"),
    field("User", { name: "user", value: userId(), required: true, pattern: UUID, spellcheck: "false", class: "code", hint: "Who talks, as a UUID. What is said becomes this user's memories." }),
    timeoutFields(USUAL)),
  refused, begin);
}

function agentCard(agent, checked) {
  return h("label", { class: "agent-card" },
    h("input", { type: "radio", name: "agent", value: agent.id, checked, required: true }),
    h("span", { class: "agent-card-text" }, h("span", { class: "agent-name" }, agent.name), h("span", { class: "agent-bio" }, bioOf(agent))));
}

async function beginSession(form) {
  const [agentId, user] = [form.get("agent"), form.get("user")];
  keep("agent", agentId);
  keep("user", user);
  const session = await send("api/messaging/sessions", { agentId, userId: user, timeoutConfig: timeoutsIn(form) });
  go(["playground", session.sessionId]);
}

/** Who talks from this browser: always the same user, unless somebody says otherwise. */
function userId() {
  const known = kept("user") ?? crypto.randomUUID?.() ?? "00000000-0000-4000-8000-000000000001";
  keep("user", known);
  return known;
}
