// How a route is called from a terminal, with what it needs filled in where that can be guessed.

import { members, named } from "./schemas.js";

export function curl(operation, told) {
  const base = new URL(".", location.href).href.replace(/\/$/, "");
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name) => `$${name.toUpperCase()}`);
  const lines = [`curl ${operation.method === "GET" ? "" : `-X ${operation.method} `}"${base}${path}"`];
  const media = operation.body && Object.keys(operation.body.content)[0];
  if (media === "application/json") {
    lines.push(`-H 'Content-Type: application/json'`);
    lines.push(`-d '${JSON.stringify(example(operation.body.content[media].schema, told))}'`);
  } else if (media) {
    lines.push(`-F file=@picture.png`);
  }
  return lines.join(" \\\n  ");
}

function example(schema, told) {
  const needed = members(schema, told).filter((each) => each.required);
  return Object.fromEntries(needed.map((each) => [each.name, value(each, told)]));
}

function value({ name, schema }, told) {
  const meant = named(schema, told);
  if (meant.enum) return meant.enum[0];
  if (meant.anyOf) return value({ name, schema: meant.anyOf[0] }, told);
  if (meant.format === "uuid") return "3f2a1c9e-0d4b-4f6a-9c1d-2b7e5a8f0c31";
  if (meant.type === "array") return [];
  if (meant.type === "object") return example(schema, told);
  if (meant.type === "integer" || meant.type === "number") return meant.default ?? meant.minimum ?? 1;
  return { content: "Hello", message: "I moved to Berlin", role: "user" }[name] ?? name;
}
