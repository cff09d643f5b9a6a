"""The operator's form has the questions of the public form, and sends their answers in the same shape."""

import pytest

from portal.catalogue import report_kinds
from portal.domain import report_form
from portal.domain.report_call import blank_call, input_of, new_report, read_call
from portal.domain.report_form import ReportDraft

KEY = "0195ff10-4d00-7b22-9d3f-0000000000aa"
FACADE = report_kinds()["facade-poor"].questions


def written(**inputs):
    """What a browser sends: the values of an input, in order."""
    return lambda name: inputs.get(name, [])


@pytest.mark.parametrize("kind", [one for one in report_kinds().values() if one.questions])
def test_the_operator_and_the_public_send_the_same_answers(kind):
    values = {one.input: [next(iter(dict(one.choices)), "12")] for one in kind.questions}
    typed = read_call(written(**values), kind.questions)
    draft = ReportDraft(submission_id=KEY, typed=report_form.read_details(written(**values), kind))

    public, _ = report_form.report_body(draft, kind, "ar")

    assert new_report(typed, kind.questions)["extra"] == public["extra"]


def test_what_was_not_typed_is_left_out():
    typed = read_call(written(key=[KEY], category=["facade-poor"]), FACADE)

    assert new_report(typed, FACADE) == {
        "submission_id": KEY,
        "channel": "call",
        "category": "facade-poor",
        "description": "",
        "location": {},
        "language": "ar",
    }


def test_a_line_ends_with_one_sign_and_several_answers_stay_several():
    inputs = {"description": ["سطر\r\nآخر "], "extra-seen": ["paint", "units"]}

    typed = read_call(written(**inputs), FACADE)

    assert typed["description"] == "سطر\nآخر"
    assert typed["extra-seen"] == ["paint", "units"]


def test_a_blank_form_has_every_input_that_is_read():
    read = read_call(written(), FACADE)

    assert blank_call(KEY, "facade-poor", FACADE).keys() == read.keys()


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("location.town", "town"),
        ("reporter.callback", "callback"),
        ("extra.seen.0", "extra-seen"),
        ("channel", ""),
    ],
)
def test_a_fault_leads_to_its_input(field, name):
    assert input_of(field) == name
