"""The rules of tenders and leases, without a database."""

from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import pytest

from chassis.core.refusals import Findings, IllegalTransition, InvalidFields, NotFound
from chassis.core.states import state
from tenders.domain import disclosure, leases, notices, offerings, tenders
from tenders.domain.actors import drafting_municipality, require_reach, service_as
from tenders.domain.offerings import Action, Deadlines
from tenders.domain.terms import parse_lease, parse_tender
from tenders.sample import sample_lease, sample_tender

NOW = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)  # a Sunday, 11:00 in Riyadh
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def deadlines(days: int = 10) -> Deadlines:
    end = NOW + days * DAY
    return Deadlines(end - 5 * DAY, end, end + HOUR)


def codes_of(refusal: InvalidFields) -> dict[str, str]:
    return {one.field: one.code for one in refusal.faults}


def path_of(life: Any, *actions: Action) -> str:
    status = "draft"
    for action in actions:
        status = life.after(action, status)
    return status


TENDER_PATH = (Action.PUBLISH, Action.CLOSE, Action.OPEN, Action.AWARD, Action.CONTRACT)
LEASE_PATH = (
    *(Action.PUBLISH, Action.CLOSE, Action.OPEN, Action.NEGOTIATE, Action.AWARD, Action.CONTRACT),
    *(Action.HAND_OVER, Action.EXTEND, Action.RETURN),
)


def test_a_tender_goes_from_its_draft_to_its_contract() -> None:
    assert path_of(tenders.LIFE, *TENDER_PATH) == "contracted"


def test_a_lease_goes_from_its_draft_to_the_return_of_the_site() -> None:
    assert path_of(leases.LIFE, *LEASE_PATH) == "returned"


@pytest.mark.parametrize("life", [tenders.LIFE, leases.LIFE])
@pytest.mark.parametrize(
    ("action", "status"),
    [
        (Action.OPEN, "published"),
        (Action.AWARD, "closed"),
        (Action.AMEND, "closed"),
        (Action.RECEIVE, "closed"),
        (Action.EDIT, "published"),
        (Action.CANCEL, "contracted"),
        (Action.CANCEL, "cancelled"),
        (Action.PUBLISH, "cancelled"),
    ],
)
def test_a_step_out_of_turn_is_refused(life: Any, action: Action, status: str) -> None:
    with pytest.raises(IllegalTransition):
        life.after(action, status)


@pytest.mark.parametrize("module", [tenders, leases])
def test_every_published_status_says_who_acts_next(module: Any) -> None:
    reached = {after for ways in module.LIFE.steps.values() for after in ways.values()}

    sides = {offerings.next_step(one, module.ENDED) for one in reached - {"draft"}}

    assert sides == {"applicant", "municipality", "none"}


def test_deadlines_lie_ahead_and_in_their_order() -> None:
    wrong = Deadlines(NOW + 2 * DAY, NOW + DAY, NOW)
    findings = Findings()

    wrong.fault_moments(NOW, findings)

    assert [(one.field, one.code) for one in findings.faults] == [
        ("opens_at", "not-after-now"),
        ("bids_until", "before-questions-end"),
        ("opens_at", "before-bids-end"),
    ]


def test_a_published_deadline_only_moves_to_later() -> None:
    findings = Findings()

    after = offerings.amend_deadlines(deadlines(), {"bids_until": NOW + 9 * DAY}, findings)

    assert [(one.field, one.code) for one in findings.faults] == [("bids_until", "only-later")]
    assert after.questions_until == deadlines().questions_until


def test_a_moved_deadline_for_bids_takes_the_opening_along_or_is_refused() -> None:
    findings = Findings()

    offerings.amend_deadlines(deadlines(), {"bids_until": NOW + 12 * DAY}, findings)

    assert [(one.field, one.code) for one in findings.faults] == [("opens_at", "before-bids-end")]


def test_a_moment_more_than_two_years_ahead_is_a_slip() -> None:
    findings = Findings()

    deadlines(days=800).fault_moments(NOW, findings)

    assert {one.code for one in findings.faults} == {"year-unlikely"}


