"""The rules of transactions, without a database."""

from datetime import date
from typing import Any

import pytest

from chassis.core.refusals import IllegalTransition, InvalidFields
from transactions.catalogue import catalogue, office
from transactions.domain import due_days
from transactions.domain.access import reach_of
from transactions.domain.entry import parse_entry, parse_own_entry
from transactions.domain.kinds import Catalogue
from transactions.domain.transactions import (
    LETTERS,
    LIFE,
    TRANSACTIONS,
    Action,
    Status,
    next_step,
    number_text,
)

from .people import (
    APPLICANT,
    CLERK,
    DELEGATE,
    GOVERNORATE,
    OWNER,
    SHOP,
    STAFF_OFFICER,
    SURVEYOR,
    SURVEYOR_ELSEWHERE,
    entry,
    own_entry,
)

TODAY = date(2026, 11, 29)


def faults_of(body: dict[str, Any], today: date = TODAY) -> dict[str, str]:
    with pytest.raises(InvalidFields) as refused:
        parse_entry(body, catalogue(), municipality="saihat", today=today)
    return {one.field: one.code for one in refused.value.faults}


def test_a_number_has_the_year_the_branch_the_series_and_the_serial() -> None:
    assert number_text(TRANSACTIONS, "saihat", 1448, 17) == "1448047000017"
    assert number_text(LETTERS, "saihat", 1448, 17) == "1448046000017"


def test_every_field_at_fault_is_named_at_once() -> None:
    body = entry(
        kind="unknown",
        subject=" . ",
        applicant={"type": "person", "name": " ", "number": "1000000009", "mobile": "0138552222"},
        concerns=[{"kind": "permit", "number": "abc"}],
        documents=[{"attachment_id": "a", "paper": "unknown"}, {"attachment_id": "a"}],
        incoming={"number": "1", "day": TODAY},
    )

    assert faults_of(body) == {
        "kind": "transaction-kind",
        "subject": "required",
        "applicant.name": "required",
        "applicant.number": "check-digit",
        "applicant.mobile": "mobile",
        "incoming": "incoming-letter",
        "concerns.0.number": "thing-number",
        "documents.0.paper": "paper-unknown",
        "documents.1.attachment_id": "document-twice",
    }


def rules_from(day: str) -> dict[str, Any]:
    return {"from": day, "department": "a", "working_days": 1, "answer_days": 1, "papers": []}


