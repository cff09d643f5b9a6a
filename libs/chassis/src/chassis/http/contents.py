"""Reads a body by its media type, JSON or a form, and checks it against the operation's schema."""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from copy import deepcopy
from typing import Any

from chassis.core.refusals import MOST_FAULTS, Fault
from chassis.core.unseen import all_without_unseen, free_texts_of
from chassis.core.uploads import Upload
from chassis.http import forms
from chassis.http.problems import Problem
from chassis.http.schemas import Formats, Schema, kind_words, safe_name

# Returns the domain's faults of a body; fields that the schema refused are missing from it.
Rules = Callable[[dict[str, Any]], Iterable[Fault]]

JSON = "application/json"
MOST_DEPTH = 32
# In the digits of either keyboard, which int() and float() read.
_INTEGER = re.compile(r"-?[0-9٠-٩۰-۹]{1,18}\Z")
_NUMBER = re.compile(r"-?[0-9٠-٩۰-۹]{1,18}([.٫][0-9٠-٩۰-۹]{1,18})?\Z")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_IN_BRACKETS = re.compile(r"(?P<name>[^\[\]]+)\[(?P<key>[^\[\]]+)\]")


def convert(text: str, kind: str | None) -> Any:
    """Returns a text as a value of a JSON type. Raises ValueError."""
    if kind in {"integer", "number"}:
        if not (_INTEGER if kind == "integer" else _NUMBER).match(text):
            raise ValueError(kind)
        return int(text) if kind == "integer" else float(text.replace("٫", "."))
    if kind == "boolean":
        return {"true": True, "false": False}[text] if text in {"true", "false"} else text
    return text


class Content:
    """A body that a schema describes. `rules` check the fields that the schema accepts."""

    def __init__(
        self, definition: Mapping[str, Any], formats: Formats, rules: Rules | None
    ) -> None:
        schema = definition.get("schema", {})
        self._schema = Schema(schema, formats)
        self._free_texts = free_texts_of(schema)
        self._rules = rules

    def read(self, scope: Any, errors: list[Fault], aside: Collection[str] = ()) -> Any:
        """Returns the typed body, None for an empty one; adds what is wrong to `errors`. Raises Problem.

        `aside` are the fields of a form that aren't the operation's.
        """
        raise NotImplementedError

    def _check_and_read(self, value: Any, errors: list[Fault]) -> Any:
        faults = self._schema.faults(value)
        errors.extend(faults)
        if not faults:
            return self._schema.read(value)
        if self._rules and isinstance(value, dict) and len(faults) <= MOST_FAULTS:
            errors.extend(self._apply_rules(value, faults))
        return None

    def _apply_rules(self, value: dict[str, Any], faults: list[Fault]) -> list[Fault]:
        _take_out_faults(value, faults)
        named = {fault.field for fault in faults}
        found = self._rules(value) if self._rules else ()
        return [one for one in found if one.field not in named]


class JsonContent(Content):
    """A body of JSON."""

    def read(self, scope: Any, errors: list[Fault], aside: Collection[str] = ()) -> Any:
        raw = scope["chassis.body"].read()
        if not raw:
            return None
        return self._check_and_read(all_without_unseen(parse_json(raw), self._free_texts), errors)


class FormContent(Content):
    """A form, urlencoded or multipart. Texts become what the schema says; a field of the format `binary` is an Upload.

    An empty field counts as left out. A field may repeat where the schema has an array. `name[key]=value` is a part of
    the object `name`, where the contract's `encoding` gives that field the style `deepObject`.
    """

    def __init__(
        self, definition: Mapping[str, Any], formats: Formats, rules: Rules | None
    ) -> None:
        super().__init__(definition, formats, rules)
        schema = definition.get("schema", {})
        self._properties: dict[str, Any] = schema.get("properties", {})
        self._takes_others = schema.get("additionalProperties", True) is not False
        encoding = definition.get("encoding", {})
        self._deep = {name for name, one in encoding.items() if one.get("style") == "deepObject"}

    def read(self, scope: Any, errors: list[Fault], aside: Collection[str] = ()) -> Any:
        sent = [
            (name, value)
            for name, value in map(self._without_unseen, forms.fields(scope))
            if name not in aside and not _is_empty(value)
        ]
        if not sent:
            return None
        found: dict[str, Any] = {}
        faults: list[Fault] = []
        for name, value in sent:
            self._add_field(found, name, value, faults)
        files = _take_files(found)
        more: list[Fault] = []
        body = self._check_and_read(found, more)
        named = {fault.field for fault in faults}
        errors.extend([*faults, *(one for one in more if one.field not in named)])
        return None if body is None else {**body, **files}

    def _add_field(
        self, found: dict[str, Any], name: str, value: str | Upload, faults: list[Fault]
    ) -> None:
        """Adds one field to `found`, or its fault to `faults`."""
        field, key = self._steps(name)
        schema = self._properties.get(field)
        if schema is None:
            if not self._takes_others:
                faults.append(Fault(safe_name(name), "unknown"))
            return
        into, step, path = found, field, field
        if key is not None:
            into, step, path = found.setdefault(field, {}), key, f"{field}.{safe_name(key)}"
            schema = _schema_of_key(schema, key)
        is_list = schema.get("type") == "array"
        if not isinstance(into, dict) or (step in into and not is_list):
            faults.append(Fault(path, "duplicated"))
            return
        try:
            read = _convert_field(value, schema["items"] if is_list else schema)
        except _NotOfKind as error:
            faults.append(Fault(path, "type", {"kind": kind_words(error.kind)}))
            return
        if isinstance(read, str) and "\x00" in read:
            faults.append(Fault(path, "format"))
        if is_list:
            into.setdefault(step, []).append(read)
        else:
            into[step] = read

    def _without_unseen(self, field: tuple[str, str | Upload]) -> tuple[str, str | Upload]:
        name, value = field
        if isinstance(value, Upload) or "\x00" in value:  # PostgreSQL stores no NUL: it's refused
            return name, value
        [plain] = all_without_unseen({name: value}, self._free_texts).values()
        return name, plain

    def _steps(self, name: str) -> tuple[str, str | None]:
        inside = _IN_BRACKETS.fullmatch(name)
        if inside and inside["name"] in self._deep:
            return inside["name"], inside["key"]
        return name, None


