"""The words for the states of things, in Arabic and English: contracts/reference/states.yaml.

Events carry the status alone. Pages and messages take its words from here, so that both say the same.
"""

from dataclasses import dataclass

from chassis.core import contracts


@dataclass(frozen=True)
class Words:
    """A text in both languages."""

    ar: str
    en: str

    def in_(self, language: str) -> str:
        """In English for `en`, else in Arabic."""
        return self.en if language == "en" else self.ar


@dataclass(frozen=True)
class State:
    """What a person reads. `tone` is how a page marks it: neutral, progress, waiting, good or bad; `next` says what
    happens now, or what the person can do."""

    words: Words
    next: Words
    tone: str


def state(kind: str, status: str) -> State:
    """Raises LookupError for a kind or a status that isn't declared."""
    found = contracts.read("reference/states.yaml")[kind][status]
    return State(Words(found["ar"], found["en"]), Words(**found["next"]), found["tone"])
