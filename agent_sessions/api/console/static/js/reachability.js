// Whether the server answers, told in a line above everything while it does not.

const banner = document.getElementById("banner");
let down = false;

/** The server answered. */
export function reached() {
  if (!down) return;
  down = false;
  banner.hidden = true;
  banner.textContent = "";
}

/** The server did not answer. */
export function unreachable() {
  if (down) return;
  down = true;
  banner.hidden = false;
  banner.textContent = "The server does not answer. Trying again …";
}
