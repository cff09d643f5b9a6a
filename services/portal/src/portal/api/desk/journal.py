"""A thing's history on the desk, newest first. The template `desk_journal.html` shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class JournalEntry:
    """An act on a thing. `at`: the moment as the service writes it. `act` and `beside`: words. `name`: who acted; where
    nobody is named, `actor` says who it was instead, or the page says «the system or the public». `changes`: a sentence
    for each field that was changed."""

    at: str
    act: Any
    name: str | None = None
    actor: str = ""
    note: str | None = None
    beside: Sequence[Any] = ()
    changes: Sequence[str] = ()
