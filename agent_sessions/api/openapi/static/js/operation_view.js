// One route: its line, and, opened, what it takes, what it answers and how to call it.

import { h } from "../shared/js/dom.js";
import { curl } from "./curl.js";
import { members, named, typeOf } from "./schemas.js";

export function operationView(operation, told) {
  const view = h(
    "details",
    { class: "operation", id: operation.id },
    h(
      "summary",
      {},
      h("span", { class: `method method-${operation.method.toLowerCase()}` }, operation.method),
      h("code", { class: "path" }, operation.path),
      h("span", { class: "summary" }, operation.summary),
    ),
  );
  // Filled when it is first opened: there are many routes, and few are read.
  view.addEventListener("toggle", () => view.open && view.children.length === 1 && view.append(inside(operation, told)));
  return view;
}

function inside(operation, told) {
  return h(
    "div",
    { class: "inside" },
    operation.description && h("p", {}, prose(operation.description)),
    parameters(operation.parameters, told),
    operation.body && body(operation.body, told),
    h("h3", {}, "Answers"),
    answers(operation.responses, told),
    h("h3", {}, "Call"),
    h("pre", { class: "call", tabindex: "0", "aria-label": "Example call" }, h("code", {}, curl(operation, told))),
  );
}

function parameters(all, told) {
  if (all.length === 0) return null;
  const rows = all.map((each) =>
    row(each.name, `${each.in} · ${typeOf(each.schema, told)}`, { required: each.required, about: each.description, schema: each.schema }),
  );
  return [h("h3", {}, "Parameters"), h("dl", { class: "members" }, rows)];
}

function body(requestBody, told) {
  const [media, { schema }] = Object.entries(requestBody.content)[0];
  return [h("h3", {}, "Body ", h("span", { class: "media" }, media)), schemaView(schema, told)];
}

function answers(responses, told) {
  return Object.entries(responses).map(([status, { description, content }]) =>
    h(
      "details",
      { class: `answer answer-${status[0]}`, open: status.startsWith("2") },
      h("summary", {}, h("span", { class: "status" }, status), " ", description),
      content
        ? Object.entries(content).map(([media, { schema }]) => [h("p", { class: "media" }, media), schemaView(schema, told)])
        : h("p", { class: "media" }, "no body"),
    ),
  );
}

function schemaView(schema, told) {
  const alternatives = named(schema, told).anyOf;
  if (alternatives) return alternatives.map((each, place) => [place > 0 && h("p", { class: "or" }, "or"), schemaView(each, told)]);
  const all = members(schema, told);
  if (all.length === 0) return h("p", { class: "plain" }, named(schema, told).description ?? typeOf(schema, told));
  return h("dl", { class: "members" }, all.map((each) => member(each, told)));
}

function member({ name, schema, required }, told) {
  const inner = members(schema, told);
  return [
    row(name, typeOf(schema, told), { required, about: named(schema, told).description ?? schema.description, schema }),
    inner.length > 0 && h("dd", { class: "nested" }, h("details", {}, h("summary", {}, "members"), schemaView(schema.items ?? schema, told))),
  ];
}

function row(name, type, { required, about, schema }) {
  const rules = rulesOf(schema);
  return [
    h("dt", {}, h("code", {}, name), required && h("span", { class: "required" }, "required")),
    h("dd", {}, h("span", { class: "type" }, type), rules && h("span", { class: "rules" }, rules), about && h("span", { class: "about" }, prose(about))),
  ];
}

function rulesOf(schema) {
  const rules = [];
  if (schema.minimum !== undefined || schema.maximum !== undefined) rules.push(`${schema.minimum ?? "…"} to ${schema.maximum ?? "…"}`);
  if (schema.maxLength !== undefined) rules.push(`${schema.minLength ?? 0} to ${schema.maxLength} characters`);
  if (schema.default !== undefined && !isEmpty(schema.default)) rules.push(`default ${JSON.stringify(schema.default)}`);
  return rules.join(" · ");
}

function isEmpty(value) {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}

/** Text with what stands between backticks as code. */
function prose(text) {
  return text.split("`").map((part, place) => (place % 2 ? h("code", {}, part) : part));
}
