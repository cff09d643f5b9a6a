"""The gate, and the three stages of insulation before it."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest

from chassis.core.refusals import IllegalTransition, InvalidFields
from permits.domain import certificates, permits
from permits.domain.certificates import (
    Action,
    CertificateKind,
    Decision,
    Insulation,
    Refusal,
    Stage,
    StageResult,
    Status,
    Works,
)

TODAY = date(2027, 8, 1)
HOUSE = Works("permit-1", "valid", "new", describes_building=True)
GOOD = Insulation("insulation-1", "permit-1", "issued", valid_until=TODAY)


def decide(*insulation: Insulation, permit: Works = HOUSE, named: str | None = None) -> Decision:
    return certificates.decide_completion(permit, insulation, on=TODAY, named=named)


def test_a_valid_insulation_certificate_of_the_same_permit_opens_the_gate() -> None:
    assert decide(GOOD) == Decision(rests_on="insulation-1")
    assert decide(replace(GOOD, valid_until=None)) == Decision(rests_on="insulation-1")


@pytest.mark.parametrize(
    ("certificate", "refusal"),
    [
        (replace(GOOD, status="pending"), Refusal.PENDING),
        (replace(GOOD, status="rejected"), Refusal.REJECTED),
        (replace(GOOD, status="voided"), Refusal.VOIDED),
        (replace(GOOD, status="revoked"), Refusal.REVOKED),
        (replace(GOOD, valid_until=TODAY - timedelta(days=1)), Refusal.EXPIRED),
        (replace(GOOD, permit_id="permit-2"), Refusal.OF_ANOTHER_PERMIT),
        (replace(GOOD, status="something new"), Refusal.MISSING),
    ],
)
def test_anything_less_keeps_it_shut(certificate: Insulation, refusal: Refusal) -> None:
    assert decide(certificate) == Decision(refusal)


def test_no_certificate_keeps_it_shut() -> None:
    assert decide() == Decision(Refusal.MISSING)


@pytest.mark.parametrize(
    "status", ["suspended", "cancelled", "expired", "superseded", "renewed", "completed", "?"]
)
def test_a_permit_that_is_not_valid_keeps_it_shut_whatever_the_insulation(status: str) -> None:
    assert decide(GOOD, permit=replace(HOUSE, effective_status=status)) == Decision(
        Refusal.PERMIT_NOT_VALID
    )


def test_a_rejected_certificate_does_not_hide_a_later_valid_one() -> None:
    rejected = replace(GOOD, certificate_id="insulation-0", status="rejected")

    assert decide(rejected, GOOD) == Decision(rests_on="insulation-1")


def test_the_newest_certificate_gives_the_reason() -> None:
    rejected = replace(GOOD, certificate_id="insulation-0", status="rejected")

    assert decide(rejected, replace(GOOD, status="pending")) == Decision(Refusal.PENDING)


def test_a_named_certificate_is_the_one_that_counts() -> None:
    other = replace(GOOD, certificate_id="insulation-0", status="revoked")

    assert decide(other, GOOD, named="insulation-0") == Decision(Refusal.REVOKED)
    assert decide(other, GOOD, named="insulation-9") == Decision(Refusal.MISSING)


@pytest.mark.parametrize("works", ["fence", "demolition"])
def test_a_fence_and_a_demolition_need_no_insulation(works: str) -> None:
    assert decide(permit=replace(HOUSE, works=works, describes_building=False)) == Decision()


def test_a_fence_permit_that_describes_a_building_needs_insulation() -> None:
    assert decide(permit=replace(HOUSE, works="fence")) == Decision(Refusal.MISSING)


@pytest.mark.parametrize(
    "works", ["new", "addition", "correction", "restoration", "renewal", "a kind of tomorrow"]
)
def test_every_other_kind_needs_insulation_also_an_unknown_kind(works: str) -> None:
    assert permits.needs_insulation(works, describes_building=False, on=TODAY)


def test_before_the_rules_begin_the_gate_fails_closed() -> None:
    assert permits.needs_insulation("fence", describes_building=False, on=date(2000, 1, 1))


LEGAL = {
    ("insulation", "pending", "record_inspection"): "pending",
    ("insulation", "pending", "issue"): "issued",
    ("insulation", "pending", "reject"): "rejected",
    ("insulation", "pending", "void"): "voided",
    ("insulation", "issued", "void"): "voided",
    ("insulation", "issued", "revoke"): "revoked",
    ("completion", "issued", "revoke"): "revoked",
    ("completion", "rejected", "lift"): "voided",
    ("occupancy", "pending", "record_inspection"): "pending",
    ("occupancy", "pending", "issue"): "issued",
    ("occupancy", "pending", "reject"): "rejected",
    ("occupancy", "pending", "void"): "voided",
    ("occupancy", "issued", "void"): "voided",
    ("occupancy", "issued", "revoke"): "revoked",
}


@pytest.mark.parametrize("step", list(product(CertificateKind, Status, Action)))
def test_certificates_move_only_as_the_procedure_says(step: tuple[str, str, Action]) -> None:
    if step in LEGAL:
        assert certificates.advance(*step) == LEGAL[step]
        return
    with pytest.raises(IllegalTransition):
        certificates.advance(*step)


def result(stage: str, found: str = "pass", day: int = 1) -> StageResult:
    return StageResult(Stage(stage), found, date(2027, 3, day))


@pytest.mark.parametrize(
    ("inspected_on", "code"),
    [
        (TODAY + timedelta(days=1), "future-date"),
        (date(2027, 2, 28), "before-permit"),
        (date(2027, 6, 30), "before-insulation"),
    ],
)
def test_a_final_inspection_comes_after_the_permit_and_after_the_visits(
    inspected_on: date, code: str
) -> None:
    days = {"since": date(2027, 3, 1), "after": date(2027, 7, 1), "today": TODAY}

    certificates.check_final(date(2027, 7, 1), **days)
    certificates.check_final(date(2027, 3, 1), **{**days, "after": None})
    with pytest.raises(InvalidFields) as caught:
        certificates.check_final(inspected_on, **days)
    assert [(f.field, f.code) for f in caught.value.faults] == [("inspected_on", code)]


@pytest.mark.parametrize(
    ("refusal", "status", "told"),
    [
        ("insulation-missing", "valid", True),
        ("insulation-revoked", "valid", True),
        ("permit-not-valid", "suspended", True),
        ("permit-not-valid", "valid", True),  # it expired
        ("permit-not-valid", "completed", False),
        ("permit-not-valid", "renewed", False),
        ("insulation-of-another-permit", "valid", False),
    ],
)
def test_an_owner_is_told_of_what_was_decided_about_his_building(
    refusal: str, status: str, told: bool
) -> None:
    assert certificates.is_of_the_building(refusal, status) == told


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (result("walls", day=4), "before-last-inspection"),
        (StageResult(Stage.WALLS, "pass", TODAY + timedelta(days=1)), "future-date"),
    ],
)
def test_a_visit_is_not_dated_before_the_last_one_nor_tomorrow(new: StageResult, code: str) -> None:
    with pytest.raises(InvalidFields) as caught:
        certificates.check_inspection([result("walls", "fail", 5)], new, today=TODAY)

    assert [(f.field, f.code) for f in caught.value.faults] == [("inspected_on", code)]


def test_a_certificate_does_not_end_before_it_begins() -> None:
    certificates.check_validity(TODAY, TODAY)
    certificates.check_validity(TODAY, None)
    with pytest.raises(InvalidFields):
        certificates.check_validity(TODAY, TODAY - timedelta(days=1))


def test_a_pending_or_valid_certificate_blocks_another_and_a_dead_one_does_not() -> None:
    assert certificates.blocks_another(replace(GOOD, status="pending"), on=TODAY)
    assert certificates.blocks_another(GOOD, on=TODAY)
    assert not certificates.blocks_another(GOOD, on=TODAY + timedelta(days=1))
    assert not certificates.blocks_another(replace(GOOD, status="rejected"), on=TODAY)


@pytest.mark.parametrize(
    ("insulation", "completion", "left"),
    [
        (None, None, None),
        (Status.ISSUED, Status.ISSUED, None),
        (Status.REVOKED, None, "insulation-revoked"),
        (Status.VOIDED, Status.REVOKED, "insulation-voided"),
        (Status.ISSUED, Status.REVOKED, "completion-revoked"),
    ],
)
def test_an_undone_cancellation_leaves_a_flag_only_where_another_ground_is_missing(
    insulation: Status | None, completion: Status | None, left: str | None
) -> None:
    assert certificates.remaining_flag(insulation=insulation, completion=completion) == left
