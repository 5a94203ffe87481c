// Reads the document and shows it: the routes by subject, and a list of them to find one's way.

import { h, fill } from "../shared/js/dom.js";
import { operationsOf } from "./operations.js";
import { operationView } from "./operation_view.js";

const operationsPlace = document.querySelector("#operations");
const contentsPlace = document.querySelector("#contents");
const description = document.querySelector("#description");

async function show() {
  const told = await fetch("openapi.json").then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)));
  document.querySelector("#version").textContent = told.info.version;
  description.textContent = told.info.description;
  const groups = operationsOf(told);
  operationsPlace.append(...groups.map((group) => section(group, told)));
  list(groups, "");
  document.querySelector("#search").addEventListener("input", (event) => list(groups, event.target.value));
  reveal();
}

function section(group, told) {
  return h(
    "section",
    { "aria-labelledby": `tag-${group.id}` },
    h("h2", { id: `tag-${group.id}` }, group.name),
    h("p", { class: "about" }, group.description),
    group.operations.map((operation) => operationView(operation, told)),
  );
}

function list(groups, wanted) {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const kept = groups
    .map((group) => ({ ...group, operations: group.operations.filter((each) => words.every((word) => each.words.includes(word))) }))
    .filter((group) => group.operations.length > 0);
  fill(contentsPlace, kept.map(entries), kept.length === 0 && h("p", { class: "none" }, "No route has these words."));
}

function entries(group) {
  return [
    h("p", { class: "contents-tag" }, group.name),
    h("ul", {}, group.operations.map((each) => h("li", {}, h("a", { href: `#${each.id}` }, each.summary)))),
  ];
}

/** Open the route that the address names: it was not there yet when the page was loaded. */
function reveal() {
  const wanted = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!wanted) return;
  if (wanted.tagName === "DETAILS") wanted.open = true;
  wanted.scrollIntoView();
}

addEventListener("hashchange", reveal);
show().catch(() => {
  description.textContent = "The description of the API could not be loaded. Is the server running?";
});
