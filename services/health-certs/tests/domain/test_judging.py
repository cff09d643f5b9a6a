"""Which entries of a medical centre are accepted, and that nothing of it hangs on the result."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chassis.core import contracts
from health_certs.domain.examinations import (
    FIT,
    UNFIT,
    EarlierEntry,
    EnteredResult,
    Entry,
    ExaminedRequest,
    Refusal,
    refusal,
)
from health_certs.domain.reference import Centre, Period
from saudi.bilingual import Bilingual

ASKED = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
ENTERED = ASKED + timedelta(days=2)
DAY = timedelta(days=1)
SPANS = [Period(date(2026, 1, 1), date(2026, 11, 26)), Period(date(2026, 12, 1), None)]
CENTRE = Centre("saihat-centre", Bilingual("مركز", "Centre"), ["سيهات"], SPANS)
STANDING = ExaminedRequest(
    request_no="1448049000017",
    centre="saihat-centre",
    revision=2,
    submitted_on=date(2026, 11, 25),
    examined_until=ASKED + 30 * DAY,
    ended=False,
    oldest_days=30,
    earlier=[],
)
FIRST = EarlierEntry("e1", "saihat-centre", 2, ENTERED, None)


def entered(
    on: date = date(2026, 11, 26),
    corrects: str | None = None,
    *,
    result: str = FIT,
    **changes: object,
) -> EnteredResult:
    reason = "entry-error" if corrects else None
    found = EnteredResult(
        examination_id="e9",
        request_id="r1",
        request_no="1448049000017",
        centre="saihat-centre",
        revision=2,
        entered_at=ENTERED,
        entry=Entry(result, on, "12RM0012345", "p_1", corrects, reason),
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def standing(*recorded: EarlierEntry, **changes: object) -> ExaminedRequest:
    return replace(STANDING, earlier=list(recorded), **changes)  # type: ignore[arg-type]


CASES = [
    ("as it should be", entered(), standing(), None),
    ("of nothing", entered(), None, Refusal.REQUEST_UNKNOWN),
    ("another number", entered(request_no="1448049000018"), standing(), Refusal.REQUEST_UNKNOWN),
    ("not the chosen centre", entered(), standing(centre="qatif-centre"), Refusal.OTHER_CENTRE),
    ("of a revision to come", entered(revision=3), standing(), Refusal.REVISION_UNKNOWN),
    ("of a revision of before", entered(revision=1), standing(), None),
    ("after the end", entered(), standing(ended=True), Refusal.REQUEST_ENDED),
    (
        "after the deadline",
        entered(entered_at=STANDING.examined_until + timedelta(seconds=1)),
        standing(),
        Refusal.ENTERED_LATE,
    ),
    ("twice", entered(), standing(FIRST), Refusal.ALREADY_ENTERED),
    ("of the worker as edited", entered(), standing(replace(FIRST, revision=1)), None),
    ("after another centre's", entered(), standing(replace(FIRST, centre="qatif-centre")), None),
    ("tomorrow", entered(date(2026, 11, 28)), standing(), Refusal.EXAMINED_IN_FUTURE),
    ("long before", entered(date(2026, 10, 25)), standing(), Refusal.EXAMINED_TOO_EARLY),
    ("30 days before", entered(date(2026, 10, 26)), standing(), None),
    ("between the accreditations", entered(date(2026, 11, 27)), standing(), Refusal.NOT_ACCREDITED),
    ("a correction", entered(corrects="e1"), standing(FIRST), None),
    ("a correction of nothing", entered(corrects="e1"), standing(), Refusal.CORRECTION_UNKNOWN),
    (
        "a correction of another centre's",
        entered(corrects="e1"),
        standing(replace(FIRST, centre="qatif-centre")),
        Refusal.CORRECTION_UNKNOWN,
    ),
    (
        "a correction that moves the result to the worker as edited",
        entered(corrects="e1"),
        standing(replace(FIRST, revision=1)),
        Refusal.CORRECTION_UNKNOWN,
    ),
    ("a correction after the end", entered(corrects="e1"), standing(FIRST, ended=True), None),
    (
        "a correction after the worker chose another centre",
        entered(corrects="e1"),
        standing(FIRST, centre="qatif-centre"),
        None,
    ),
    (
        "a correction after a day",
        entered(corrects="e1", entered_at=ENTERED + timedelta(hours=24, seconds=1)),
        standing(FIRST),
        Refusal.CORRECTION_LATE,
    ),
    (
        "a correction of a correction, a day after the first",
        entered(corrects="e2", entered_at=ENTERED + timedelta(hours=25)),
        standing(FIRST, replace(FIRST, examination_id="e2", corrects="e1", entered_at=ENTERED + timedelta(hours=20))),
        Refusal.CORRECTION_LATE,
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "found", "why"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_an_entry_is_accepted_or_refused_for_one_reason(
    entry: EnteredResult, found: ExaminedRequest | None, why: Refusal | None
) -> None:
    assert refusal(entry, found, CENTRE) == why


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_fit_and_unfit_are_judged_alike(
    case: tuple[str, EnteredResult, ExaminedRequest | None, Refusal | None],
) -> None:
    _, entry, found, why = case

    assert refusal(replace(entry, entry=replace(entry.entry, result=UNFIT)), found, CENTRE) == why


def test_a_centre_that_is_on_no_list_is_not_accredited() -> None:
    assert refusal(entered(), standing(), None) is Refusal.NOT_ACCREDITED


def test_the_reasons_are_those_of_the_contract() -> None:
    answer = contracts.read("events/health-certs/examination.v1.schema.json")["$defs"]["answer"]

    assert set(answer["properties"]["reason"]["enum"]) == {*Refusal, None}
    assert {why for _, _, _, why in CASES} == {*Refusal, None}