@pytest.mark.parametrize(
    ("later", "overtaken"),
    [
        ([], []),
        (["answered", "amended"], []),
        (["deadline_changed"], ["deadline_changed"]),
        (["awarded"], ["deadline_changed"]),
        (["cancelled"], ["deadline_changed", "amended", "answered", "awarded"]),
    ],
)
def test_a_later_change_overtakes_what_it_makes_untrue(
    later: list[str], overtaken: list[str]
) -> None:
    kinds = ("deadline_changed", "amended", "answered", "awarded")

    assert [one for one in kinds if notices.is_overtaken(one, later)] == overtaken


def test_a_bid_is_late_in_the_moment_of_the_deadline() -> None:
    offerings.require_bids_open(NOW, NOW - timedelta(microseconds=1))

    with pytest.raises(offerings.BidsAreClosed):
        offerings.require_bids_open(NOW, NOW)


def test_bids_stay_sealed_until_the_published_time() -> None:
    offerings.require_opening_time(NOW, NOW)

    with pytest.raises(offerings.BidsAreSealed):
        offerings.require_opening_time(NOW, NOW - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("offering", "source", "fits"),
    [
        ("tender", "etimad", True),
        ("tender", "paper", True),
        ("tender", "furas", False),
        ("lease", "furas", True),
        ("lease", "paper", True),
        ("lease", "etimad", False),
    ],
)
def test_etimad_takes_bids_of_tenders_and_furas_those_of_leases(
    offering: str, source: str, fits: bool
) -> None:
    if fits:
        offerings.require_source(offering, source)
    else:
        with pytest.raises(InvalidFields):
            offerings.require_source(offering, source)


def test_an_opening_reads_every_bid_once() -> None:
    offerings.check_opening({"1", "2"}, ["2", "1"])

    with pytest.raises(InvalidFields) as refused:
        offerings.check_opening({"1", "2", "3"}, ["1", "1", "9"])

    assert codes_of(refused.value) == {
        "bids.1.receipt_number": "bid-twice",
        "bids.2.receipt_number": "bid-unknown",
        "bids": "bid-left-out",
    }


def test_an_asker_reads_whether_the_question_was_answered_or_dismissed() -> None:
    moments = ((None, None), (NOW, None), (None, NOW))

    told = [
        [offerings.question_status(status, *one) for one in moments]
        for status in ("closed", "opened", "cancelled")
    ]

    until_opening, *later = told
    assert until_opening == ["waiting", "answered", "dismissed"]
    assert later == [["unanswered", "answered", "dismissed"]] * 2


@pytest.mark.parametrize(
    ("code", "status", "bids"),
    [
        ("no-bids", "opened", {}),
        ("none-accepted", "opened", {"E-1": None}),
        ("below-minimum", "negotiating", {"E-1": None, "E-2": 99}),
        ("winner-silent", "awarded", {"E-1": 100}),
        ("need-ended", "published", {}),
        ("error", "awarded", {"E-1": 100}),
    ],
)
def test_a_cancellation_names_a_cause_that_is_so(code: str, status: str, bids: Any) -> None:
    offerings.require_true_cause(code, status, bids, least=100, signing_is_over=True)


@pytest.mark.parametrize(
    ("code", "status", "bids"),
    [
        ("no-bids", "closed", {}),
        ("no-bids", "opened", {"E-1": None}),
        ("none-accepted", "awarded", {"E-1": 100}),
        ("none-accepted", "opened", {"E-1": None, "E-2": 100}),
        ("below-minimum", "opened", {"E-1": 100}),
        ("below-minimum", "opened", {}),
        ("winner-silent", "opened", {"E-1": 100}),
        ("winner-silent", "awarded", {"E-1": 100}),
    ],
)
def test_a_cause_that_the_opening_or_the_award_contradicts_is_refused(
    code: str, status: str, bids: Any
) -> None:
    with pytest.raises(InvalidFields, match="cause-not-so"):
        offerings.require_true_cause(code, status, bids, least=100, signing_is_over=False)


def test_whoever_opened_does_not_award() -> None:
    offerings.require_another_person("p_opener", "p_other")

    with pytest.raises(offerings.SamePerson):
        offerings.require_another_person("p_opener", "p_opener")


def test_a_number_names_its_series() -> None:
    numbers = [offerings.number_text(one, "saihat", 1448, 17) for one in ("tender", "lease")]

    assert numbers == ["14480450000017", "14480440000017"]
    assert [offerings.offering_of(one) for one in numbers] == ["tender", "lease"]
    assert offerings.offering_of("1448047000017") is None


