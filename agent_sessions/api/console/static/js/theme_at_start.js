// Before the first paint: the theme that was chosen here. Without a choice the system's counts.
try {
  const chosen = localStorage.getItem("agent-sessions.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // no storage, no choice
}
