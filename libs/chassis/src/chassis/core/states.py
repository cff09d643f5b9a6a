"""The words for the states of things, in Arabic and English: contracts/reference/states.yaml.

Events carry the status alone. Pages and messages take its words from here, so that both say the same.
"""

from dataclasses import dataclass

from chassis.core import contracts
from saudi.bilingual import Bilingual


@dataclass(frozen=True)
class State:
    """What a person reads. `tone` is how a page marks it: neutral, progress, waiting, good or bad; `next` says what
    happens now, or what the person can do."""

    words: Bilingual
    next: Bilingual
    tone: str


def state(kind: str, status: str) -> State:
    """Raises LookupError for a kind or a status that isn't declared."""
    found = contracts.read("reference/states.yaml")[kind][status]
    return State(Bilingual(found["ar"], found["en"]), Bilingual(**found["next"]), found["tone"])


def words(kind: str, status: str) -> dict[str, str]:
    """Returns the words of a state in both languages, as contracts carry a text. Raises LookupError like `state`."""
    return state(kind, status).words.pair()