# Leases.


@pytest.mark.parametrize(
    ("kind", "years", "days", "fits"),
    [
        ("temporary", None, 180, True),
        ("temporary", None, 181, False),
        ("temporary", 1, None, False),
        ("temporary", 1, 90, False),
        ("long", 25, None, True),
        ("long", None, 90, False),
        ("atm", 5, None, True),
    ],
)
def test_a_term_fits_its_kind(kind: str, years: int | None, days: int | None, fits: bool) -> None:
    findings = Findings()

    leases.check_term(kind, years, days, findings)

    assert (findings.faults == []) is fits


@pytest.mark.parametrize(
    ("years", "days", "code"),
    [(None, 181, "maximum"), (1, 181, "term-of-kind"), (1, None, "term-of-kind")],
)
def test_a_term_at_fault_is_named_once(years: int | None, days: int | None, code: str) -> None:
    findings = Findings()

    leases.check_term("temporary", years, days, findings)

    assert [(one.field, one.code) for one in findings.faults] == [("term_days", code)]


@pytest.mark.parametrize(
    ("years", "days", "last"),
    [(5, None, date(2032, 2, 29)), (None, 90, date(2027, 5, 29)), (1, None, date(2028, 2, 29))],
)
def test_a_term_is_counted_from_the_hand_over(
    years: int | None, days: int | None, last: date
) -> None:
    assert leases.ends_on(date(2027, 3, 1), years=years, days=days) == last


def test_a_temporary_lease_is_extended_once_by_the_same_term() -> None:
    last = date(2027, 5, 29)

    assert leases.extend_term(last, days=90, extended=False, today=last) == last + 90 * DAY
    for days, extended, today in ((90, True, last), (None, False, last), (90, False, last + DAY)):
        with pytest.raises(leases.NotExtendable):
            leases.extend_term(last, days=days, extended=extended, today=today)


def test_a_site_is_returned_after_the_last_day() -> None:
    leases.require_term_over(date(2027, 5, 29), date(2027, 5, 30))

    with pytest.raises(leases.TermNotOver):
        leases.require_term_over(date(2027, 5, 29), date(2027, 5, 29))


def test_an_award_reaches_the_least_rent() -> None:
    leases.require_minimum(5_000_000, 5_000_000)

    with pytest.raises(leases.BelowMinimum):
        leases.require_minimum(4_999_999, 5_000_000)


# What may be told when.


def test_the_estimate_is_told_with_the_award_and_to_those_who_prepare() -> None:
    shown = disclosure.shows_estimate

    assert [shown(None), shown(None, {"tenders.read"}), shown(None, {"tenders.prepare"})] == [
        *(False, False, True)
    ]
    assert shown(NOW)


def test_receipts_are_read_after_the_opening_and_by_those_who_receive_or_open() -> None:
    shown = disclosure.shows_receipts

    assert not shown(None, {"tenders.read", "tenders.prepare", "tenders.award"})
    assert shown(None, {"tenders.receive"})
    assert shown(None, {"tenders.open"})
    assert shown(NOW, set())


@pytest.mark.parametrize(
    "text",
    [
        "السائل 1000000008",
        "جواله ٠٥٠٠٠٠٠٠٠١",
        "اتصلوا على 050 000 0001",
        "+966 50 000 0001",
        "هويته 1000-0000-08",
        "00966500000001",
        "السائل 1 000 000 008 وموعده 2026-12-01 10:00",
        "البند 3 1000000008",
        "من 2026-12-01 10:00 جواله 05 0000 0001",
        "2000/000/006",
    ],
)
def test_a_published_text_holds_no_number_of_a_person(text: str) -> None:
    findings = Findings()

    disclosure.fault_person_numbers(findings, answer=text)

    assert [(one.field, one.code) for one in findings.faults] == [("answer", "names-a-person")]


def test_digits_far_apart_are_searched_without_trying_every_way_to_part_them() -> None:
    text = ("1   " * 9 + "x ") * 100
    began = perf_counter()

    disclosure.holds_number_of_person(text)

    assert perf_counter() - began < 1


