// The document's routes, grouped by subject in the order the document gives.

/** Groups `{id, name, description, operations}`; an operation has its method, path, parameters, and words to find it by. */
export function operationsOf(told) {
  const all = Object.entries(told.paths).flatMap(([path, item]) => ofPath(path, item));
  return told.tags.map((tag) => ({
    id: tag.name.toLowerCase().replaceAll(" ", "-"),
    name: tag.name,
    description: tag.description,
    operations: all.filter((operation) => operation.tag === tag.name),
  }));
}

function ofPath(path, { parameters: inPath = [], ...methods }) {
  return Object.entries(methods).map(([method, told]) => ({
    id: told.operationId,
    tag: told.tags[0],
    method: method.toUpperCase(),
    path,
    summary: told.summary,
    description: told.description,
    parameters: [...inPath, ...(told.parameters ?? [])],
    body: told.requestBody,
    responses: told.responses,
    words: `${method} ${path} ${told.summary}`.toLowerCase(),
  }));
}
