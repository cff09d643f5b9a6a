"""Bodies of JSON lines (NDJSON): each line is checked by itself, and a line at fault is no fault of the body."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from chassis.core.refusals import Fault
from chassis.core.unseen import all_without_unseen
from chassis.http.contents import Content, parse_json, without_faults
from chassis.http.problems import Problem
from chassis.http.schemas import Formats

MEDIA_TYPE = "application/x-ndjson"
MOST_LINES = 1_000


@dataclass(frozen=True)
class Line:
    """One line. `value` is what the schema accepted, None beside a `problem`; `number` counts from 1, blank lines too.

    `parsed` is the line as it could be read, also where the schema refuses it; `accepted`, beside a problem, the fields
    of an object that the schema accepts.
    """

    number: int
    value: Any = None
    problem: Problem | None = None
    parsed: Any = None
    accepted: dict[str, Any] | None = None


class LinesContent(Content):
    """A body of JSON lines, of which the schema describes one. The operation gets a list of `Line`."""

    def __init__(self, definition: Mapping[str, Any], formats: Formats, most: int) -> None:
        super().__init__(definition, formats, None)
        self._most = most

    def read(self, scope: Any, errors: list[Fault], aside: Collection[str] = ()) -> Any:
        raw: bytes = scope["chassis.body"].read()
        lines = [
            (number, line)
            for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1)
            if line.strip()
        ]
        if len(lines) > self._most:
            errors.append(Fault("body", "too-many", {"limit": self._most}))
            return None
        return [self._line(number, line) for number, line in lines] or None

    def _line(self, number: int, raw: bytes) -> Line:
        try:
            parsed = all_without_unseen(parse_json(raw), self._free_texts)
        except Problem as error:
            return Line(number, problem=error)
        faults = self._schema.faults(parsed)
        if faults:
            refused = Problem("invalid-request", errors=faults)
            accepted = without_faults(parsed, faults)
            return Line(number, problem=refused, parsed=parsed, accepted=accepted)
        return Line(number, self._schema.read(parsed), parsed=parsed)
