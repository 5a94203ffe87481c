// Reading JSON schemas: what a reference names, what a type is called, which members an object has.

/** The schema itself, or what it refers to. */
export function named(schema, told) {
  return schema.$ref ? told.components.schemas[schema.$ref.split("/").pop()] : schema;
}

/** A short name for the type, like `string`, `list of Memory` or `"http" | "sse"`. */
export function typeOf(schema, told) {
  const meant = named(schema, told);
  if (meant.enum) return meant.enum.map((each) => JSON.stringify(each)).join(" | ");
  if (meant.const !== undefined) return JSON.stringify(meant.const);
  if (meant.anyOf) return meant.anyOf.map((each) => typeOf(each, told)).join(" or ");
  if (meant.type === "array") return `list of ${typeOf(meant.items ?? {}, told)}`;
  if (schema.$ref) return schema.$ref.split("/").pop();
  return meant.format ?? meant.type ?? "anything";
}

/** The members of an object, or of the objects in a list: `{name, schema, required}`. */
export function members(schema, told) {
  const meant = named(schema, told);
  if (meant.type === "array") return members(meant.items ?? {}, told);
  if (meant.anyOf) return members(meant.anyOf.find((each) => each.$ref || each.type === "array") ?? {}, told);
  const needed = new Set(meant.required ?? []);
  return Object.entries(meant.properties ?? {}).map(([name, each]) => ({ name, schema: each, required: needed.has(name) }));
}
