// What each kind of event says, in words.

import { counted, minutes, timeOfDay } from "./format.js";

const REASONS = {
  chosen: "the agent chose not to answer",
  failed: "the agent failed",
  timed_out: "the agent did not answer in time",
  cancelled: "nobody waited any more",
  interrupted: "the server stopped",
};

/** Why there is no reply. */
export const missingReply = (event) => event.explanation || REASONS[event.reason] || event.reason;

const TELL = {
  "session.created": (event) => ["Began", `Ends at ${timeOfDay(event.expiresAt)} unless renewed; ${timeouts(event.timeoutConfig)}.`],
  "session.renewed": (event) => ["Renewed", `Ends at ${timeOfDay(event.expiresAt)} (renewal ${event.renewalCount}).`],
  "session.reconfigured": (event) => ["Timeouts changed", `Ends at ${timeOfDay(event.expiresAt)}; ${timeouts(event.timeoutConfig)}.`],
  "session.warned": (event) => ["Ends soon", `In ${counted(event.minutesRemaining, "minute")}, at ${timeOfDay(event.expiresAt)}.`],
  "session.expired": () => ["Expired", "Its time ran out."],
  "session.ended": () => ["Ended", "Somebody ended it."],
  "reply.missing": (event) => ["No reply", `${missingReply(event)}.`],
  "memory.processing": (event) => ["Remembering", `What was said up to row ${event.upTo}.`],
  "memory.processed": (event) => ["Remembered", remembered(event)],
  "memory.failed": (event) => ["Not remembered", event.explanation],
};

/** An event's title and a sentence. Messages tell themselves. */
export function inWords(event) {
  return TELL[event.type]?.(event) ?? [event.type, ""];
}

/** What colour an event has: "good", "warn", "bad" or none. */
export function toneOf(event) {
  return {
    "session.renewed": "good", "memory.processed": "good",
    "session.warned": "warn", "reply.missing": "warn",
    "session.expired": "bad", "session.ended": "bad", "memory.failed": "bad",
  }[event.type];
}

function timeouts(config) {
  const renewing = config.autoRenew ? "activity renews it" : "activity does not renew it";
  return `idle ${minutes(config.timeoutMinutes)}, at most ${minutes(config.maxDurationMinutes)}, ${renewing}`;
}

function remembered({ created, versions, conflicts }) {
  const made = [
    created && counted(created, "new memory", "new memories"),
    versions && counted(versions, "new version"),
    conflicts && counted(conflicts, "conflict"),
  ].filter(Boolean);
  return made.length ? `${made.join(", ")}.` : "Nothing in it to remember.";
}
