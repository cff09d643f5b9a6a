"""Compiles a contract's schema once at start-up, names what is wrong with a value, and converts a valid value."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import jsonschema_rs

from chassis.core.refusals import MOST_FAULTS, Fault
from chassis.http.inner import without_inner
from chassis.http.texts import isolate

# A format of texts → the function that reads such a text: it answers the value, or raises ValueError, whose `code`, if
# it has any, is the code of the field's error.
Formats = Mapping[str, Callable[[str], Any]]

CODES = {
    "minimum": "minimum", "exclusiveMinimum": "minimum", "maximum": "maximum", "exclusiveMaximum": "maximum",
    "minLength": "too-short", "maxLength": "too-long", "minItems": "too-few", "maxItems": "too-many",
    "uniqueItems": "not-unique", "pattern": "pattern", "enum": "enum", "type": "type", "format": "format",
    "minProperties": "too-few-fields", "maxProperties": "too-many-fields",
}  # fmt: skip
_TOO_MANY = ("too-many", "too-many-fields")
# The first of these is reported when a field has several faults; the others follow from it, or say less.
_TELLING = ("required", "duplicated", "type", "enum", "too-short", "too-long", "pattern")
_EXAMPLES = {
    "date": "2026-11-24",
    "date-time": "2026-11-24T08:30:00Z",
    "uuid": "01937c5e-8f00-7a11-8c2e-000000001312",
}
_FIELD_NAME = re.compile(r"(?!.*[0-9]{4})[A-Za-z][A-Za-z0-9_.-]{0,39}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})\Z"
)


def compile_schema(schema: dict[str, Any], formats: Formats | None = None) -> Any:
    """Returns a validator for an OpenAPI 3.0 schema. `nullable` becomes a type; formats are checked."""
    return _compile(fold_nullable(schema), formats)


def _compile(schema: dict[str, Any], formats: Formats | None) -> Any:
    checks = {name: _check(read) for name, read in (formats or {}).items()}
    return jsonschema_rs.Draft202012Validator(
        _to_json_schema(schema),
        validate_formats=True,
        formats={"date": _check(read_date), "date-time": _is_moment, **checks},
    )


def _check(read: Callable[[str], Any]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        try:
            read(text)
        except (ValueError, OverflowError):
            return False
        return True

    return check


class NotADate(ValueError):
    """The text isn't a day of the format `date`."""

    code = "date"


def read_date(text: str) -> date:
    """RFC 3339's full-date as far as Python and PostgreSQL count: there's no year 0. Raises NotADate."""
    with suppress(ValueError):
        if _DAY.match(text):
            return date.fromisoformat(text)
    raise NotADate(text)


def _is_moment(text: str) -> bool:
    """RFC 3339's date-time; not the year 0, no leap second, and within the calendar in UTC as well."""
    try:
        return _MOMENT.match(text) is not None and bool(
            datetime.fromisoformat(text.upper()).astimezone(UTC)
        )
    except (ValueError, OverflowError):
        return False