def catalogue_of(rules: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """The document of a catalogue with one department and one kind."""
    kind = {"code": "k", "ar": "ك", "en": "k", "online": True, "rules": rules, **changes}
    departments = [{"code": "a", "ar": "أ", "en": "a"}]
    return {"registry": "a", "departments": departments, "papers": [], "kinds": [kind]}


def test_a_kind_has_the_rules_of_the_day() -> None:
    kind = catalogue().kinds["survey-decision"]

    assert kind.rules_on(date(2025, 12, 31)).working_days == 15
    assert kind.rules_on(date(2026, 1, 1)).working_days == 10
    assert "sketch" not in kind.rules_on(date(2025, 12, 31)).papers


def test_a_kind_that_ended_is_not_taken_any_more() -> None:
    document = catalogue_of([rules_from("2020-01-01")], until="2026-11-28")
    ended = Catalogue.read(document)

    with pytest.raises(InvalidFields, match="kind: transaction-kind"):
        parse_entry(entry(kind="k"), ended, municipality="saihat", today=date(2026, 11, 29))
    assert ended.kinds["k"].is_taken(date(2026, 11, 28))
    assert ended.taken_kinds(date(2026, 11, 29)) == []


def test_rules_out_of_order_are_an_error_of_the_data() -> None:
    document = catalogue_of([rules_from("2026-01-01"), rules_from("2025-01-01")])

    with pytest.raises(ValueError, match="order"):
        Catalogue.read(document)


def test_an_officer_takes_an_entry_with_missing_papers_and_the_list_names_them() -> None:
    body = entry(documents=[{"attachment_id": "a", "paper": "deed"}])

    read = parse_entry(body, catalogue(), municipality="saihat", today=TODAY)

    assert read.missing == ("identity", "sketch")


def test_a_citizen_has_to_send_every_paper() -> None:
    body = own_entry(kind="survey-decision", documents=[{"attachment_id": "a", "paper": "deed"}])

    with pytest.raises(InvalidFields) as refused:
        parse_own_entry(body, catalogue(), citizen=OWNER.citizen(), today=TODAY)

    named = [(one.code, one.params["paper"]["en"]) for one in refused.value.faults]
    assert named == [
        ("paper-missing", "Copy of the identity card"),
        ("paper-missing", "Site sketch"),
    ]


def test_a_citizen_enters_for_an_establishment_only_when_acting_for_it() -> None:
    body = own_entry(establishment=SHOP)

    read = parse_own_entry(body, catalogue(), citizen=DELEGATE.citizen(), today=TODAY)
    with pytest.raises(InvalidFields, match="establishment: not-acted-for"):
        parse_own_entry(body, catalogue(), citizen=OWNER.citizen(), today=TODAY)

    assert (read.applicant.type, read.applicant.number) == ("establishment", SHOP)


def test_a_citizen_enters_no_kind_that_is_not_online() -> None:
    with pytest.raises(InvalidFields, match="kind: kind-not-online"):
        parse_own_entry(
            own_entry(kind="staff-inquiry"), catalogue(), citizen=OWNER.citizen(), today=TODAY
        )


def test_a_mobile_counts_as_confirmed_if_the_national_login_knows_it() -> None:
    login = parse_own_entry(own_entry(), catalogue(), citizen=OWNER.citizen(), today=TODAY)
    named = own_entry(mobile="0500000044")
    other = parse_own_entry(named, catalogue(), citizen=OWNER.citizen(), today=TODAY)

    assert (login.applicant.confirmed, other.applicant.confirmed) == (True, False)
    assert other.applicant.mobile == "+966500000044"


def test_what_it_concerns_is_kept_once_in_ascii_digits() -> None:
    things = [{"kind": "permit", "number": "١٤٤٨ / ٧٧"}, {"kind": "permit", "number": "1448/77"}]

    read = parse_entry(entry(concerns=things), catalogue(), municipality="saihat", today=TODAY)

    assert read.concerns == [{"kind": "permit", "number": "1448/77"}]


def test_a_confidential_kind_makes_every_entry_confidential() -> None:
    body = entry(kind="staff-inquiry")

    read = parse_entry(body, catalogue(), municipality="saihat", today=TODAY)

    assert read.confidential


def test_the_days_of_the_applicant_move_the_due_day() -> None:
    waited = due_days.waited_days(office(), date(2026, 12, 1), date(2026, 12, 6))

    assert waited == 3  # Wednesday, Thursday, Sunday
    assert due_days.due_on(office(), TODAY, 10, 0) == date(2026, 12, 13)
    assert due_days.due_on(office(), TODAY, 10, waited) == date(2026, 12, 16)


def test_a_returned_transaction_lapses_when_its_last_day_is_over_in_riyadh() -> None:
    last = due_days.answer_until(TODAY, 30)

    assert last == date(2026, 12, 29)
    assert due_days.lapses_at(last).isoformat() == "2026-12-30T00:00:00+03:00"


@pytest.mark.parametrize("status", Status)
def test_an_ended_transaction_does_not_move(status: Status) -> None:
    possible = LIFE.possible(status)

    assert (possible == []) == (status in (Status.FILED, Status.WITHDRAWN))
    assert next_step(status) in ("none", "applicant", "municipality")


def test_a_refusal_says_what_is_possible() -> None:
    with pytest.raises(IllegalTransition) as refused:
        LIFE.after(Action.APPROVE, Status.RETURNED)

    assert refused.value.code == "transaction_returned"
    assert {one["en"] for one in refused.value.params["next"]} >= {"Complete", "Withdraw"}


class Seen:
    """A transaction as the reach reads it."""

    def __init__(self, *, confidential: bool = False, department: str = "survey") -> None:
        self.municipality, self.department = "saihat", department
        self.departments = ["survey", department]
        self.confidential = confidential


def test_the_registry_a_department_and_the_governorate_see_a_transaction() -> None:
    seen = [reach_of(one).sees(Seen()) for one in (CLERK, SURVEYOR, GOVERNORATE)]

    assert seen == [True, True, True]
    assert not reach_of(SURVEYOR_ELSEWHERE).sees(Seen())
    assert not reach_of(STAFF_OFFICER).sees(Seen())


def test_a_department_that_gave_it_away_reads_it_and_does_not_move_it() -> None:
    row = Seen(department="engineering")

    assert reach_of(SURVEYOR).sees(row)
    assert not reach_of(SURVEYOR).has(row)


def test_a_confidential_transaction_is_seen_by_its_department_at_home_only() -> None:
    row = Seen(confidential=True, department="human-resources")

    assert reach_of(STAFF_OFFICER).sees(row)
    assert not any(reach_of(one).sees(row) for one in (CLERK, SURVEYOR, GOVERNORATE))


def test_the_applicant_of_a_letter_has_no_number() -> None:
    letter = {"number": "44/1", "day": date(2026, 11, 20)}
    body = entry(
        kind="incoming-letter",
        channel="body",
        incoming=letter,
        applicant={"type": "body", "name": "جهة تجريبية", "number": APPLICANT},
    )

    assert faults_of(body) == {"applicant.number": "body-without-number"}
    assert faults_of(body | {"incoming": {**letter, "day": date(2027, 1, 1)}}) == {
        "applicant.number": "body-without-number",
        "incoming.day": "day-in-future",
    }
