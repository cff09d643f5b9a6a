"""Looking for a person: by a whole number, or by whole parts of a name, at least two."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chassis.core.refusals import Fault, InvalidFields
from saudi import Malformed
from saudi.finding import MIN_NAME_PARTS, name_parts
from saudi.ids import IdType, parse_id
from saudi.text import compact

_TYPES = {"1": IdType.NATIONAL_ID, "2": IdType.IQAMA, "7": IdType.UNIFIED_NUMBER}
SECONDS = 3600


@dataclass(frozen=True)
class Sought:
    """`kind` is id or name; exactly one of the others is there."""

    kind: str
    number: str | None = field(default=None, repr=False)
    parts: tuple[str, ...] = field(default=(), repr=False)

    @property
    def text(self) -> str:
        """What the record keeps the keyed hash of: the same person, asked in another order, has the same."""
        return self.number or " ".join(sorted(self.parts))


def parse(data: Mapping[str, Any]) -> Sought:
    """The contract's `PersonSearch`. Raises InvalidFields."""
    number, name = data.get("id_number"), data.get("name")
    if (number is None) == (name is None):
        raise InvalidFields([Fault("id_number", "one-of-two"), Fault("name", "one-of-two")])
    if number is not None:
        return Sought("id", number=_number(number))
    parts = tuple(name_parts(str(name)))
    if len(parts) < MIN_NAME_PARTS:
        raise InvalidFields.of("name", "name-parts")
    return Sought("name", parts=parts)


def _number(written: str) -> str:
    kind = _TYPES.get(compact(written)[:1], IdType.BORDER_NUMBER)
    try:
        return parse_id(kind, written)
    except Malformed as error:
        raise InvalidFields([Fault("id_number", error.code, error.params)]) from None