def fold_nullable(node: Any) -> Any:
    """Returns the schema with `{nullable: true, allOf: [one]}` as one nullable schema.

    A contract says so where a shared schema may be null: generators of clients lose a shared schema that is nullable
    itself. Folded, a fault names the field inside.
    """
    if isinstance(node, list):
        return [fold_nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    folded = {key: fold_nullable(value) for key, value in node.items()}
    if folded.get("nullable") is True and len(folded.get("allOf", ())) == 1:
        (shared,) = folded.pop("allOf")
        return {**shared, **folded}
    return folded


def _to_json_schema(node: Any) -> Any:
    if isinstance(node, list):
        return [_to_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("nullable") is True and "$ref" in node:  # only tests keep references
        return {"anyOf": [{"$ref": node["$ref"]}, {"type": "null"}]}
    plain = {
        key: _to_json_schema(value)
        for key, value in node.items()
        if key not in {"example", "nullable"}
    }
    if node.get("nullable") is True and isinstance(plain.get("type"), str):
        plain["type"] = [plain["type"], "null"]
        if "enum" in plain and None not in plain["enum"]:
            plain["enum"] = [*plain["enum"], None]
    return plain


class Schema:
    """One schema without references. `example` shows the form where the schema of the value has no example."""

    def __init__(
        self, schema: dict[str, Any], formats: Formats | None = None, *, example: Any = None
    ) -> None:
        self._schema = schema = fold_nullable(schema)
        self._formats: Formats = {"date": read_date, **(formats or {})}
        self._example = example
        self._whole = _compile(schema, formats)
        shell, inner = without_inner(schema)
        self._shell = _compile(shell, formats) if inner else self._whole
        self._inner = [(one, Schema(one.schema, formats, example=example)) for one in inner]
        self._read = _reader(schema, formats or {})

    def faults(self, value: Any, prefix: str = "") -> list[Fault]:
        """Returns one Fault for each wrong field of `value`. A fault never quotes a value.

        Returns at most MOST_FAULTS + 1 faults, so that a caller can't make the answer long or slow.
        """
        if self._whole.is_valid(value):
            return []
        found = _one_for_each_field(self._find_faults(value, [prefix] if prefix else []))
        return found[: MOST_FAULTS + 1] or [Fault(prefix or "body", "invalid")]

    def read(self, value: Any) -> Any:
        """Converts a valid value: a text with one of the service's formats becomes what the format reads."""
        return self._read(value) if self._read else value

    def _find_faults(self, value: Any, path: list[str]) -> list[Fault]:
        """Returns the faults of the value itself, then those of the items in it, one item after the other up to the
        limit.

        The validator makes an object of every error before it shows the first: it never gets a list to walk.
        """
        found = [
            error
            for fault in self._shell.iter_errors(value)
            for error in self._faults_of_error(fault, path)
        ]
        too_many = {error.field for error in found if error.code in _TOO_MANY}
        for inner, schema in self._inner:
            at = [*path, *inner.path]
            if (".".join(at) or "body") in too_many:
                continue
            for step, item in inner.items(value):
                if len(found) > MOST_FAULTS:
                    return found
                if not schema._whole.is_valid(item):
                    found += schema._find_faults(item, [*at, step])
        return found

    def _faults_of_error(self, fault: Any, before: list[str]) -> list[Fault]:
        path = [*before, *(str(step) for step in fault.instance_path)]
        keyword = str(fault.schema_path[-1]) if fault.schema_path else "invalid"
        if keyword == "required":
            return [Fault(".".join([*path, fault.kind.property]), "required")]
        if keyword == "additionalProperties":
            return [
                Fault(".".join([*path, safe_name(name)]), "unknown")
                for name in fault.kind.unexpected[: MOST_FAULTS + 1]
            ]
        if fault.instance == "" and self._is_required(fault):
            return [Fault(".".join(path), "required")]
        code = self._format_code(fault) if keyword == "format" else CODES.get(keyword, "invalid")
        return [Fault(".".join(path) or "body", code, self._params(fault, keyword))]

    def _is_required(self, fault: Any) -> bool:
        """Returns whether the value is a field that an object has to have: left empty it's missing, and neither too
        short nor of a wrong form."""
        path: list[Any] = list(fault.schema_path)[:-1]
        if path[-2:-1] != ["properties"]:
            return False
        return path[-1] in self._declaration_at(path[:-2]).get("required", ())

    def _format_code(self, fault: Any) -> str:
        return str(getattr(self._refusal(fault), "code", "format"))

    def _refusal(self, fault: Any) -> Exception | None:
        """Returns the error of the function that reads the format."""
        try:
            if read := self._formats.get(fault.kind.format):
                read(fault.instance)
        except (ValueError, OverflowError) as error:
            return error
        return None

    def _params(self, fault: Any, keyword: str) -> dict[str, Any]:
        """Returns what the text of the error can name: the limit, the values allowed, an example of the form."""
        declared = self._declaration_at(fault.schema_path[:-1])
        if keyword == "type":
            return {"kind": kind_words(declared.get("type"))}
        if keyword == "enum":
            return {"allowed": _allowed_values(declared)}
        if keyword in {"pattern", "format"}:
            known = _EXAMPLES.get(declared.get("format", ""))
            example = {"example": declared.get("example") or self._example or known}
            refusal = self._refusal(fault) if keyword == "format" else None
            return {**example, **getattr(refusal, "params", {})}
        limit = declared.get(keyword)
        return {} if isinstance(limit, (bool, list, dict)) else {"limit": limit}

    def _declaration_at(self, path: Sequence[Any]) -> dict[str, Any]:
        node: Any = self._schema
        for step in path:
            node = node[int(step)] if isinstance(node, list) else node.get(step, {})
        return node if isinstance(node, dict) else {}


def _allowed_values(declared: Mapping[str, Any]) -> list[Any]:
    """Returns the values of an enum; each with its title before it where the contract has one (`x-titles`)."""
    titles = declared.get("x-titles", {})
    return [
        {"ar": f"{titles[one]['ar']} ({isolate(one)})", "en": f"{titles[one]['en']} ({one})"}
        if one in titles
        else one
        for one in declared.get("enum", ())
        if one is not None
    ]


def _one_for_each_field(errors: Iterable[Fault]) -> list[Fault]:
    """Returns the most telling error of each field; one of the whole body only when no field is named."""
    found: dict[str, Fault] = {}
    for error in errors:
        other = found.get(error.field)
        if other is None or _rank(error) < _rank(other):
            found[error.field] = error
    if len(found) > 1:
        found.pop("body", None)
    return list(found.values())


def _rank(error: Fault) -> int:
    if error.code == "unknown":  # such a name with dots may look like the path of a declared field
        return len(_TELLING)
    return _TELLING.index(error.code) if error.code in _TELLING else 3


def safe_name(name: str) -> str:
    """Returns the name of an undeclared field, if it looks like a name: a value sent in its place isn't repeated."""
    return name if _FIELD_NAME.fullmatch(name) else "…"


_KINDS = {
    "string": {"ar": "نص", "en": "a text"},
    "integer": {"ar": "عدد صحيح", "en": "a whole number"},
    "number": {"ar": "عدد", "en": "a number"},
    "boolean": {"ar": "true أو false", "en": "true or false"},
    "array": {"ar": "قائمة", "en": "a list"},
    "object": {"ar": "كائن", "en": "an object"},
    "file": {"ar": "ملف", "en": "a file"},
}


def kind_words(kind: str | None) -> dict[str, str] | None:
    """Returns what to call a type of JSON, or a file, in Arabic and English."""
    return _KINDS.get(kind or "")


def _reader(schema: Any, formats: Formats) -> Callable[[Any], Any] | None:
    """Returns the function that reads a valid value, or None where nothing in it has a format of the service."""
    if not isinstance(schema, dict):
        return None
    if read := formats.get(schema.get("format", "")):
        return lambda value: read(value) if isinstance(value, str) else value
    if item := _reader(schema.get("items"), formats):
        return lambda value: [item(one) for one in value] if isinstance(value, list) else value
    parts = {
        name: reader
        for name, part in schema.get("properties", {}).items()
        if (reader := _reader(part, formats))
    }
    if not parts:
        return None

    def read_object(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: parts[name](one) if name in parts else one for name, one in value.items()}

    return read_object
