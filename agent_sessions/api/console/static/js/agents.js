// The agents of the server, by id.

import { get } from "./api.js";

/** All of them: `{id, name, bio, status}`, those that run first. */
export async function fetchAgents() {
  const { data } = await get("api/agents");
  return data.agents;
}

/** A function from an agent's id to its name; an unknown agent is called by the beginning of its id. */
export async function agentNames() {
  const names = new Map((await fetchAgents()).map((agent) => [agent.id, agent.name]));
  return (id) => names.get(id) ?? id.slice(-8);
}

/** What an agent says of itself, in one text. */
export const bioOf = (agent) => [agent.bio].flat().filter(Boolean).join(" ");
