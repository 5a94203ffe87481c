// Times, spans and ids as people read them, in the browser's own zone and language.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const clockToSecond = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23",
});
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const utcDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/** Time left, from milliseconds: "29:31", "1 h 04 min", "3 d 2 h"; never below "0:00". */
export function remaining(ms) {
  const left = Math.max(Math.ceil(ms / 1000), 0);
  const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  if (hours) return `${hours} h ${String(minutes).padStart(2, "0")} min`;
  return `${minutes}:${String(seconds).padStart(2, "0")}`;
}

/** A length of minutes: "30 min", "12 h", "1 h 30 min". */
export function minutes(count) {
  const whole = Math.floor(count / 60);
  const rest = Math.round((count - whole * 60) * 100) / 100;
  return [whole ? `${whole} h` : "", rest || !whole ? `${rest} min` : ""].filter(Boolean).join(" ");
}

/** Seconds since the start: "2 min", "5 h 3 min", "12 d 4 h". */
export function uptime(seconds) {
  const ms = seconds * 1000;
  if (ms < MINUTE) return `${Math.floor(seconds)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 48 * HOUR) return `${Math.floor(ms / HOUR)} h ${Math.floor(ms / MINUTE) % 60} min`;
  return `${Math.floor(ms / HOUR / 24)} d ${Math.floor(ms / HOUR) % 24} h`;
}

/** The time of day. */
export const timeOfDay = (instant) => clock.format(new Date(instant));

/** The time of day to the millisecond. */
export const exactTime = (instant) => clockToSecond.format(new Date(instant));

/** The time of day, with the date when that is not today's. */
export function moment(instant, now = Date.now()) {
  const when = new Date(instant);
  return when.toDateString() === new Date(now).toDateString() ? clock.format(when) : `${day.format(when)}, ${clock.format(when)}`;
}

/** A date. */
export const date = (instant) => day.format(new Date(instant));

/** The days that something is about, which are whole days in UTC: one of them, or from one to another. */
export function days(start, end) {
  const [from, to] = [utcDay.format(new Date(start)), utcDay.format(new Date(end))];
  return from === to ? from : `${from} – ${to}`;
}

/** The end of an id, enough to tell two apart by eye; ids of ours begin with the time. */
export const short = (id) => (id.length > 13 && /^[0-9a-f]{8}-/.test(id) ? id.slice(-8) : id);

/** "1 memory", "2 memories". */
export const counted = (count, one, many = `${one}s`) => `${count.toLocaleString()} ${count === 1 ? one : many}`;
