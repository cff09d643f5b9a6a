"""Checks a request against its operation, once compiled at start-up, and hands on typed arguments.

Takes the place of Connexion's own step, which checks no dates, accepts a parameter twice, names no field, and compiles
its validators anew for each request.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs
from connexion.exceptions import UnsupportedMediaTypeProblem
from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware

from chassis.problems import FieldError, Problem

CODES = {
    "minimum": "minimum", "exclusiveMinimum": "minimum", "maximum": "maximum", "exclusiveMaximum": "maximum",
    "minLength": "too-short", "maxLength": "too-long", "minItems": "too-few", "maxItems": "too-many",
    "uniqueItems": "not-unique", "pattern": "pattern", "enum": "enum", "type": "type", "format": "format",
}  # fmt: skip
_FIELD_NAME = re.compile(r"(?!.*[0-9]{4})[A-Za-z][A-Za-z0-9_.-]{0,39}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})\Z"
)
_INTEGER = re.compile(r"-?[0-9]{1,18}\Z")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def compile_schema(schema: dict[str, Any]) -> Any:
    """A validator for an OpenAPI 3.0 schema. `nullable` becomes a type; formats are checked."""
    return jsonschema_rs.Draft202012Validator(
        _plain(schema), validate_formats=True, formats={"date": _is_day, "date-time": _is_moment}
    )


def _is_day(text: str) -> bool:
    """RFC 3339's full-date as far as Python and PostgreSQL count: there's no year 0."""
    try:
        return _DAY.match(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _is_moment(text: str) -> bool:
    """RFC 3339's date-time; not the year 0, no leap second, and within the calendar in UTC as well."""
    try:
        return _MOMENT.match(text) is not None and bool(
            datetime.fromisoformat(text.upper()).astimezone(UTC)
        )
    except (ValueError, OverflowError):
        return False


def _plain(node: Any) -> Any:
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {
        key: _plain(value) for key, value in node.items() if key not in {"example", "nullable"}
    }
    if node.get("nullable") is True and isinstance(plain.get("type"), str):
        plain["type"] = [plain["type"], "null"]
        if "enum" in plain and None not in plain["enum"]:
            plain["enum"] = [*plain["enum"], None]
    return plain


def field_errors(validator: Any, value: Any, prefix: str = "") -> list[FieldError]:
    """What is wrong with `value`, a FieldError for each field at fault; values are never quoted."""
    return [error for fault in validator.iter_errors(value) for error in _faults(fault, prefix)]


def _faults(fault: Any, prefix: str) -> list[FieldError]:
    path = (
        [prefix, *(str(step) for step in fault.instance_path)]
        if prefix
        else [str(s) for s in fault.instance_path]
    )
    keyword = str(fault.schema_path[-1]) if fault.schema_path else "invalid"
    if keyword == "required":
        return [FieldError(".".join([*path, fault.kind.property]), "required")]
    if keyword == "additionalProperties":
        return [
            FieldError(".".join([*path, told(name)]), "unknown") for name in fault.kind.unexpected
        ]
    code = CODES.get(keyword, "invalid")
    if keyword == "format" and fault.kind.format == "date":
        code = "date"
    return [FieldError(".".join(path) or "body", code)]


def told(name: str) -> str:
    """The name of a field that nobody declared, where it looks like one: a value in its place isn't repeated."""
    return name if _FIELD_NAME.fullmatch(name) else "…"


class Parameter:
    """One declared parameter: reads text, answers a typed value."""

    def __init__(self, declared: dict[str, Any]) -> None:
        self.name: str = declared["name"]
        self.place: str = declared["in"]
        self.required: bool = declared.get("required", False)
        self.schema: dict[str, Any] = declared["schema"]
        self.argument = self.name.replace("-", "_").lower()
        self._validator = compile_schema(self.schema)

    def read(self, text: str | None, errors: list[FieldError]) -> Any:
        """The value, or the default; adds what is wrong to `errors`."""
        if text is None:
            if self.required:
                errors.append(FieldError(self.name, "required"))
            return self.schema.get("default")
        try:
            value = self._convert(text)
        except ValueError:
            errors.append(FieldError(self.name, "type"))
            return None
        faults = field_errors(self._validator, value, self.name)
        if "\x00" in text:
            faults = [FieldError(self.name, "format")]
        errors.extend(faults)
        if faults or self.schema.get("format") != "date":
            return value
        return date.fromisoformat(value)

    def _convert(self, text: str) -> Any:
        kind = self.schema.get("type")
        if kind == "integer":
            if not _INTEGER.match(text):
                raise ValueError(kind)
            return int(text)
        if kind == "boolean":
            return {"true": True, "false": False}[text] if text in {"true", "false"} else text
        return float(text) if kind == "number" else text