def test_a_date_with_an_hour_is_no_number_of_a_person() -> None:
    """Every day of two years at every hour: one in ten passes the check of identity numbers."""
    days = [date(2026, 1, 1) + number * DAY for number in range(730)]
    texts = [
        f"{day:{form}} {hour:02}:00"
        for form in ("%Y-%m-%d", "%Y/%m/%d")
        for day in days
        for hour in range(24)
    ]

    assert [text for text in texts if disclosure.holds_number_of_person(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        *("القيمة 1250000.00 ريال", "المنشأة 7000000005", "الهاتف 0138552222", "14480450000017"),
        *("الزيارة 2026-12-01 10:00", "الزيارة 1448/06/15 12:00", "1448/06/15 1448/06/16 10"),
        *("2026-12-01 10:00 - 2026-12-02 13:30", "١٤٤٨/٠٦/١٥ ١٢:٠٠", "01.12.2026 - 15.12.2026"),
        *("بين 2026-12-01 و 2026-12-15 20", "البنود 1 2 3 4 5 6 7 8 9 10", "1250000\n750"),
        "المبلغ 1000000009",
    ],
)
def test_other_numbers_are_published(text: str) -> None:
    findings = Findings()

    disclosure.fault_person_numbers(findings, answer=text)

    assert findings.faults == []


# Drafts.


def test_a_draft_of_a_tender_is_normalised() -> None:
    terms = parse_tender(sample_tender(NOW, platform_number=" 2211 "), NOW)

    assert (terms["platform_number"], terms["estimate"]) == ("2211", 125_000_000)
    assert "صيانه حديقه" in terms["search"]


def test_every_fault_of_a_lease_is_named_at_once() -> None:
    body = sample_lease(
        NOW,
        title={"ar": "---", "en": "Kiosk 0500000001"},
        term_years=5,
        platform_number="اتصلوا على 0500000001",
        site={"district": "حي 1000000008", "plan": "1/1000000008", "plot": "0500000001"},
        bids_until=NOW,
    )

    with pytest.raises(InvalidFields) as refused:
        parse_lease(body, NOW)

    assert codes_of(refused.value) == {
        "bids_until": "before-questions-end",
        "title.ar": "required",
        "title.en": "names-a-person",
        "term_days": "term-of-kind",
        "platform_number": "names-a-person",
        "site.district": "names-a-person",
        "site.plan": "names-a-person",
        "site.plot": "names-a-person",
    }


@pytest.mark.parametrize(
    ("point", "fault"),
    [
        ({"latitude": 50.04, "longitude": 26.48}, {"site.latitude": "coordinates-swapped"}),
        ({"latitude": 21.4, "longitude": 39.8}, {"site.latitude": "coordinates-outside"}),
        ({"latitude": 26.48}, {"site.longitude": "required"}),
    ],
)
def test_the_site_of_a_lease_lies_in_the_governorate(point: Any, fault: Any) -> None:
    with pytest.raises(InvalidFields) as refused:
        parse_lease(sample_lease(NOW, site={"district": "الكورنيش", **point}), NOW)

    assert codes_of(refused.value) == fault


def test_a_number_of_ten_digits_may_look_like_an_identity_number() -> None:
    findings = Findings()

    disclosure.fault_series_numbers(
        findings, contract_number="1000000008", platform_number="٢٠٠٠٠٠٠٠٠٦"
    )
    assert not findings.faults

    disclosure.fault_series_numbers(
        findings, contract_number="0500000001", platform_number="رقم 1000000008"
    )
    assert [one.field for one in findings.faults] == ["contract_number", "platform_number"]


def test_an_officer_drafts_for_the_own_branch_and_the_governorate_for_all() -> None:
    governorate = service_as("test")
    clerk: Any = SimpleNamespace(attributes={"municipality": "saihat"})

    assert drafting_municipality(clerk, None) == "saihat"
    assert drafting_municipality(governorate, "tarout") == "tarout"
    for actor, named in ((clerk, "tarout"), (governorate, "nowhere")):
        with pytest.raises(InvalidFields):
            drafting_municipality(actor, named)
    with pytest.raises(NotFound):
        require_reach(clerk, "tarout")


def test_an_award_is_not_told_as_a_contract() -> None:
    for kind in ("tender", "auction"):
        assert "yet to be signed" in state(kind, "awarded").next.en
