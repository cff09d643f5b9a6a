"""Checks a request against its operation, once compiled at start-up, and hands on typed arguments.

Takes the place of Connexion's own step, which checks no dates, accepts a parameter twice, names no field, and compiles
its validators anew for each request.
"""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl

from connexion.exceptions import UnsupportedMediaTypeProblem
from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware

from chassis.core.refusals import Fault
from chassis.core.unseen import without_unseen
from chassis.http import credentials, forms
from chassis.http.contents import Content, accepted_fields, contents, convert
from chassis.http.endpoint import open_call
from chassis.http.lines import MEDIA_TYPE, MOST_LINES, LinesContent
from chassis.http.problems import Problem
from chassis.http.schemas import Formats, Schema, kind_words, read_date, safe_name
from chassis.process import Process

# A query string with more fields is refused unread.
MOST_FIELDS = 50


class Parameter:
    """One declared parameter: reads text, answers a typed value. One with an array may repeat in the query."""

    def __init__(self, declared: dict[str, Any], formats: Formats) -> None:
        self.name: str = declared["name"]
        self.place: str = declared["in"]
        self.required: bool = declared.get("required", False)
        schema: dict[str, Any] = declared["schema"]
        self.repeats = schema.get("type") == "array" and self.place == "query"
        self._kind = schema["items"].get("type") if self.repeats else schema.get("type")
        self._default = schema.get("default")
        self.argument = self.name.replace("-", "_").lower()
        self.key = self.name.lower() if self.place == "header" else self.name
        self.may_be_absent = not self.required and self._default is None
        formats = {"date": read_date, **formats}  # in a body a text of the format `date` stays one
        self._schema = Schema(schema, formats, example=declared.get("example"))

    def read(self, texts: Sequence[str], errors: list[Fault]) -> Any:
        """Returns the value, or the default; adds what is wrong to `errors`. There are several texts where it
        repeats."""
        if not texts:
            if self.required:
                errors.append(Fault(self.name, "required"))
            return self._default
        has_nul = any("\x00" in text for text in texts)
        if (
            self.place != "header"
        ):  # whose bytes are read as Latin-1: there, such a sign is a part of a letter
            texts = [without_unseen(text) for text in texts]
        try:
            values = [convert(text, self._kind) for text in texts]
        except ValueError:
            errors.append(Fault(self.name, "type", {"kind": kind_words(self._kind)}))
            return None
        value = values if self.repeats else values[-1]
        faults = self._schema.faults(value, self.name)
        if has_nul:
            faults = [Fault(self.name, "format")]
        errors.extend(faults)
        return None if faults else self._schema.read(value)


_SOURCES: dict[str, Callable[[Any], dict[str, list[str]]]] = {
    "path": lambda scope: {
        key: [str(value)] for key, value in scope.get("path_params", {}).items()
    },
    "header": lambda scope: {
        key.decode("latin-1"): [value.decode("latin-1")] for key, value in scope["headers"]
    },
}