class Body:
    """The JSON body of an operation."""

    def __init__(self, operation: Any) -> None:
        self.required = bool(operation.request_body.get("required", False))
        self._validator = compile_schema(operation.body_schema("application/json"))

    def read(self, raw: bytes) -> Any:
        """The parsed body. Raises Problem `malformed-body` or `invalid-request`."""
        if not raw:
            if self.required:
                raise Problem("invalid-request", errors=[FieldError("body", "required")])
            return None
        value = parse_json(raw)
        if errors := field_errors(self._validator, value):
            raise Problem("invalid-request", errors=errors)
        return value


def parse_json(raw: bytes) -> Any:
    """Strict JSON: UTF-8, no duplicate names, no NaN, nothing that PostgreSQL can't store. Raises Problem."""
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
        if b"\x00" in raw or b"\\u0000" in raw:
            raise ValueError("NUL")
        if _SURROGATE.search(raw):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise Problem("malformed-body") from None
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise Problem("invalid-request", errors=[FieldError(told(repeated), "duplicated")])
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return number


_SOURCES: dict[str, Callable[[Any], dict[str, str]]] = {
    "path": lambda scope: {key: str(value) for key, value in scope.get("path_params", {}).items()},
    "header": lambda scope: {
        key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]
    },
}


class ValidatedOperation:
    """An operation whose requests are checked. Arguments land in the scope's extension `arguments`."""

    def __init__(self, next_app: Any, operation: Any) -> None:
        self._next_app = next_app
        self._parameters = [Parameter(declared) for declared in operation.parameters]
        # OAuth's endpoints have to ignore what they don't know (RFC 6749 3.1); they look after duplicates themselves.
        self._lenient = bool(operation._operation.get("x-lenient-query"))
        self._places = {item.place for item in self._parameters}
        self._query_names = {item.name for item in self._parameters if item.place == "query"}
        self._consumes = (
            [name.lower() for name in operation.consumes] if operation.request_body else []
        )
        self._body = Body(operation) if "application/json" in self._consumes else None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        errors: list[FieldError] = []
        read = {"query": self._query(scope, errors)}  # its unknown names are errors anywhere
        for place in self._places & _SOURCES.keys():
            read[place] = _SOURCES[place](scope)
        arguments = {}
        for item in self._parameters:
            key = item.name.lower() if item.place == "header" else item.name
            value = item.read(read.get(item.place, {}).get(key), errors)
            if value is not None:
                arguments[item.argument] = value
        if errors:
            raise Problem("invalid-request", errors=errors)
        if self._consumes:
            self._check_media_type(scope)
        if self._body is not None:
            body = self._body.read(scope["chassis.body"])
            if body is not None:
                arguments["body"] = body
        scope["extensions"]["arguments"] = arguments
        await self._next_app(scope, receive, send)

    def _query(self, scope: Any, errors: list[FieldError]) -> dict[str, str]:
        found: dict[str, str] = {}
        try:
            raw = scope["query_string"].decode("ascii")
            pairs = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=50)
        except ValueError:
            raise Problem("invalid-request", errors=[FieldError("query", "format")]) from None
        for name, value in pairs:
            if self._lenient and (name not in self._query_names or name in found):
                continue
            if name not in self._query_names:
                errors.append(FieldError(told(name), "unknown"))
            elif name in found:
                errors.append(FieldError(name, "duplicated"))
            found[name] = value
        return found

    def _check_media_type(self, scope: Any) -> None:
        headers = dict(scope["headers"])
        declared = (
            headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip().lower()
        )
        if scope["chassis.body"] and declared not in self._consumes:
            raise UnsupportedMediaTypeProblem


class ValidationAPI(RoutedAPI[ValidatedOperation]):  # type: ignore[misc]
    """The operations of one contract."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_paths()

    def make_operation(self, operation: Any) -> ValidatedOperation:
        return ValidatedOperation(self.next_app, operation)


class ValidationMiddleware(RoutedMiddleware[ValidationAPI]):  # type: ignore[misc]
    """Stands where Connexion's RequestValidationMiddleware would."""

    api_cls = ValidationAPI
