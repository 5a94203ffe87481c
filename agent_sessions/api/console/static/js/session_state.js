// A session as the events of its log make it. Knows nothing of pages.

import { now, toldBy } from "./server_time.js";

/** What a session is, brought up to date by its events. `phase`: "live", "warned", "expired" or "ended". */
export class SessionState {
  constructor(info) {
    this.take(info);
    this.seq = 0;
    this.phase = info.isNearExpiration ? "warned" : "live";
  }

  /** What the server tells of the session as a whole. */
  take(info) {
    toldBy(info);
    this.id = info.sessionId;
    this.agentId = info.agentId;
    this.userId = info.userId;
    this.createdAt = Date.parse(info.createdAt);
    this.expiresAt = Date.parse(info.expiresAt);
    this.timeouts = info.timeoutConfig;
    this.renewals = info.renewalCount ?? 0;
  }

  /** One event, each once and in order. Gives whether it moved the end. */
  apply(event) {
    if (event.seq !== undefined) {
      if (event.seq <= this.seq) return false;
      this.seq = event.seq;
    }
    const before = this.expiresAt;
    const moved = event.renewal ?? event;
    if (moved.expiresAt) this.expiresAt = Date.parse(moved.expiresAt);
    if (moved.renewalCount !== undefined) this.renewals = moved.renewalCount;
    if (event.timeoutConfig) this.timeouts = event.timeoutConfig;
    this.phase = this.#phaseAfter(event);
    return this.expiresAt !== before;
  }

  get over() {
    return this.phase === "expired" || this.phase === "ended";
  }

  /** Milliseconds until it ends; 0 when it is over. */
  get left() {
    return this.over ? 0 : Math.max(this.expiresAt - now(), 0);
  }

  /** The share of its idle time that is left, 0 to 1. */
  get share() {
    return Math.min(this.left / (this.timeouts.timeoutMinutes * 60_000), 1);
  }

  #phaseAfter(event) {
    switch (event.type) {
      case "session.expired": return "expired";
      case "session.ended": return "ended";
      case "session.warned": return "warned";
      case "session.renewed":
      case "session.reconfigured": return "live";
      case "message": return event.renewal ? "live" : this.phase;
      default: return this.phase;
    }
  }
}
