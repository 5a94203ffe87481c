// The keys: asked for once, kept until the tab is closed, sent as headers and never in an address.

import { ask } from "./dialog.js";
import { h } from "./dom.js";
import { field } from "./form.js";

const PREFIX = "agent-sessions.key.";
let asking = null;

/** The headers that show who calls. The memory wire takes the server's key too, unless projects have keys of their own. */
export function headersFor(wire) {
  const key = stored("sessions");
  if (wire === "sessions") return key ? { "X-API-KEY": key } : {};
  const [own, project] = [stored("memory") || key, stored("project")];
  return { ...(own && { "X-Recallr-Api-Key": own }), ...(project && { "X-Recallr-Project-Id": project }) };
}

/** The server refused what was shown. Ask for another; gives whether it is worth trying again. */
export async function keyRefused(wire, shown) {
  if (JSON.stringify(shown) !== JSON.stringify(headersFor(wire))) return true; // somebody has given one meanwhile
  asking ??= askForKey(wire, Object.keys(shown).length > 0).finally(() => { asking = null; });
  return asking;
}

/** Forget them all. */
export function forgetKeys() {
  for (const name of ["sessions", "memory", "project"]) store(name, "");
}

/** Whether any is kept. */
export const hasKey = () => Boolean(stored("sessions") || stored("memory"));

async function askForKey(wire, again) {
  const key = field("Key", { type: "password", name: "key", required: true, autocomplete: "off", spellcheck: "false" });
  const project = wire === "memory" && field("Project", {
    name: "project", value: stored("project"), hint: "Leave empty for the project of the agents.",
  });
  const why = wire === "memory" ? "Memory needs a key: the server's, or that of a project." : "This server needs a key.";
  const given = await ask({
    title: again ? "That key was not accepted" : "Key",
    content: [h("p", {}, `${why} It is kept until this tab is closed.`), key, project],
    confirm: "Continue",
  });
  if (!given) return false;
  const text = given.get("key").trim();
  if (wire === "sessions" || !stored("sessions")) store("sessions", text);
  if (wire === "memory") {
    store("memory", text);
    store("project", given.get("project").trim());
  }
  dispatchEvent(new Event("agent-sessions.key"));
  return true;
}

function stored(name) {
  try {
    return sessionStorage.getItem(PREFIX + name) ?? "";
  } catch {
    return memory.get(name) ?? "";
  }
}

function store(name, text) {
  memory.set(name, text);
  try {
    sessionStorage.setItem(PREFIX + name, text);
  } catch {
    // kept in memory
  }
}

const memory = new Map(); // where there is no storage
