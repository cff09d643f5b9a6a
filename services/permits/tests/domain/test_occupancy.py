"""Rules of occupancy certificates: ground, inspection, term, three working days."""

from datetime import date, time, timedelta

import pytest

from chassis.core.refusals import InvalidFields
from permits.domain import occupancy
from permits.domain.occupancy import Ground, Kind, OccupancyRefused, Other
from permits.domain.permits import WITHOUT_BUILDING, leaves_building
from saudi.working_time import Hours, WorkingTime

DAY = date(2026, 11, 24)
COMPLETED = Ground("completed", None, "c-1")
VALID = Ground("valid", None)
PASSED = {"result": "pass"}


def asked(kind: Kind, ground: Ground, *others: Other) -> str | None:
    try:
        occupancy.check_request(kind, ground, others)
    except OccupancyRefused as refusal:
        return refusal.code
    return None


@pytest.mark.parametrize(
    ("kind", "ground", "code"),
    [
        (Kind.FINAL, COMPLETED, None),
        (Kind.FINAL, VALID, "completion-missing"),
        (Kind.FINAL, Ground("completed", "insulation-revoked", "c-1"), "insulation-missing"),
        (Kind.FINAL, Ground("completed", WITHOUT_BUILDING, "c-1"), "works-without-building"),
        (Kind.TEMPORARY, Ground("valid", WITHOUT_BUILDING), "works-without-building"),
        (Kind.FINAL, Ground("completed", None, "c-1", completion_flagged=True), "completion-flagged"),
        (Kind.FINAL, Ground("completed", None, None), "permit-not-valid"),
        (Kind.FINAL, Ground("suspended", None, "c-1"), "permit-not-valid"),
        (Kind.FINAL, Ground("cancelled", None, "c-1"), "permit-not-valid"),
        (Kind.TEMPORARY, VALID, None),
        (Kind.TEMPORARY, COMPLETED, None),
        (Kind.TEMPORARY, Ground("valid", "insulation-revoked"), "insulation-missing"),
        (Kind.TEMPORARY, Ground("expired", None), "permit-not-valid"),
        (Kind.TEMPORARY, Ground("suspended", None), "permit-not-valid"),
    ],
)  # fmt: skip
def test_a_final_one_rests_on_completion_too_and_both_on_insulation(
    kind: Kind, ground: Ground, code: str | None
) -> None:
    assert asked(kind, ground) == code


@pytest.mark.parametrize(
    ("works", "leaves"),
    [
        *((kind, True) for kind in ("new", "addition", "restoration", "correction")),
        *((kind, False) for kind in ("fence", "demolition", "renewal", "a kind of tomorrow")),
    ],
)
def test_works_that_nobody_named_leave_no_building(works: str, leaves: bool) -> None:
    assert leaves_building(works) is leaves


@pytest.mark.parametrize(
    ("other", "code"),
    [
        (Other("temporary", "pending", flagged=False), "occupancy-requested"),
        (Other("final", "issued", flagged=False), "occupancy-in-force"),
        (Other("final", "issued", flagged=True), "occupancy-in-force"),
        (Other("temporary", "issued", flagged=False), None),
        (Other("final", "rejected", flagged=False), None),
        (Other("final", "revoked", flagged=True), None),
    ],
)
def test_one_request_is_decided_at_a_time_and_a_final_one_is_followed_by_none(
    other: Other, code: str | None
) -> None:
    assert asked(Kind.FINAL, COMPLETED, other) == code


@pytest.mark.parametrize(
    ("inspection", "code"),
    [(None, "inspection-missing"), ({"result": "fail"}, "inspection-failed"), (PASSED, None)],
)
def test_it_is_issued_on_a_passed_inspection_only(
    inspection: dict[str, str] | None, code: str | None
) -> None:
    def issue() -> None:
        occupancy.check_issue(Kind.FINAL, COMPLETED, inspection)

    if code is None:
        issue()
    else:
        with pytest.raises(OccupancyRefused) as caught:
            issue()
        assert caught.value.code == code


def test_a_ground_that_fell_away_since_the_request_is_seen_at_the_issue() -> None:
    with pytest.raises(OccupancyRefused) as caught:
        occupancy.check_issue(Kind.FINAL, Ground("completed", None, "c-1", True), PASSED)

    assert caught.value.code == "completion-flagged"


@pytest.mark.parametrize(
    ("kind", "days", "code"),
    [
        (Kind.TEMPORARY, 0, None),
        (Kind.TEMPORARY, 180, None),
        (Kind.TEMPORARY, 181, "term-too-long"),
        (Kind.TEMPORARY, -1, "before-start"),
        (Kind.TEMPORARY, None, "required"),
        (Kind.FINAL, None, None),
        (Kind.FINAL, 30, "not-allowed"),
    ],
)
def test_a_temporary_one_ends_within_180_days_and_a_final_one_does_not(
    kind: Kind, days: int | None, code: str | None
) -> None:
    until = None if days is None else DAY + timedelta(days=days)

    faults: list[str] = []
    try:
        occupancy.check_term(kind, DAY, until)
    except InvalidFields as refusal:
        faults = [fault.code for fault in refusal.faults]

    assert faults == ([code] if code else [])


@pytest.mark.parametrize(
    ("result", "defects", "day", "codes"),
    [
        ("pass", [], DAY, []),
        ("fail", ["مخرج مسدود"], DAY, []),
        ("fail", [], DAY, ["required"]),
        ("pass", ["مخرج مسدود"], DAY, ["not-allowed"]),
        ("pass", [], DAY + timedelta(days=1), ["future-date"]),
        ("pass", [], date(2020, 1, 1), ["before-permit"]),
    ],
)
def test_an_inspection_names_what_failed_and_lies_between_the_permit_and_today(
    result: str, defects: list[str], day: date, codes: list[str]
) -> None:
    found: list[str] = []
    try:
        occupancy.check_inspection(result, defects, day, since=date(2026, 11, 1), today=DAY)
    except InvalidFields as refusal:
        found = [fault.code for fault in refusal.faults]

    assert found == codes


def test_three_working_days_leave_out_weekends_and_holidays() -> None:

    office = WorkingTime(
        hours=Hours(time(7, 30), time(14, 30)), holidays=frozenset({date(2026, 9, 23)})
    )

    assert occupancy.decide_by(date(2026, 11, 24), office) == date(2026, 11, 29)
    assert occupancy.decide_by(date(2026, 9, 21), office) == date(2026, 9, 27)


def test_a_flagged_or_ended_certificate_carries_nothing() -> None:
    assert occupancy.in_force(None, flagged=False, on=DAY)
    assert occupancy.in_force(DAY, flagged=False, on=DAY)
    assert not occupancy.in_force(DAY, flagged=False, on=DAY + timedelta(days=1))
    assert not occupancy.in_force(None, flagged=True, on=DAY)
