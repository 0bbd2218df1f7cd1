"""A TypeScript client of a service, generated from its OpenAPI document: fields and operators are typed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from pyrsql.adapters.fastapi.signature import EXTENSION
from pyrsql.operators import ANY

Document = Mapping[str, Any]
"""An OpenAPI document, or a part of one."""

_VALUES = {
    "boolean": "boolean",
    "integer": "number | bigint",
    "number": "number | bigint",
    "decimal": "number | bigint | string",
    "relation": "never",
    "binary": "never",
}
"""The TypeScript types of values; any other type is written as text."""

_PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def typescript_client(document: Document) -> str:
    """One TypeScript file without dependencies, for every list of a service that pyrsql filters.

        import { flights, and, desc } from "./client.ts";

        const f = flights.fields;
        for await (const page of flights.pages("https://example.org", {
          filter: and(f["airline.code"].is("==", "UA"), f.distance.is(">=", 1000)),
          sort: [desc("distance")],
        })) console.log(page.items);

    Args:
        document: the OpenAPI document, `app.openapi()`.
    """
    runtime = files("pyrsql.adapters.fastapi").joinpath("client.ts").read_text(encoding="utf-8")
    components = document.get("components", {}).get("schemas", {})
    types = [f"export type {_name(name)} = {_type(schema)};" for name, schema in components.items()]
    lists = list(_lists(document))
    return "\n".join(
        [runtime, "// --- the types of the service ---", "", *types, "", "// --- its lists ---", *lists, ""]
    )


def _lists(document: Document) -> Iterator[str]:
    taken: set[str] = set()
    for path, operations in document.get("paths", {}).items():
        operation = operations.get("get", {})
        parameters = {
            parameter["schema"][EXTENSION]["role"]: parameter
            for parameter in operation.get("parameters", ())
            if EXTENSION in parameter.get("schema", {})
        }
        if "filter" in parameters and "{" not in path:
            yield _list(path, operation, parameters, taken)


def _list(path: str, operation: Document, parameters: Mapping[str, Document], taken: set[str]) -> str:
    base = "".join(_capital(word) if place else word for place, word in enumerate(re.findall(r"[A-Za-z0-9]+", path)))
    name = next(one for one in _numbered(_name(base or "root")) if one not in taken)
    taken.add(name)
    extension = parameters["filter"]["schema"][EXTENSION]
    lists = extension.get("operators", ())
    fields = [{**field, "operators": lists[field["operators"]]} for field in extension.get("fields", ())]
    sorts = parameters.get("sort", {}).get("schema", {}).get(EXTENSION, {})
    sortable = " | ".join(_keys(sorts)) or "never"
    names = {role: parameter["name"] for role, parameter in parameters.items()}
    lines = [f"  {json.dumps(field['name'])}: {_field(field, fields)}," for field in fields]
    answer = operation.get("responses", {}).get("200", {}).get("content", {}).get("application/json", {})
    type_ = _type(answer.get("schema", {}))
    return "\n".join(
        [
            f"\n/** {_comment(operation.get('summary', path))} */",
            f"export const {name} = list<{type_}>()({json.dumps(path)}, {json.dumps(names)}, {{",
            *lines,
            f"}}, {{}} as Sortable<{sortable}>);",
        ]
    )


def _keys(sorts: Document) -> Iterator[str]:
    """The types of the keys that a sort takes: fields, and counts of related rows, all of them or those that pass."""
    yield from (json.dumps(field["name"]) for field in sorts.get("fields", ()))
    for relation in sorts.get("counts", ()):
        yield json.dumps(f"@count[{relation}]")
        yield f"`@count[{relation}|#${{string}}]`"


def _field(field: Document, among: Sequence[Document], prefix: str = "") -> str:
    """A field of a list; of a relation that takes quantifiers also the fields of its rows.

    Args:
        field: the field.
        among: all fields of the list, those of related rows included.
        prefix: the relation whose rows it is a field of, with a dot behind it.
    """
    operators = " | ".join(json.dumps(operator) for operator in field.get("operators", ()))
    name = json.dumps(field["name"].removeprefix(prefix))
    if ANY.spelling not in field.get("operators", ()):
        return f"new Field<{operators or 'never'}, {_value(field)}>({name})"
    inside = f"{field['name']}."
    related = [one for one in among if one["name"].startswith(inside)]
    rows = ", ".join(f"{json.dumps(one['name'].removeprefix(inside))}: {_field(one, among, inside)}" for one in related)
    return f"relation<{operators}>()({name}, {{ {rows} }})"


def _value(field: Document) -> str:
    if "values" in field:
        return " | ".join(json.dumps(value) for value in field["values"])
    if field.get("type") == "array":
        return _value(field["items"])
    return _VALUES.get(str(field.get("type")), "string")


def _type(schema: Document) -> str:
    """A JSON schema as a TypeScript type."""
    match schema:
        case {"$ref": str(reference)}:
            return _name(reference.rsplit("/", 1)[-1])
        case {"anyOf": [*parts]} | {"oneOf": [*parts]}:
            return " | ".join(dict.fromkeys(_type(part) for part in parts))
        case {"enum": [*values]}:
            return " | ".join(json.dumps(value) for value in values)
        case {"const": value}:
            return json.dumps(value)
        case {"type": "array", "items": items}:
            return f"Array<{_type(items)}>"
        case {"type": "object", "properties": properties}:
            required = schema.get("required", ())
            members = (
                f"{json.dumps(name)}{'' if name in required else '?'}: {_type(part)}"
                for name, part in properties.items()
            )
            return f"{{ {'; '.join(members)} }}"
        case {"type": "object"} if isinstance(schema.get("additionalProperties"), dict):
            return f"Record<string, {_type(schema['additionalProperties'])}>"
        case {"type": "integer", "format": "int64"}:
            return "number | bigint"
        case {"type": str(plain)}:
            return _PLAIN.get(plain, "unknown")
        case _:
            return "unknown"


def _name(text: str) -> str:
    """An identifier of TypeScript."""
    plain = re.sub(r"[^A-Za-z0-9_]", "_", text)
    return f"_{plain}" if plain[:1].isdigit() or plain in _RESERVED else plain


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}{place}" for place in range(2, 10_000))


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def _comment(text: str) -> str:
    return text.replace("*/", "* /").replace("\n", " ")


_RESERVED = frozenset(
    """
    break case catch class const continue debugger default delete do else enum export extends false finally for
    function if import in instanceof new null return super switch this throw true try typeof var void while with yield
    let static await and or asc desc list quoted Field Condition Key Sortable SortOptions Request RequestFailed Value
    """.split()  # noqa: SIM905 - sixty strings would fill a page
)
"""The names that TypeScript or the client itself has."""
