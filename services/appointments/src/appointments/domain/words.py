"""Texts in two languages that officers write."""

from collections.abc import Iterator, Mapping
from typing import Any

from chassis.core.refusals import Fault, says_something


def faults_of_words(body: Mapping[str, Any], name: str) -> Iterator[Fault]:
    """Yields a fault for each language in which the field says nothing. The schema may have taken a language out."""
    words = body.get(name)
    for language in ("ar", "en"):
        text = words.get(language) if isinstance(words, Mapping) else None
        if text is not None and not says_something(text):
            yield Fault(f"{name}.{language}", "required")
