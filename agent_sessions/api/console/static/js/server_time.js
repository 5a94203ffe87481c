// What time it is for the server. Its deadlines count, and the clock of this machine may be wrong.

const TOLERANCE = 250; // ms; less than this is the way there and back

let ahead = 0;

/** The server's time, in milliseconds since 1970. */
export const now = () => Date.now() + ahead;

/** The server just said what time it is. */
export function told(instant) {
  const difference = instant - now();
  if (Math.abs(difference) > TOLERANCE) ahead += difference;
}

/** Something happened at this time on the server, so it cannot be earlier there. */
export function happened(instant) {
  ahead += Math.max(instant - now(), 0);
}

/** A session as the server tells it says what time it is: its end less what remains. */
export function toldBy(session) {
  if (session.timeRemaining > 0) told(Date.parse(session.expiresAt) - session.timeRemaining);
}
