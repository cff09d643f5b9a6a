"""The least that a service may answer: a contract's example without what the contract doesn't promise."""

from typing import Any

from chassis.core import contracts


def lean_page(service: str, name: str, **changes: Any) -> dict[str, Any]:
    """Returns the contract's example of a list with its first thing alone, reduced to the fields that the contract
    requires. A field that may be null is null. Then come the changes to the thing, which keep their own fields."""
    components = contracts.openapi(service)["components"]
    page = components["examples"][name]["value"]
    schema = components["schemas"][name]["properties"]["items"]["items"]
    lean = _reduce(components, schema, {**page["items"][0], **changes})
    return {"items": [{**lean, **changes}], "next_cursor": None}


def _reduce(components: dict[str, Any], schema: dict[str, Any], value: Any) -> Any:
    schema = _resolve(components, schema)
    if isinstance(value, list):
        return [_reduce(components, schema.get("items", {}), one) for one in value]
    if not isinstance(value, dict) or "properties" not in schema:
        return value
    required = set(schema.get("required", ()))
    return {
        key: _least_of(components, schema["properties"].get(key, {}), one)
        for key, one in value.items()
        if key in required
    }


def _least_of(components: dict[str, Any], schema: dict[str, Any], value: Any) -> Any:
    whole = _resolve(components, schema)
    # Texts of the example that may be null are null. A thing that may be null stays: what it has in it may be missing.
    if whole.get("nullable") and whole.get("type") != "object":
        return None
    return _reduce(components, schema, value)


def _resolve(components: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Returns the schema with what it refers to laid into it."""
    while "$ref" in schema:
        schema = components["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    whole = dict(schema)
    for part in schema.get("allOf", ()):
        found = _resolve(components, part)
        whole = {
            **found,
            **whole,
            "properties": {**found.get("properties", {}), **whole.get("properties", {})},
        }
        whole["required"] = [*found.get("required", ()), *schema.get("required", ())]
    return whole