class _NotOfKind(ValueError):
    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def _schema_of_key(schema: dict[str, Any], key: str) -> dict[str, Any]:
    declared = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
    return declared if isinstance(declared, dict) else {"type": "string"}


def _convert_field(value: str | Upload, schema: dict[str, Any]) -> Any:
    """Returns the value of one field. Raises _NotOfKind."""
    kind = "file" if schema.get("format") == "binary" else str(schema.get("type", "string"))
    if (kind == "file") != isinstance(value, Upload) or kind == "object":
        raise _NotOfKind(kind)
    if isinstance(value, Upload):
        return value
    try:
        return convert(value, kind)
    except ValueError:
        raise _NotOfKind(kind) from None


def _is_empty(value: str | Upload) -> bool:
    """Browsers send a field without a file as a file without a name."""
    return not (value.name or value.content) if isinstance(value, Upload) else not value


def _take_files(found: dict[str, Any]) -> dict[str, Any]:
    """Returns the fields with files; in `found` an empty text stands for each file, for a schema knows texts only."""
    files: dict[str, Any] = {}
    for name, value in found.items():
        if isinstance(value, Upload):
            files[name], found[name] = value, ""
        elif isinstance(value, list) and any(isinstance(one, Upload) for one in value):
            files[name], found[name] = value, [""] * len(value)
    return files


def contents(operation: Any, formats: Formats, rules: Rules | None) -> dict[str, Content]:
    """Media type → how the operation's body is read; not for a form that the operation reads itself (`x-own-form`)."""
    kinds: dict[str, type[Content]] = {JSON: JsonContent}
    if not operation._operation.get("x-own-form"):
        kinds |= dict.fromkeys(forms.MEDIA_TYPES, FormContent)
    return {
        name.lower(): kinds[name.lower()](definition, formats, rules)
        for name, definition in operation.request_body.get("content", {}).items()
        if name.lower() in kinds
    }


def accepted_fields(scope: Any, faults: Collection[Fault]) -> dict[str, Any] | None:
    """Returns a body of JSON without its fields at fault, None for another body."""
    raw = scope["chassis.body"].read()
    if not raw or forms.media_type(scope)[0] != "application/json":
        return None
    try:
        value = all_without_unseen(parse_json(raw), None)
    except Problem:
        return None
    return without_faults(value, faults)


def without_faults(value: Any, faults: Collection[Fault]) -> dict[str, Any] | None:
    """Returns a copy of an object without its fields at fault; None for another value, or with too many faults."""
    if not isinstance(value, dict) or len(faults) > MOST_FAULTS:
        return None
    accepted = deepcopy(value)
    _take_out_faults(accepted, faults)
    return accepted


def _take_out_faults(value: dict[str, Any], faults: Collection[Fault]) -> None:
    """Deletes the fields at fault."""
    for fault in faults:
        if fault.code == "unknown":
            _take_out_unknown(value, fault.field)
        else:
            _take_out(value, fault.field.split("."))


def _take_out_unknown(node: Any, name: str) -> None:
    """Deletes an unknown field. Its own name is the caller's: a dot in it parts no steps."""
    while not (isinstance(node, dict) and name in node):
        step, dot, name = name.partition(".")
        if not dot:
            return
        node = _descend(node, step)
    del node[name]


def _take_out(node: Any, path: list[str]) -> None:
    """Deletes a field; an item of a list becomes None, so that the others keep their places."""
    for step in path[:-1]:
        node = _descend(node, step)
    name = path[-1]
    if isinstance(node, dict):
        node.pop(name, None)
    elif isinstance(node, list) and _is_index(node, name):
        node[int(name)] = None


def _descend(node: Any, step: str) -> Any:
    if isinstance(node, dict):
        return node.get(step)
    return node[int(step)] if isinstance(node, list) and _is_index(node, step) else None


def _is_index(node: list[Any], step: str) -> bool:
    return step.isascii() and step.isdigit() and int(step) < len(node)


def parse_json(raw: bytes) -> Any:
    """Strict JSON: UTF-8, no duplicate names, no NaN, nothing that PostgreSQL can't store, not nested without end.

    A whole number is an int however it's written: 7.0 and 7e0 are 7. Raises Problem.
    """
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_reject_duplicates,
            parse_constant=_reject_constant,
            parse_float=_to_number,
        )
        if _is_deeper(value, MOST_DEPTH):
            raise RecursionError
        if b"\x00" in raw or b"\\u0000" in raw:
            raise ValueError("NUL")
        if _SURROGATE.search(raw):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise Problem("malformed-body", code="too-deep", params={"limit": MOST_DEPTH}) from None
    except ValueError:
        raise Problem("malformed-body") from None
    return value


def _is_deeper(value: Any, most: int) -> bool:
    """Returns whether lists and objects lie more than `most` deep in each other."""
    level = [value]
    for _ in range(most + 1):
        level = [
            inner
            for one in level
            if isinstance(one, (dict, list))
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True


def _reject_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        ((repeated, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise Problem("invalid-request", errors=[Fault(safe_name(repeated), "duplicated")])
    return found


def _reject_constant(name: str) -> Any:
    raise ValueError(name)


def _to_number(text: str) -> int | float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return int(number) if number.is_integer() else number
