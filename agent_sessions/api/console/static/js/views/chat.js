// One session's conversation, as somebody takes part in it.

import { announce } from "../announcing.js";
import { composer } from "../composer.js";
import { conversation } from "../conversation.js";
import { ConversationState } from "../conversation_state.js";
import { fill, h } from "../dom.js";
import { timeOfDay } from "../format.js";
import { follow } from "../following.js";
import { inWords, missingReply, toneOf } from "../log_text.js";
import { nothing } from "../notices.js";
import { addressOf } from "../router.js";
import { sessionPanel } from "../session_panel.js";
import { SessionState } from "../session_state.js";
import { talk } from "../talking.js";

const NOTED = new Set(["session.renewed", "session.reconfigured", "session.warned", "session.expired", "session.ended", "memory.processed"]);

/** Show the conversation and follow it until the signal. */
export function chat(root, { info, agents, signal }) {
  const agentName = agents.find((agent) => agent.id === info.agentId)?.name ?? "Agent";
  const session = new SessionState(info);
  const said = new ConversationState();
  const view = conversation(said, { agentName, again: (entry) => say(entry.text, entry.id) });
  const further = h("p", { class: "panel-links" },
    h("a", { href: addressOf(["sessions", session.id]) }, "Log"), h("a", { href: "#/playground" }, "New session"));
  const panel = sessionPanel(session, { signal, further });
  const empty = nothing(`Say something to ${agentName}`, "The reply appears as it is made.");
  const writing = composer({ label: `Message to ${agentName}`, send: (text) => say(text, `console-${crypto.randomUUID?.() ?? Math.random()}`) });

  const show = () => {
    empty.hidden = said.entries.length > 0;
    view.show();
    panel.show();
    if (session.over) writing.close("This session is over.");
  };
  const say = (text, key) => {
    if (said.byId.has(key)) Object.assign(said.byId.get(key), { status: "sending" }).version += 1;
    else said.sending(key, text);
    show();
    talk(session.id, { text, key, into: said, changed: show });
  };

  fill(root, h("div", { class: "with-panel" },
    h("section", { class: "chat", "aria-labelledby": "chat-title" },
      h("h1", { id: "chat-title" }, agentName), empty, view.element, writing.element),
    panel.element));
  show();
  writing.focus();
  follow(session.id, {
    signal,
    onState: (how, detail) => panel.connected(how, detail),
    onEvent: (event) => { take(event, session, said); show(); },
  });
}

function take(event, session, said) {
  session.apply(event);
  if (event.type === "message") said.message(event.message, event.seq);
  else if (event.type === "reply.chunk") said.chunk(event);
  else if (event.type === "reply.missing") said.missing(event.inReplyTo, missingReply(event));
  else if (NOTED.has(event.type)) note(event, said);
}

function note(event, said) {
  const [title, text] = inWords(event);
  const told = event.type === "session.renewed" ? `Renewed until ${timeOfDay(event.expiresAt)}` : `${title}. ${text}`;
  said.note(told, { seq: event.seq, at: event.at, tone: toneOf(event) });
  if (event.type === "session.warned" || event.type === "session.expired") announce(told);
}
