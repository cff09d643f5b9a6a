"""The permit as a document: expiry by the Gregorian calendar, its life, the permit before it."""

from datetime import date
from itertools import product

import pytest

from chassis.core.refusals import IllegalTransition
from permits.domain import permits
from permits.domain.inquiry import next_step_of_permit
from permits.domain.permits import EXPIRED, KINDS, Action, Kind, Status

LEGAL = {
    ("valid", "suspend"): "suspended",
    ("completed", "suspend"): "suspended",
    ("suspended", "suspend"): "suspended",
    ("expired", "suspend"): "suspended",
    ("cancelled", "restore"): "valid",
    ("cancelled", "undo_cancellation"): "valid",
    ("suspended", "reinstate"): "valid",
    ("valid", "cancel"): "cancelled",
    ("expired", "cancel"): "cancelled",
    ("valid", "cancel_for_owner"): "cancelled",
    ("expired", "cancel_for_owner"): "cancelled",
    ("suspended", "cancel"): "cancelled",
    ("completed", "cancel"): "cancelled",
    ("valid", "amend"): "valid",
    ("expired", "amend"): "valid",
    ("suspended", "amend"): "suspended",
    ("completed", "amend"): "completed",
    ("renewed", "amend_owners"): "renewed",
    ("superseded", "amend_owners"): "superseded",
    ("cancelled", "amend_owners"): "cancelled",
    ("valid", "complete"): "completed",
    ("completed", "reopen"): "valid",
    ("valid", "open_insulation"): "valid",
    ("valid", "issue_insulation"): "valid",
}


@pytest.mark.parametrize(
    ("issued", "expires"),
    [
        (date(2024, 10, 13), date(2027, 10, 13)),
        (date(2026, 11, 24), date(2029, 11, 24)),
        (date(2028, 2, 29), date(2031, 2, 28)),
    ],
)
def test_a_permit_runs_three_gregorian_years(issued: date, expires: date) -> None:
    assert permits.expiry(issued) == expires


def test_a_permit_is_valid_through_its_last_day_and_expired_after_it() -> None:
    last = date(2027, 10, 13)

    assert permits.effective_status("valid", last, last) == "valid"
    assert permits.effective_status("valid", last, date(2027, 10, 14)) == EXPIRED
    assert permits.effective_status("completed", last, date(2030, 1, 1)) == "completed"


@pytest.mark.parametrize(("step", "after"), LEGAL.items())
def test_each_step_leads_where_the_procedure_says(step: tuple[str, str], after: str) -> None:
    assert permits.advance(step[0], Action(step[1])) == after


@pytest.mark.parametrize(
    ("status", "action"),
    [pair for pair in product([*Status, EXPIRED], Action) if pair not in LEGAL],
)
def test_every_other_step_is_refused_by_name(status: str, action: Action) -> None:
    with pytest.raises(IllegalTransition):
        permits.advance(status, action)


@pytest.mark.parametrize(
    ("kind", "status", "after"),
    [
        ("renewal", "valid", "renewed"),
        ("ownership_transfer", "valid", "superseded"),
        ("addition", "valid", "superseded"),
        ("correction", "valid", "superseded"),
        ("addition", "completed", None),
        ("correction", "completed", None),
        ("restoration", "completed", None),
        ("demolition", "valid", None),
        ("renewal", "expired", "renewed"),
        ("change_of_use", "valid", "superseded"),
        ("change_of_use", "completed", None),
        ("change_of_contractor", "valid", "superseded"),
        ("change_of_supervisor", "valid", "superseded"),
    ],
)
def test_issue_ends_the_previous_permit_by_kind(kind: str, status: str, after: str | None) -> None:
    assert permits.end_of_previous(Kind(kind), status) == after


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("renewal", "renewed"),
        ("renewal", "completed"),
        ("renewal", "suspended"),
        ("renewal", "cancelled"),
        ("ownership_transfer", "completed"),
        ("addition", "superseded"),
        ("demolition", "cancelled"),
        ("change_of_use", "expired"),
        ("change_of_contractor", "expired"),
        ("change_of_contractor", "completed"),
        ("change_of_supervisor", "suspended"),
    ],
)
def test_a_permit_out_of_force_cannot_be_followed(kind: str, status: str) -> None:
    with pytest.raises(permits.PreviousNotUsable) as caught:
        permits.end_of_previous(Kind(kind), status)

    assert caught.value.code == status


def test_a_renewal_carries_on_the_works_of_the_permit_before_it() -> None:
    assert permits.works_of(Kind.RENEWAL, "fence") == "fence"
    assert permits.works_of(Kind.ADDITION, "new") == "addition"
    assert permits.works_of(Kind.NEW, None) == "new"


def test_every_kind_and_status_has_an_arabic_title() -> None:
    assert set(KINDS) == set(Kind)
    assert set(permits.STATUS_TITLES) == {*Status, EXPIRED}


def test_a_permit_number_is_hijri_year_slash_serial() -> None:
    assert permits.document_number(1448, 1312) == "1448/1312"


@pytest.mark.parametrize(
    ("suspended", "completed", "status"),
    [
        (False, False, "valid"),
        (False, True, "completed"),
        (True, False, "suspended"),
        (True, True, "suspended"),
    ],
)
def test_a_permit_is_again_what_it_was(suspended: bool, completed: bool, status: str) -> None:
    assert permits.standing_again(suspended=suspended, completed=completed) == status


@pytest.mark.parametrize(
    ("effective", "next_step", "has_last_day"),
    [
        *(("valid", "none", True), ("expired", "applicant", True)),
        *(("suspended", "applicant", False), ("completed", "none", False)),
        *(("superseded", "none", False), ("cancelled", "none", False)),
    ],
)
def test_an_owner_renews_an_expired_permit_and_mends_a_suspended_one(
    effective: str, next_step: str, has_last_day: bool
) -> None:
    expires_on = date(2029, 11, 24)

    assert next_step_of_permit(effective) == next_step
    assert permits.last_day_of(effective, expires_on) == (expires_on if has_last_day else None)
