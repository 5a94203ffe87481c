// One pulse for everything that counts down, and repeated questions to the server that pause with the page.

const listeners = new Set();
let timer = null;

/** Call `act` now and four times a second until the signal. */
export function onTick(act, signal) {
  if (signal.aborted) return;
  act();
  listeners.add(act);
  timer ??= setInterval(() => listeners.forEach((each) => each()), 250);
  signal.addEventListener("abort", () => {
    listeners.delete(act);
    if (!listeners.size) {
      clearInterval(timer);
      timer = null;
    }
  });
}

/** Return after so many milliseconds, or at once when the signal comes. */
export function pause(ms, signal) {
  return new Promise((resolve) => {
    const waiting = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => { clearTimeout(waiting); resolve(); }, { once: true });
  });
}

/** Call `ask` now and again, `ms` after each answer, until the signal; not while nobody sees the page. */
export async function repeatedly(ask, { ms, signal }) {
  while (!signal.aborted) {
    if (!document.hidden) await ask();
    await pause(ms, signal);
  }
}
