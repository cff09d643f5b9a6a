"""What permits answers to a partner's entry has its words, in Arabic and English."""

import re

import pytest

from chassis.core import contracts

from .reading import tree

NOW = tree()
REASONS = NOW["reference/entry-reasons.yaml"]
ALL = [(part, code) for part, found in REASONS.items() for code in found]
TELLING = [
    words
    for event_type in contracts.topics()["permits.entry"]["event_types"]
    for example in (
        contracts.event_example(event_type),
        contracts.event_example(event_type, "minimal"),
    )
    for words in [example["reason"], *example["effects"]]
    if words is not None
]


@pytest.mark.parametrize(("part", "code"), ALL)
def test_an_answer_is_a_sentence_in_arabic_and_in_english(part: str, code: str) -> None:
    words = REASONS[part][code]

    assert re.fullmatch("[a-z][a-z-]*", code)
    assert set(words) == {"ar", "en"}
    assert re.fullmatch("[\u0620-\u0652 ،؛.]+[.]", words["ar"])
    assert re.fullmatch("[A-Z][A-Za-z',; ]+[.]", words["en"])
    assert max(map(len, words.values())) <= 300


def test_no_code_is_both_a_refusal_and_an_effect() -> None:
    assert REASONS["refusals"].keys() & REASONS["effects"].keys() == set()


def test_the_examples_say_what_the_reference_says() -> None:
    known = {**REASONS["refusals"], **REASONS["effects"]}

    assert TELLING
    for words in TELLING:
        assert {"ar": words["ar"], "en": words["en"]} == known[words["code"]]
