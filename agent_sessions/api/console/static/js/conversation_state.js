// A conversation as it is told from two sides: the answer to what was just sent, and the session's events. Whatever comes
// first counts, and what comes twice changes nothing.

/** Messages in the order of the log; those not yet in it come last. */
export class ConversationState {
  constructor() {
    this.entries = [];
    this.byId = new Map();
    this.notes = 0;
  }

  /** Something is being said; `key` will come back as the message's `metadata.clientMessageId`. */
  sending(key, text) {
    return this.#put({ id: key, kind: "said", text, at: null, status: "sending" });
  }

  /** What was being said could not be: `why` for people. */
  failed(key, why) {
    this.#change(key, { status: "failed", why });
  }

  /** A message as the events tell it with its place `seq`, or without one the answer to what was sent, which knows less. */
  message(message, seq) {
    if (seq === undefined && this.byId.get(message.id)?.seq !== undefined) return;
    const key = message.metadata?.clientMessageId;
    if (key && this.byId.has(key) && !this.byId.has(message.id)) this.#rename(key, message.id);
    const told = {
      kind: message.isAgent ? "replied" : "said", text: message.content, at: message.createdAt, status: "kept",
      thought: message.thought, actions: message.actions ?? [], ...(seq !== undefined && { seq }),
    };
    if (this.byId.has(message.id)) this.#change(message.id, told);
    else this.#put({ id: message.id, ...told });
    if (seq !== undefined) this.entries.sort((one, other) => (one.seq ?? Infinity) - (other.seq ?? Infinity));
  }

  /** A piece of a reply under way. */
  chunk({ messageId, index, text }) {
    const entry = this.byId.get(messageId)
      ?? this.#put({ id: messageId, kind: "replied", text: "", at: null, status: "running", pieces: [] });
    if (entry.status !== "running" || entry.pieces[index] !== undefined) return;
    entry.pieces[index] = text;
    this.#change(messageId, { text: entry.pieces.join("") });
  }

  /** A message stays without a reply; what there was of one is dropped. */
  missing(inReplyTo, why) {
    for (const entry of this.entries.filter((each) => each.status === "running")) this.#drop(entry.id);
    if (this.byId.has(inReplyTo)) this.#change(inReplyTo, { status: "unanswered", why });
  }

  /** Something happened that is no message. */
  note(text, { seq, at, tone }) {
    this.#put({ id: `note-${this.notes++}`, kind: "note", text, at, seq, tone, status: "kept" });
    this.entries.sort((one, other) => (one.seq ?? Infinity) - (other.seq ?? Infinity));
  }

  #put(entry) {
    entry.version = 0;
    this.entries.push(entry);
    this.byId.set(entry.id, entry);
    return entry;
  }

  #change(id, members) {
    const entry = this.byId.get(id);
    if (entry) Object.assign(entry, members, { version: entry.version + 1 });
  }

  #rename(from, to) {
    const entry = this.byId.get(from);
    this.byId.delete(from);
    this.byId.set(to, entry);
    entry.messageId = to;
  }

  #drop(id) {
    this.byId.delete(id);
    this.entries = this.entries.filter((entry) => entry.id !== id);
  }
}
