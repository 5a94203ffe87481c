// Says something in a session and hears the reply as it is made, on the answer's own event stream.

import { call } from "./api.js";
import { events } from "./event_stream.js";
import { explained } from "./notices.js";
import { now } from "./server_time.js";

/**
 * Send a text under a `key` of the client's own, by which it is only ever said once however often it is sent.
 * `into`: the ConversationState that hears of it; `changed()` is called after each change.
 */
export async function talk(sessionId, { text, key, into, changed }) {
  let said = null;
  try {
    const body = { content: text, transport: "sse", metadata: { clientMessageId: key } };
    const response = await call("POST", `api/messaging/sessions/${sessionId}/messages`, { body });
    for await (const event of events(response)) {
      if (!event) continue;
      const data = JSON.parse(event.data);
      if (event.type === "user_message") said = data.id;
      hear(event.type, data, { into, said, key });
      changed();
    }
  } catch (error) {
    if (!said) into.failed(key, explained(error)); // once it is kept, the session's events tell the rest
    changed();
  }
}

function hear(type, data, { into, said, key }) {
  switch (type) {
    case "user_message":
      into.message({ id: data.id, content: data.content, createdAt: data.createdAt, metadata: { clientMessageId: key } });
      break;
    case "chunk":
      into.chunk(data);
      break;
    case "error":
      into.missing(said, data.error);
      break;
    case "done":
      if (!data.text && data.actions?.includes("IGNORE")) into.missing(said, "the agent chose not to answer");
      else if (data.responseId) into.message(replyIn(data));
      break;
    default:
  }
}

function replyIn(data) {
  return {
    id: data.responseId, isAgent: true, content: data.text, createdAt: now(),
    thought: data.thought, actions: data.actions, metadata: {},
  };
}
