// Which place of the console is shown: by what follows # in the address.

/** `{path: ["sessions", id], query: URLSearchParams}` of the address now. */
export function here() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter(Boolean).map(decodeURIComponent), query: new URLSearchParams(query) };
}

/** The address of a place. */
export function addressOf(path, query = {}) {
  const told = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  return `#/${path.map(encodeURIComponent).join("/")}${told.size ? `?${told}` : ""}`;
}

/** Go somewhere. */
export function go(path, query) {
  location.hash = addressOf(path, query);
}
