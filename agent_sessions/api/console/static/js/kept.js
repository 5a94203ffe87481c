// What this browser remembers between visits (never a key). Where there is no storage, nothing is remembered.

const PREFIX = "agent-sessions.";

/** What was kept under this name, null when nothing was. */
export function kept(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** Keep a text; null forgets it. */
export function keep(name, text) {
  try {
    if (text === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, text);
  } catch {
    // nothing to be done, and nothing depends on it
  }
}
