"""Reads a file of the rules, as the API and the command line take it, and names all faults with line and column."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

import yaml

from chassis.core import contracts
from chassis.core.refusals import Fault, InvalidFields
from chassis.http.schemas import Schema
from chassis.http.texts import fault_text
from licences.catalogue import municipalities
from licences.commands.rules import RuleFile
from licences.domain.rule_documents import rule_faults
from saudi.days import parse_day
from saudi.formats import FORMATS

# A version's name and first day → the document that the version replaces.
DocumentBefore = Callable[[str, date], Mapping[str, Any] | None]
MOST_VALUES = 20_000  # with the names
_LONGEST_PATH = 200
_FIELD, _FIRST_DAY = "file", "effective_from"
_TEXT, _MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"
_JSON = ("null", "bool", "int", "float", "str", "seq", "map")
_NOT_STORED = re.compile("[\0\ud800-\udfff]")  # PostgreSQL keeps no such text


class _Loader(yaml.SafeLoader):
    """Reads the values that JSON has, and a day without quotes as the text that it is."""

    yaml_constructors = {
        tag: construct
        for tag, construct in yaml.SafeLoader.yaml_constructors.items()
        if tag is None or tag.removeprefix("tag:yaml.org,2002:") in _JSON
    }
    yaml_implicit_resolvers = {
        sign: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for sign, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    values = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Counts each value before it's read. Raises InvalidFields for too many, and for an anchor or alias: a few
        letters that repeat one another would be millions of values."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if event.anchor is not None:
            raise _unreadable(event.start_mark)
        self.values += 1
        if self.values > MOST_VALUES:
            raise InvalidFields.of(_FIELD, "rules-too-large")
        node: yaml.Node | None = super().compose_node(parent, index)
        return node


@dataclass
class _Places:
    """Where each value of a file stands, by its path, such as `fees.0.until`; and the names that stand twice."""

    marks: dict[str, yaml.Mark] = field(default_factory=dict)
    repeated: list[Fault] = field(default_factory=list)

    def note(self, node: yaml.Node, path: str = "") -> None:
        """Notes a value and what is in it. Raises InvalidFields for a path that is longer than any of the rules, and
        for a value that isn't kept as JSON."""
        if len(path) > _LONGEST_PATH:
            raise _unreadable(node.start_mark)
        if path in self.marks:
            self.repeated.append(Fault(path, "duplicated"))
        self.marks[path] = node.start_mark
        if isinstance(node, yaml.ScalarNode) and _NOT_STORED.search(node.value):
            raise _unreadable(node.start_mark)
        for name, value in _values_in(node):
            self.note(value, f"{path}.{name}".removeprefix("."))

    def at(self, path: str) -> yaml.Mark:
        """Returns where a value stands; of a value that is missing, where the value around it stands."""
        while path not in self.marks and path:
            path = path.rpartition(".")[0]
        return self.marks[path]


def _values_in(node: yaml.Node) -> Iterable[tuple[str, yaml.Node]]:
    """Returns the values in a value with their names or places. Raises InvalidFields for a name that is no text."""
    if isinstance(node, yaml.MappingNode):
        return [(_name(key), value) for key, value in node.value]
    if isinstance(node, yaml.SequenceNode):
        return [(str(place), value) for place, value in enumerate(node.value)]
    return ()


def _name(key: yaml.Node) -> str:
    is_text = isinstance(key, yaml.ScalarNode) and key.tag in (_TEXT, _MERGE)
    if not is_text or _NOT_STORED.search(key.value):
        raise _unreadable(key.start_mark)
    return str(key.value)


def _unreadable(mark: yaml.Mark | None) -> InvalidFields:
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return InvalidFields.of(_FIELD, "rules-form", line=line, column=column)


def read_rule_file(
    content: bytes,
    *,
    after: date | None = None,
    document_before: DocumentBefore | None = None,
) -> RuleFile:
    """Returns the file with its document. `after`: the first day of a proposal comes after this day, as
    `rule_faults` says. `document_before` finds the document that the file replaces. Raises InvalidFields, which names
    each fault at `file` with its line and column."""
    try:
        source = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidFields.of(_FIELD, "rules-text") from None
    document, places = _parse(source)
    faults = places.repeated or _form().faults(document)
    if not faults:
        document = {**document, _FIRST_DAY: parse_day(document[_FIRST_DAY]).isoformat()}
        first_day = date.fromisoformat(document[_FIRST_DAY])
        before = document_before(document["version"], first_day) if document_before else None
        faults = rule_faults(document, municipalities=municipalities(), after=after, before=before)
    if faults:
        raise InvalidFields([_at_its_place(one, places) for one in faults])
    return RuleFile(source, document)


def _parse(source: str) -> tuple[Any, _Places]:
    """Returns the values of a file and where they stand. Raises InvalidFields for what is no YAML."""
    places = _Places()
    try:
        loader = _Loader(source)
        root = loader.get_single_node()
        if root is None:
            raise InvalidFields.of(_FIELD, "file-empty")
        places.note(root)
        return loader.construct_document(root), places
    except yaml.MarkedYAMLError as error:
        raise _unreadable(error.problem_mark or error.context_mark) from None
    except (yaml.YAMLError, ValueError, LookupError, RecursionError):
        raise _unreadable(None) from None


@cache
def _form() -> Schema:
    return Schema(contracts.openapi("licences")["components"]["schemas"]["RuleDocument"], FORMATS)


def _at_its_place(fault: Fault, places: _Places) -> Fault:
    """Returns the fault as one of the file."""
    said = {one: fault_text(fault.code, fault.params, one) for one in ("ar", "en")}
    mark = places.at(fault.field)
    return Fault(
        _FIELD,
        "rules-fault",
        {
            "line": mark.line + 1,
            "column": mark.column + 1,
            "place": fault.field,
            "fault": said,
        },
    )
