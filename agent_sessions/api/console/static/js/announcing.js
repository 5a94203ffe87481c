// Says to people who listen what others see change.

const region = document.getElementById("announcements");

/** Have a screen reader say this when it is done with what it says now. */
export function announce(text) {
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}
