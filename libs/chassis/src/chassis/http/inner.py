"""Splits a schema at its lists and maps, so that their items can be checked one by one."""

from collections.abc import Iterator
from typing import Any, NamedTuple


class NestedValue(NamedTuple):
    """The schema of each item of the list, or of each value of the map, at `path`.

    `declared` are the names that aren't the map's own; None for a list.
    """

    path: tuple[str, ...]
    schema: dict[str, Any]
    declared: frozenset[str] | None

    def items(self, value: Any) -> Iterator[tuple[str, Any]]:
        """The items in `value`, each with its place or name; none where something else is at the path."""
        for step in self.path:
            value = value.get(step) if isinstance(value, dict) else None
        if self.declared is None:
            yield from (
                (str(n), one) for n, one in enumerate(value if isinstance(value, list) else ())
            )
        elif isinstance(value, dict):
            yield from ((name, one) for name, one in value.items() if name not in self.declared)


def without_inner(
    schema: dict[str, Any], path: tuple[str, ...] = ()
) -> tuple[dict[str, Any], list[NestedValue]]:
    """Returns the schema without the schemas of its items, and those schemas. A schema below `anyOf` and the like stays
    whole."""
    shell, inner = dict(schema), []
    if isinstance(items := shell.pop("items", None), dict):
        inner.append(NestedValue(path, items, None))
    properties = schema.get("properties", {})
    if isinstance(values := schema.get("additionalProperties"), dict):
        shell["additionalProperties"] = True
        inner.append(NestedValue(path, values, frozenset(properties)))
    if properties:
        shell["properties"] = {}
    for name, part in properties.items():
        shell["properties"][name], more = without_inner(part, (*path, name))
        inner += more
    return shell, inner
