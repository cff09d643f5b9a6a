"""A rule's refusal, and the problem that's made of it."""

import pytest

from chassis.core.refusals import (
    Conflict,
    Fault,
    Findings,
    IllegalTransition,
    InvalidFields,
    NotFound,
    not_blank,
)
from chassis.http.problems import as_problem


class InvalidThing(InvalidFields):
    problem = "malformed-body"


def test_every_refusal_has_a_problem_of_its_own() -> None:
    refusals = [NotFound(), Conflict(), InvalidFields([]), IllegalTransition("mend", "broken")]

    assert [as_problem(refusal).slug for refusal in refusals] == [
        *("not-found", "conflict", "invalid-request", "illegal-transition"),
    ]


@pytest.mark.parametrize("problem", ["no-such-problem", 7, ["conflict"]])
def test_what_another_library_calls_a_problem_is_none_of_ours(problem: object) -> None:
    error = ValueError("of a library")
    error.problem = problem  # type: ignore[attr-defined]

    assert as_problem(error).slug == "internal-error"


def test_an_illegal_transition_names_the_status_as_its_code_and_says_it_in_words() -> None:
    refusal = IllegalTransition("mend", "broken", [{"ar": "استبدال", "en": "replace"}])

    problem = as_problem(refusal).document("en")

    assert (problem["status"], problem["code"]) == (409, "broken")
    assert problem["detail"] == "The machine is broken. Possible now: replace."
    assert as_problem(refusal).document("ar")["detail"] == (
        "الجهاز معطل. الإجراءات الممكنة الآن: استبدال."
    )


def test_all_faults_are_answered_at_once_with_their_texts_filled() -> None:
    refusal = InvalidFields([Fault("name", "required"), Fault("size", "maximum", {"limit": 3})])

    errors = as_problem(refusal).document("en")["errors"]

    assert [(error["field"], error["code"]) for error in errors] == [
        ("name", "required"),
        ("size", "maximum"),
    ]


def test_findings_of_several_checks_are_one_refusal_of_the_kind_asked_for() -> None:
    findings = Findings(InvalidThing)
    findings.fault("name", None)
    with findings.gather():
        raise InvalidFields.of("size", "maximum", limit=3)
    findings.fault("colour", "enum")

    with pytest.raises(InvalidThing) as refused:
        findings.settle()

    assert [fault.field for fault in refused.value.faults] == ["size", "colour"]
    assert str(refused.value) == "size: maximum, colour: enum"


def test_nothing_is_refused_when_nothing_was_found() -> None:
    findings = Findings()
    findings.fault("name", None)

    findings.settle()

    assert findings.faults == []


def test_another_error_of_a_check_is_not_gathered() -> None:
    findings = Findings()

    with pytest.raises(ValueError, match="else"), findings.gather():
        raise ValueError("something else")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "  ",
            "\n\t",
            "...",
            "ـــ",
            "\u200b\u200b\u200b",
            "\u200f\u200e\u202a",
            "\u00ad",
            "\u034f",
        ),
        *(
            "\u3164\u115f\u1160\uffa0",
            "\u2800",
            "\u180e",
            "\ufe0f",
            "\u0301",
            "\U000e0020",
            "\ue000",
            "\x01",
        ),
    ],
)
def test_a_text_in_which_nothing_is_to_be_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        not_blank(text, "reason")

    assert refused.value.faults == (Fault("reason", "required"),)


@pytest.mark.parametrize("text", ["ب", "٧", "7", "x", " - ١٢ -", "ـبـ"])
def test_one_letter_or_digit_is_a_text(text: str) -> None:
    assert not_blank(text, "reason") == text.strip()


def test_blanks_at_the_ends_of_a_text_are_taken_off() -> None:
    assert not_blank("  سبب ", "reason") == "سبب"
