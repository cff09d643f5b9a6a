"""The towns of the governorate. People spell their names as they like; records carry one spelling."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from saudi.text import place_key


@dataclass(frozen=True)
class Town:
    """`name` is the Arabic name as permits and licences print it; `municipality` the branch that decides there."""

    name: str
    municipality: str


@dataclass(frozen=True)
class Towns:
    """Found by `saudi.text.place_key`, like the places of permits and of the partner gateway: what the gateway has
    accepted isn't unknown here."""

    by_key: Mapping[str, Town]

    @classmethod
    def read(cls, documents: Iterable[Mapping[str, Any]]) -> "Towns":
        """`towns` of contracts/reference/places.yaml."""
        return cls(
            {place_key(one["ar"]): Town(one["ar"], one["municipality"]) for one in documents}
        )

    def named(self, text: str) -> Town | None:
        """The town that a text means; None for none of the governorate."""
        return self.by_key.get(place_key(text))
