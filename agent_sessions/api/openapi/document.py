"""The OpenAPI 3.1 document, made from the routes' operations. Knows nothing of any wire."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic.json_schema import models_json_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import BaseModel
    from pydantic.json_schema import JsonSchemaMode

    from .operation import Endpoint, Operation

Json: TypeAlias = dict[str, Any]

JSON = "application/json"
FORM = "multipart/form-data"
EVENT_STREAM = "text/event-stream"

EVERYWHERE = (400, 401, 404, 429, 503)
"""What any route may refuse with: bad input, no key, nothing there, too often, no store."""
WITH_BODY = (413,)

_EVENT = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "event": {"type": "string"},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
    "required": ["data"],
}
"""One event of a stream."""

_TEMPLATE = "#/components/schemas/{model}"
_SEGMENT = re.compile(r"\{(\w+)\}")


def document(
    endpoints: Sequence[Endpoint],
    *,
    version: str,
    title: str,
    description: str,
    tags: Mapping[str, str],
    security_schemes: Json,
    path_parameters: Mapping[str, Json],
    server: str,
) -> Json:
    """The whole document. ``tags``: what each group of routes is about, in the order they are read in.
    ``security_schemes``: empty where no route needs a key."""
    schemas = _Schemas(endpoints)
    paths: dict[str, Json] = {}
    for endpoint in endpoints:
        item = paths.setdefault(endpoint.path, {"parameters": list(_in_path(endpoint.path, path_parameters))})
        item[endpoint.method.lower()] = _operation(endpoint, schemas, keyed=bool(security_schemes))
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": description},
        "servers": [{"url": server}],
        "tags": [{"name": name, "description": text} for name, text in tags.items()],
        "paths": {path: _tidy(item) for path, item in paths.items()},
        "components": {"schemas": schemas.definitions, "securitySchemes": security_schemes},
    }


class _Schemas:
    """The JSON schemas of all models, by how they are used: what is validated, and what is told."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
        for endpoint in endpoints:
            told = (endpoint.operation.answer, endpoint.error)
            wanted |= {(model, "serialization"): None for model in told if model is not None}
            if (body := endpoint.operation.body) is not None:
                wanted[body, "validation"] = None
        self._refs, top = models_json_schema(list(wanted), ref_template=_TEMPLATE)
        self.definitions: Json = top.get("$defs", {})

    def told(self, model: type[BaseModel]) -> Any:
        """Where the schema of something the server says stands."""
        return self._refs[model, "serialization"]

    def taken(self, model: type[BaseModel]) -> Any:
        """Where the schema of a body stands."""
        return self._refs[model, "validation"]


def _operation(endpoint: Endpoint, schemas: _Schemas, *, keyed: bool) -> Json:
    operation = endpoint.operation
    told: Json = {
        "operationId": endpoint.name,
        "summary": operation.summary,
        "description": operation.about,
        "tags": [endpoint.tag],
        "parameters": [*_in_query(operation), *_in_headers(operation)],
        "responses": _responses(endpoint, schemas),
        "security": list(endpoint.security) if keyed else [],
    }
    if operation.body is not None:
        media = FORM if operation.form else JSON
        content = {media: {"schema": schemas.taken(operation.body)}}
        told["requestBody"] = {"required": operation.body_needed, "content": content}
    return _tidy(told)


def _responses(endpoint: Endpoint, schemas: _Schemas) -> Json:
    operation = endpoint.operation
    content = _content(operation, schemas)
    responses = {str(status): _response(status, content if status != 204 else {}) for status in operation.statuses}
    error = {JSON: {"schema": schemas.told(endpoint.error)}}
    refusals = {*EVERYWHERE, *operation.errors, *(WITH_BODY if operation.body else ())}
    for status in sorted(refusals.difference(operation.statuses)):
        responses[str(status)] = _response(status, error)
    return responses


def _content(operation: Operation, schemas: _Schemas) -> Json:
    content: Json = {}
    if operation.answer is not None:
        content[JSON] = {"schema": schemas.told(operation.answer)}
    if operation.streams:
        content[EVENT_STREAM] = {"schema": _EVENT | {"description": operation.streams}}
    if operation.file:
        content["*/*"] = {"schema": {"type": "string", "format": "binary"}}
    return content


def _response(status: int, content: Json) -> Json:
    return _tidy({"description": HTTPStatus(status).phrase, "content": content})


def _in_path(path: str, known: Mapping[str, Json]) -> Iterable[Json]:
    for name in _SEGMENT.findall(path):
        told = known[name]
        yield {"name": name, "in": "path", "required": True, **told}


def _in_query(operation: Operation) -> Iterable[Json]:
    if operation.query is None:
        return
    schema = operation.query.model_json_schema(ref_template=_TEMPLATE)
    inner = schema.get("$defs", {})
    for name, member in schema["properties"].items():
        plain = _present(_inlined(member, inner))
        about = plain.pop("description", None)
        plain.pop("title", None)
        required = name in schema.get("required", ())
        yield _tidy({"name": name, "in": "query", "required": required, "description": about, "schema": plain})


def _in_headers(operation: Operation) -> Iterable[Json]:
    for name, about in operation.headers.items():
        yield {"name": name, "in": "header", "description": about, "schema": {"type": "string"}}


def _inlined(schema: Any, definitions: Json) -> Any:
    """The schema with what it refers to in its place: parameters are short, and read better whole."""
    if isinstance(schema, list):
        return [_inlined(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if (ref := schema.get("$ref")) is not None:
        return _inlined(definitions[ref.rpartition("/")[2]], definitions)
    return {name: _inlined(member, definitions) for name, member in schema.items()}


def _present(schema: Json) -> Json:
    """The schema without null, which a query has no way to say: there, a parameter is absent."""
    if schema.get("default", ...) is None:
        del schema["default"]
    kept = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(kept) != 1:
        return schema
    kept_whole: Json = {name: member for name, member in schema.items() if name != "anyOf"} | kept[0]
    return kept_whole


def _tidy(told: Json) -> Json:
    """Without the members that say nothing."""
    return {name: member for name, member in told.items() if member or member is False}
