"""The rules of medical centres at the gateway, without HTTP and without a database."""

from datetime import UTC, date, datetime, timedelta

import pytest

from chassis.core import contracts
from chassis.core.refusals import InvalidFields
from partner_gateway.domain import examinations
from partner_gateway.domain.examinations import (
    Before,
    ExaminationEntered,
    MedicalCentreOnly,
    NothingToCorrect,
    Plan,
)
from saudi import Malformed

NOON = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def before(status="accepted", revision=1, first_at=NOON):
    return Before("e1", status, revision, first_at)


@pytest.mark.parametrize("kind", ["staff", "machine", "citizen"])
@pytest.mark.parametrize(
    "organisation", ["municipality", "affiliated_municipality", "partner", "medical_centre", ""]
)
def test_staff_and_systems_of_medical_centres_alone_may_enter(kind, organisation):
    if kind != "citizen" and organisation == "medical_centre":
        examinations.check_caller(kind, organisation)
        return
    with pytest.raises(MedicalCentreOnly):
        examinations.check_caller(kind, organisation)


@pytest.mark.parametrize(
    ("earlier", "chosen", "reason", "due"),
    [
        (None, 1, None, Plan(1, NOON + HOUR)),
        (before(), 2, None, Plan(2, NOON + HOUR)),  # the worker was edited since
        (before(), 1, "entry-error", Plan(1, NOON, "e1")),
        (before(), 2, "examined-again", Plan(1, NOON, "e1")),  # of the worker that was examined
        (before(), None, "entry-error", Plan(1, NOON, "e1")),  # the request ended, or moved away
    ],
)
def test_an_entry_is_a_first_one_or_corrects_the_last(earlier, chosen, reason, due):
    assert examinations.plan(earlier, chosen, reason, NOON + HOUR) == due


@pytest.mark.parametrize(
    ("earlier", "chosen", "reason", "refusal", "code"),
    [
        (before(), 1, None, ExaminationEntered, None),
        (before(), None, None, ExaminationEntered, None),
        (None, None, None, ExaminationEntered, None),
        (before("pending"), 1, None, ExaminationEntered, "pending"),
        (before("pending"), 1, "entry-error", ExaminationEntered, "pending"),
        (before(first_at=NOON - 24 * HOUR), 1, "entry-error", ExaminationEntered, "late"),
        (None, 1, "entry-error", NothingToCorrect, None),
    ],
)
def test_a_result_is_never_written_over_silently(earlier, chosen, reason, refusal, code):
    with pytest.raises(refusal) as raised:
        examinations.plan(earlier, chosen, reason, NOON + HOUR)

    assert raised.value.code == code


@pytest.mark.parametrize(
    "text", ["12RM0012345", "12-rm-0012345", "١٢-RM-٠٠١٢٣٤٥", " 12-RM-0012345 "]
)
def test_a_practice_number_has_one_form(text):
    assert examinations.practice_number(text) == "12RM0012345"


@pytest.mark.parametrize("text", ["HIV", "12RM0012345 hepatitis", "12RM", "0012345RM12"])
def test_a_malformed_practice_number_is_refused(text):
    with pytest.raises(InvalidFields):
        examinations.practice_number(text)


@pytest.mark.parametrize(
    ("text", "number"), [("٢٠٠٠٠٠٠٠٠٦", "2000000006"), ("3000000009", "3000000009"), ("1000000008", "1000000008")]
)  # fmt: skip
def test_a_worker_has_a_national_id_an_iqama_or_a_border_number(text, number):
    assert examinations.worker_number(text) == number


@pytest.mark.parametrize("text", ["7000000005", "2000000007", "200000000", "abcdefghij"])
def test_other_numbers_are_no_workers(text):
    with pytest.raises(Malformed):
        examinations.worker_number(text)


def test_an_examination_that_is_to_come_is_refused():
    with pytest.raises(InvalidFields):
        examinations.check_result({"examined_on": date(2026, 11, 26)}, date(2026, 11, 25))


def test_an_entry_is_published_again_after_longer_and_longer_waits():
    waits = [examinations.published_again_after(time) for time in range(1, 9)]

    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(minutes=1), timedelta(hours=1))


def test_a_centre_is_accredited_from_its_first_day_to_its_last():
    found = examinations.read_accreditations(contracts.read("reference/medical-centres.yaml"))
    spans = found["saihat-centre"]

    days = {date(2025, 12, 31): True, date(2026, 1, 1): False, date(2026, 3, 1): True}
    assert {day: examinations.is_accredited(spans, day) for day in days} == days
    assert not examinations.is_accredited(found["closed-centre"], date(2026, 7, 1))


def test_statuses_and_reasons_are_those_of_the_contracts():
    schemas = contracts.openapi("partner-gateway")["components"]["schemas"]
    events = contracts.read("events/health-certs/examination.v1.schema.json")["$defs"]["answer"]
    entered = contracts.read("events/partner-gateway/health-examination.v1.schema.json")

    told = {*schemas["ExaminationRefusal"]["enum"], None}
    assert told == set(events["properties"]["reason"]["enum"])
    reasons = entered["$defs"]["examination"]["properties"]["reason"]["enum"]
    assert {*schemas["CorrectionReason"]["enum"], None} == set(reasons)
    assert schemas["ExaminationStatus"]["enum"] == ["pending", "accepted", "refused"]
