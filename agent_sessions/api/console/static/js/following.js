// Follows what happens in a session, for as long as somebody looks: from its beginning, and on from where it was after
// each drop of the connection.

import { call, Refusal } from "./api.js";
import { events } from "./event_stream.js";
import { happened } from "./server_time.js";
import { pause } from "./ticking.js";

const SILENCE = 40_000; // ms; the server says something at least every 15 s
const CAUGHT_UP = 250; // ms without an event: what was missed has come
const PAUSES = [300, 1000, 2000, 4000, 8000];
const BEGINNING = "0";
const LAST = new Set(["session.expired", "session.ended"]);

/**
 * Tell `onEvent(event)` of each event, and `onState(state, detail)` of how it goes: "connecting", "live" (detail: how many
 * events were missed before), "reconnecting", "over" (no more can come), "refused" (detail: the error). Ends with `signal`.
 */
export async function follow(sessionId, { onEvent, onState, signal }) {
  const place = { cursor: BEGINNING, over: false, failures: 0, signal, onEvent, onState };
  onState("connecting");
  while (!signal.aborted && !place.over) {
    try {
      await connection(sessionId, place);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refusal && error.status < 500 && error.status !== 429) {
        onState(error.status === 410 ? "over" : "refused", error);
        return;
      }
    }
    if (signal.aborted || place.over) break;
    onState("reconnecting");
    await pauseBefore(place.failures++, signal);
  }
  if (!signal.aborted) onState("over");
}

/** One connection, to its end. */
async function connection(sessionId, place) {
  const broken = new AbortController();
  const either = AbortSignal.any([place.signal, broken.signal]);
  const silence = restarting(() => broken.abort(), SILENCE);
  const quiet = restarting(() => place.onState("live", missed), CAUGHT_UP);
  let missed = 0;
  try {
    const headers = { "Last-Event-ID": place.cursor };
    const response = await call("GET", `api/messaging/sessions/${sessionId}/events`, { headers, signal: either });
    silence.again();
    quiet.again();
    for await (const event of events(response)) {
      silence.again();
      place.failures = 0;
      if (!event) continue;
      if (event.id !== undefined) place.cursor = event.id;
      if (event.type === "resume") return;
      if (quiet.waiting) {
        missed += 1;
        quiet.again();
      }
      take(event, place);
    }
  } finally {
    silence.stop();
    quiet.stop();
  }
}

function take(event, place) {
  const told = JSON.parse(event.data);
  if (told.at) happened(Date.parse(told.at));
  if (LAST.has(told.type)) place.over = true;
  place.onEvent(told);
}

/** A timer that can be set anew; `waiting` while it has not run out. */
function restarting(act, ms) {
  let timer = null;
  return {
    get waiting() { return timer !== null; },
    again() { clearTimeout(timer); timer = setTimeout(() => { timer = null; act(); }, ms); },
    stop() { clearTimeout(timer); timer = null; },
  };
}

/** Wait longer after each failure, but not when the network has just come back. */
async function pauseBefore(failures, signal) {
  const online = new AbortController();
  addEventListener("online", () => online.abort(), { signal: online.signal });
  await pause(PAUSES[Math.min(failures, PAUSES.length - 1)] * (0.8 + Math.random() * 0.4), AbortSignal.any([signal, online.signal]));
  online.abort();
}
