"""A text in Arabic and English: what a person reads, Arabic first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Bilingual:
    """The same text in both languages."""

    ar: str
    en: str

    @classmethod
    def read(cls, document: Mapping[str, str]) -> Self:
        """Returns the text of `{"ar": …, "en": …}`."""
        return cls(document["ar"], document["en"])

    def pair(self) -> dict[str, str]:
        """Returns `{"ar": …, "en": …}`, as contracts carry a text."""
        return {"ar": self.ar, "en": self.en}

    def in_language(self, language: str) -> str:
        """Returns the English text for `en`, else the Arabic text."""
        return self.en if language == "en" else self.ar

    def filled(self, **values: object) -> Self:
        """Returns the text with the values in the places of their names."""
        return type(self)(self.ar.format(**values), self.en.format(**values))
