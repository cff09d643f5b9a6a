"""A text in Arabic and in English."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """What a person reads."""

    ar: str
    en: str

    @classmethod
    def read(cls, document: Mapping[str, str]) -> "Words":
        """Of `{"ar": …, "en": …}`."""
        return cls(document["ar"], document["en"])

    def pair(self) -> dict[str, str]:
        """As contracts carry it."""
        return {"ar": self.ar, "en": self.en}

    def in_(self, language: str) -> str:
        """In `ar` or `en`."""
        return self.ar if language == "ar" else self.en

    def filled(self, **values: object) -> "Words":
        """With the values in the places of their names."""
        return Words(self.ar.format(**values), self.en.format(**values))
