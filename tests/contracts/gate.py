"""What a change of the contracts would break for services and partners that use them already.

jsoncompat compares the schemas: `serializer` asks whether all new output is valid by the old schema (events, answers),
`deserializer` whether all old input is still taken (requests). It's blind to `format`, `pattern` and to what stands
beside a $ref; `reading.schema` merges the latter, `unseen` looks at the former.
"""

import json
from typing import Any, Literal

from jsoncompat import check_compat

from .reading import Operation, Tree, event_place, event_types, open_ref, operations, schema

Role = Literal["serializer", "deserializer"]
GIVES: Role = "serializer"
TAKES: Role = "deserializer"
_TOPIC_FACTS = ("owner", "key", "cleanup_policy")


def breaks(old: Tree, new: Tree) -> list[str]:
    """Every breaking change from `old` to `new`, a sentence each. Empty when no consumer has to change."""
    return [*_events(old, new), *_topics(old, new), *_operations(old, new)]


def _events(old: Tree, new: Tree) -> list[str]:
    found = []
    for kind in event_types(old):
        file, before = event_place(old, kind)
        try:
            new_file, after = event_place(new, kind)
        except KeyError:
            found.append(f"{kind} has no schema any more: a new version is a new event type.")
            continue
        found += _narrower(old, file, before, new, new_file, after, GIVES, kind)
    return found


def _topics(old: Tree, new: Tree) -> list[str]:
    found = []
    for name in (name for name in old if name.startswith("topics/")):
        if name not in new:
            found.append(f"{name} was removed.")
            continue
        for fact in _TOPIC_FACTS:
            if old[name].get(fact) != new[name].get(fact):
                found.append(f"{name}: `{fact}` changed.")
        gone = set(old[name]["event_types"]) - set(new[name]["event_types"])
        found += [f"{name}: {event_type} is published no more." for event_type in sorted(gone)]
    return found


def _operations(old: Tree, new: Tree) -> list[str]:
    now = {(item.file, item.path, item.method): item for item in operations(new)}
    found = []
    for before in operations(old):
        after = now.get((before.file, before.path, before.method))
        if after is None:
            found.append(f"{before.place} was removed.")
            continue
        if before.name != after.name:
            found.append(f"{before.place}: the operationId changed.")
        for held in before.alternatives or [set()]:
            if after.alternatives and all(needed - held for needed in after.alternatives):
                found.append(f"{before.place} needs more scopes than {sorted(held)}.")
        if before.declared.get("x-lenient-query") and not after.declared.get("x-lenient-query"):
            found.append(f"{before.place} refuses unknown parameters now.")
        found += _parameters(old, before, new, after)
        found += _request(old, before, new, after)
        found += _responses(old, before, new, after)
    return found


def parameters(contracts: Tree, operation: Operation) -> dict[tuple[str, str], tuple[str, Any]]:
    """(in, name) → (file, parameter); an operation's own parameter comes before its path's."""
    listed = [*operation.shared_parameters, *operation.declared.get("parameters", ())]
    opened = [open_ref(contracts, operation.file, item) for item in listed]
    return {(item["in"], item["name"]): (file, item) for file, item in opened}


def _parameters(old: Tree, before: Operation, new: Tree, after: Operation) -> list[str]:
    was, now = parameters(old, before), parameters(new, after)
    found = []
    for key, (_, declared) in now.items():
        required_before = was[key][1].get("required", False) if key in was else False
        if declared.get("required", False) and not required_before:
            found.append(f"{before.place}: the parameter {key[1]} is required now.")
    for key, (file, declared) in was.items():
        if key not in now:
            found.append(f"{before.place}: the parameter {key[1]} was removed.")
            continue
        place = f"{before.place}, parameter {key[1]}"
        found += _narrower(
            old, file, declared["schema"], new, now[key][0], now[key][1]["schema"], TAKES, place
        )
    return found


def _request(old: Tree, before: Operation, new: Tree, after: Operation) -> list[str]:
    file, body = open_ref(old, before.file, before.declared.get("requestBody", {}))
    new_file, new_body = open_ref(new, after.file, after.declared.get("requestBody", {}))
    found = []
    if new_body.get("required", False) and not body.get("required", False):
        found.append(f"{before.place}: a body is required now.")
    return found + _contents(old, file, body, new, new_file, new_body, TAKES, before.place)


def _responses(old: Tree, before: Operation, new: Tree, after: Operation) -> list[str]:
    found = []
    for status, declared in before.declared["responses"].items():
        if str(status)[0] not in "23":
            continue
        place = f"{before.place}, answer {status}"
        if status not in after.declared["responses"]:
            found.append(f"{place} was removed.")
            continue
        file, answer = open_ref(old, before.file, declared)
        new_file, new_answer = open_ref(new, after.file, after.declared["responses"][status])
        gone = set(answer.get("headers", {})) - set(new_answer.get("headers", {}))
        found += [f"{place}: the header {name} was removed." for name in sorted(gone)]
        found += _contents(old, file, answer, new, new_file, new_answer, GIVES, place)
    return found


def _contents(
    old: Tree, file: str, part: Any, new: Tree, new_file: str, new_part: Any, role: Role, place: str
) -> list[str]:
    found = []
    for media_type, content in part.get("content", {}).items():
        changed = new_part.get("content", {}).get(media_type)
        if changed is None:
            found.append(f"{place}: {media_type} was removed.")
            continue
        before, after = content.get("schema", {}), changed.get("schema", {})
        found += _narrower(old, file, before, new, new_file, after, role, place)
    return found


def _narrower(
    old: Tree, file: str, before: Any, new: Tree, new_file: str, after: Any, role: Role, place: str
) -> list[str]:
    was, now = schema(old, file, before), schema(new, new_file, after)
    if was == now:
        return []
    found = unseen(was, now, role, place)
    compared = without_added_optional(was, now) if role == TAKES else now
    if not check_compat(json.dumps(was), json.dumps(compared), role=role):
        who = "old input is refused" if role == TAKES else "new output breaks the old schema"
        found.append(f"{place}: {who}.")
    return found


def without_added_optional(old: Any, new: Any) -> Any:
    """WAIVER, the only one: `new` without the optional properties that it adds to a request.

    In theory an open object could have carried such a name with another type before. Ours are closed or ignored what
    they didn't know, so nobody sent it; adding an optional field to a request has to stay possible.
    """
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    result = dict(new)
    if "properties" in new:
        known, needed = old.get("properties", {}), new.get("required", [])
        result["properties"] = {
            name: without_added_optional(known.get(name, part), part)
            for name, part in new["properties"].items()
            if name in known or name in needed
        }
    if "items" in new and "items" in old:
        result["items"] = without_added_optional(old["items"], new["items"])
    return result


def unseen(old: Any, new: Any, role: Role, place: str) -> list[str]:
    """The breaks that jsoncompat 0.3.1 doesn't see: format, pattern, and a field that a request takes no more."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return []
    found = []
    for word in ("format", "pattern"):
        promise = old.get(word) if role == GIVES else new.get(word)
        if promise is not None and old.get(word) != new.get(word):
            found.append(f"{place}: `{word}` changed from {old.get(word)} to {new.get(word)}.")
    fields, new_fields = old.get("properties", {}), new.get("properties", {})
    for name, part in fields.items():
        if name in new_fields:
            found += unseen(part, new_fields[name], role, f"{place}/{name}")
        elif role == TAKES:
            found.append(f"{place}/{name} is taken no more.")
    for word in ("items", "additionalProperties"):
        found += unseen(old.get(word), new.get(word), role, f"{place}/{word}")
    return found