class ValidatedOperation:
    """An operation whose requests are checked. Arguments land in the scope's extension `arguments`."""

    def __init__(self, next_app: Any, operation: Any, process: Process[Any, Any]) -> None:
        self._next_app, self._process = next_app, process
        self._operation_id, service = str(operation.operation_id), process.service
        formats, rules = service.formats, service.rules.get(self._operation_id)
        self._table_rules = service.table_rules.get(self._operation_id)
        self._parameters = [Parameter(declared, formats) for declared in operation.parameters]
        # OAuth's endpoints have to ignore what they don't know (RFC 6749 3.1); they look after duplicates themselves.
        self._lenient = bool(operation._operation.get("x-lenient-query"))
        self._places = {item.place for item in self._parameters}
        self._query_names = {item.name for item in self._parameters if item.place == "query"}
        self._repeating = {item.name for item in self._parameters if item.repeats}
        self._consumes = (
            [name.lower() for name in operation.consumes] if operation.request_body else []
        )
        self._needs_body = bool(operation.request_body.get("required", False))
        self._contents = {**contents(operation, formats, rules), **_lines(operation, formats)}
        self._credentials = credentials.places(operation)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        errors: list[Fault] = []
        read = {"query": self._query(scope, errors)}  # its unknown names are errors anywhere
        for place in self._places & _SOURCES.keys():
            read[place] = _SOURCES[place](scope)
        arguments = {}
        for item in self._parameters:
            texts = read[item.place].get(item.key, ()) if item.place in read else ()
            if not texts and item.may_be_absent:
                continue
            value = item.read(texts, errors)
            if value is not None:
                arguments[item.argument] = value
        if self._consumes:
            self._read_body(scope, arguments, errors)
        if errors:
            raise Problem("invalid-request", errors=[*errors, *self._table_faults(scope, errors)])
        scope["extensions"]["arguments"] = arguments
        await self._next_app(scope, receive, send)

    def _table_faults(self, scope: Any, errors: list[Fault]) -> list[Fault]:
        """Returns what the service's tables show. Leaves out a faulty field and the objects that hold one: an object
        may be at fault only because that field was taken out."""
        if self._table_rules is None or (body := accepted_fields(scope, errors)) is None:
            return []
        caller = scope["extensions"]["connexion_context"]["token_info"]["caller"]
        faulty = [f"{fault.field}." for fault in errors]
        with open_call(self._process, caller, self._operation_id, scope) as call:
            return [
                one
                for one in self._table_rules(call, body)
                if not any(field.startswith(f"{one.field}.") for field in faulty)
            ]

    def _query(self, scope: Any, errors: list[Fault]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        try:
            pairs = read_pairs(scope["query_string"].decode("ascii"))
        except ValueError:
            raise Problem("invalid-request", errors=[Fault("query", "format")]) from None
        for name, value in pairs:
            if self._lenient and (name not in self._query_names or name in found):
                continue
            if name in self._credentials:
                continue
            if name not in self._query_names:
                errors.append(Fault(safe_name(name), "unknown"))
            elif name in found and name not in self._repeating:
                errors.append(Fault(name, "duplicated"))
            found.setdefault(name, []).append(value)
        return found

    def _read_body(self, scope: Any, arguments: dict[str, Any], errors: list[Fault]) -> None:
        body, kind = None, forms.media_type(scope)[0]
        if scope["chassis.body"].is_empty:
            kind = kind if kind in self._contents else next(iter(self._contents), "")
        elif (kind not in self._consumes or not forms.is_plain_utf8(scope)) and not errors:
            raise UnsupportedMediaTypeProblem
        if content := self._contents.get(kind):
            before = len(errors)
            body = content.read(scope, errors, self._credentials)
            if body is not None:
                arguments["body"] = body
            elif self._needs_body and len(errors) == before:
                errors.append(Fault("body", "required"))


def read_pairs(raw: str) -> list[tuple[str, str]]:
    """Returns the names and values of a query string. Raises ValueError for too many fields, and for bytes that aren't
    UTF-8."""
    if "%" in raw or "+" in raw or raw.count("&") >= MOST_FIELDS:
        return parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    # Nothing to decode: a quarter of the time.
    parts = (one.partition("=") for one in raw.split("&") if one)
    return [(name, value) for name, _, value in parts]


def _lines(operation: Any, formats: Formats) -> dict[str, Content]:
    """How the operation's body is read, if it has lines."""
    definition = operation.request_body.get("content", {}).get(MEDIA_TYPE)
    if definition is None:
        return {}
    most = int(operation._operation.get("x-max-lines", MOST_LINES))
    return {MEDIA_TYPE: LinesContent(definition, formats, most)}


def step(process: Process[Any, Any]) -> type[RoutedMiddleware[Any]]:
    """Returns the class that stands where Connexion's RequestValidationMiddleware would, for one service."""

    class ValidationAPI(RoutedAPI[ValidatedOperation]):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.add_paths()

        def make_operation(self, operation: Any) -> ValidatedOperation:
            return ValidatedOperation(self.next_app, operation, process)

    class ValidationMiddleware(RoutedMiddleware[ValidationAPI]):  # type: ignore[misc]
        api_cls = ValidationAPI

    return ValidationMiddleware
