"""The lives of tenders and leases through the commands, with their events, editions and notices."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chassis.core import contracts
from chassis.core.refusals import IllegalTransition, InvalidFields, NotFound
from chassis.data.aggregates import history
from chassis.data.deadlines import pending
from saudi.days import midnight_after
from tenders.commands import awards, bids, followers, publishing, questions, retention
from tenders.domain import leases, offerings
from tenders.domain.actors import CLOCK, RETENTION
from tenders.domain.leases import SigningTerm
from tenders.lookups import bids_of, standing_bids
from tenders.models import Edition, Follower, FollowerNotice, Lease, Question, Tender
from tenders.queries import count_waiting_questions, questions_of

from .people import CANCELLATION, CLERK, ELSEWHERE, MARK, OPENER, PREPARER, Prices, opening
from .stages import AFTER, DAY, HOUR, NOW, PREFIX, TERM, award, bring, hand_over, work

BOTH = pytest.mark.parametrize("model", [Tender, Lease])
MOBILE = "+966500000001"
LATER = {
    "reason": {"ar": "بطلب المتنافسين", "en": "As bidders asked"},
    "bids_until": NOW + 30 * DAY,
    "opens_at": NOW + 30 * DAY + HOUR,
}


def follow(session: Any, row: Any, mobile: str = MOBILE, at: Any = NOW) -> Follower:
    return followers.add_follower(work(session, CLOCK, at), row, mobile=mobile, language="ar")


def tell(session: Any, at: Any = NOW) -> None:
    """Tells every notice that isn't finished, as the clock does."""
    open_ones = select(FollowerNotice.notice_id).where(FollowerNotice.finished_at.is_(None))
    for notice_id in session.scalars(open_ones.order_by(FollowerNotice.notice_id)).all():
        followers.tell_batch(work(session, CLOCK, at), notice_id)


@BOTH
def test_a_draft_tells_nobody_and_has_no_number(session: Any, happened: Any, model: Any) -> None:
    row = bring(session, model, "draft")

    assert (row.number, happened()) == (None, [])


@BOTH
def test_a_publication_draws_a_number_and_sets_the_clock(
    session: Any, happened: Any, model: Any
) -> None:
    row = bring(session, model, "published")

    digit = {"tender": "5", "lease": "4"}[row.aggregate_type]
    assert row.number == f"144804{digit}0000001"
    assert pending(session, row.aggregate_type, row.aggregate_id) == {"close": row.bids_until}
    assert happened() == ["published"]


@BOTH
def test_every_event_is_as_the_contract_says(session: Any, outbox_rows: Any, model: Any) -> None:
    row = bring(session, model, "contracted")

    for event in outbox_rows():
        validator = contracts.event_validator(event.type)
        assert [str(one) for one in validator.iter_errors(event.envelope["data"])] == []
    names = [one.type.split(".")[-2] for one in outbox_rows() if one.topic != "tenders.notice"]
    assert names == ["published", "closed", "opened", "awarded", "contracted"]
    assert row.settled_at == AFTER


@BOTH
def test_an_old_draft_is_not_published_behind_its_deadlines(session: Any, model: Any) -> None:
    row = bring(session, model, "draft")

    with pytest.raises(InvalidFields):
        publishing.publish_offering(
            work(session, PREPARER, NOW + 15 * DAY), model, row.aggregate_id, ocid_prefix=PREFIX
        )


@BOTH
def test_an_amendment_is_a_new_edition_and_the_old_one_stays(session: Any, model: Any) -> None:
    row = bring(session, model, "published")
    before = row.bids_until
    follow(session, row)

    publishing.amend_offering(work(session, PREPARER), model, row.aggregate_id, LATER)

    which = select(Edition).where(Edition.offering_id == row.aggregate_id)
    editions = session.scalars(which.order_by(Edition.edition)).all()
    assert [one.bids_until for one in editions] == [before, LATER["bids_until"]]
    assert editions[1].reason == LATER["reason"]
    assert pending(session, row.aggregate_type, row.aggregate_id)["close"] == LATER["bids_until"]


@BOTH
def test_an_amendment_without_a_change_or_after_the_deadline_is_refused(
    session: Any, model: Any
) -> None:
    row = bring(session, model, "published")
    key, reason = row.aggregate_id, {"reason": LATER["reason"]}

    with pytest.raises(InvalidFields):
        publishing.amend_offering(work(session, PREPARER), model, key, reason)
    late = work(session, PREPARER, row.bids_until)
    with pytest.raises(offerings.BidsAreClosed):
        publishing.amend_offering(late, model, key, LATER)


@BOTH
def test_the_clock_closes_at_the_deadline_that_holds(
    session: Any, happened: Any, model: Any
) -> None:
    row = bring(session, model, "published")
    before = row.bids_until
    publishing.amend_offering(work(session, PREPARER), model, row.aggregate_id, LATER)

    publishing.close_when_due(work(session, CLOCK, before), row)
    status = row.status
    late = work(session, CLOCK, LATER["bids_until"])
    publishing.close_when_due(late, row)

    assert (status, row.status) == ("published", "closed")
    assert happened() == ["published", "amended", "closed"]


@BOTH
def test_a_receipt_is_in_no_event_and_counts_no_version(
    session: Any, happened: Any, model: Any
) -> None:
    row = bring(session, model, "published")
    before = (row.version, happened())

    bids.receive_bid(
        *(work(session, CLERK), model, row.aggregate_id),
        {"receipt_number": "E-1", "source": "paper"},
    )

    assert (row.version, happened()) == before


@BOTH
def test_a_bid_comes_in_time_and_once(session: Any, model: Any) -> None:
    row = bring(session, model, "received")
    late = work(session, CLERK, row.bids_until)

    with pytest.raises(offerings.BidsAreClosed):
        bids.receive_bid(
            late, model, row.aggregate_id, {"receipt_number": "E-9", "source": "paper"}
        )
    with pytest.raises(offerings.BidRecordedAlready):
        bids.receive_bid(
            *(work(session, CLERK), model, row.aggregate_id),
            {"receipt_number": "E-1", "source": "paper"},
        )


@BOTH
def test_a_bid_is_late_in_the_very_second_of_the_deadline_that_holds(
    session: Any, model: Any
) -> None:
    row = bring(session, model, "published")
    key, before, after = row.aggregate_id, row.bids_until, LATER["bids_until"]
    publishing.amend_offering(work(session, PREPARER), model, key, LATER)

    def receive(number: str, at: Any) -> None:
        unit = work(session, CLERK, at)
        bids.receive_bid(unit, model, key, {"receipt_number": number, "source": "paper"})

    receive("E-1", before)
    receive("E-2", after - timedelta(microseconds=1))
    with pytest.raises(offerings.BidsAreClosed):
        receive("E-3", after)

    assert [one.receipt_number for one in bids_of(session, key)] == ["E-1", "E-2"]


@BOTH
def test_bids_are_opened_at_their_time_and_all_at_once(session: Any, model: Any) -> None:
    row = bring(session, model, "received")
    key = row.aggregate_id

    with pytest.raises(IllegalTransition):
        bids.open_bids(work(session, OPENER), model, key, opening())
    session.expire_all()
    with pytest.raises(InvalidFields):
        bids.open_bids(work(session, OPENER, AFTER), model, key, opening(("E-1",)))


@BOTH
def test_every_bidder_that_cannot_be_published_is_named_at_once(session: Any, model: Any) -> None:
    row = bring(session, model, "received")
    body = opening()
    body["bids"][0]["bidder"], body["bids"][1]["bidder"] = " - ", "علي 0500000001"

    with pytest.raises(InvalidFields) as refused:
        bids.open_bids(work(session, OPENER, AFTER), model, row.aggregate_id, body)

    assert [(one.field, one.code) for one in refused.value.faults] == [
        ("bids.0.bidder", "required"),
        ("bids.1.bidder", "names-a-person"),
    ]


@BOTH
def test_an_award_needs_another_person_and_an_accepted_bid(session: Any, model: Any) -> None:
    row = bring(session, model, "opened")
    key = row.aggregate_id
    body = {"receipt_number": "E-2", "minutes_number": "م-15"}

    def give(actor: Any, **changes: Any) -> Any:
        unit = work(session, actor, AFTER)
        with session.begin_nested():
            return awards.award_offering(unit, model, key, {**body, **changes}, signing_term=TERM)

    with pytest.raises(offerings.SamePerson):
        give(OPENER)
    with pytest.raises(offerings.NotAccepted):
        give(PREPARER)
    with pytest.raises(InvalidFields):
        give(PREPARER, receipt_number="E-99")


@BOTH
def test_an_award_without_a_negotiation_is_of_the_amount_that_was_read(
    session: Any, model: Any
) -> None:
    row = bring(session, model, "opened")
    body = {"receipt_number": "E-1", "minutes_number": "م-15", "amount": 999_999_999_00}

    with pytest.raises(InvalidFields, match="amount-of-bid"):
        awards.award_offering(
            work(session, PREPARER, AFTER),
            model,
            row.aggregate_id,
            body,
            signing_term=TERM,
        )


def test_a_lease_goes_to_the_highest_accepted_bid(session: Any, lease: Any) -> None:
    row = lease("received")
    amounts = {"E-1": 6_500_000, "E-2": 7_000_000, "E-3": 6_000_000}
    read = opening(prices=Prices(amounts=amounts, refused="E-2"))
    bids.open_bids(work(session, OPENER, AFTER), Lease, row.lease_id, read)

    def give(number: str) -> Any:
        body = {"receipt_number": number, "minutes_number": "م-15"}
        unit = work(session, PREPARER, AFTER)
        with session.begin_nested():
            return awards.award_offering(unit, Lease, row.lease_id, body, signing_term=TERM)

    with pytest.raises(InvalidFields, match="bid-not-highest"):
        give("E-3")
    assert give("E-1").status == "awarded"


def test_a_negotiation_ends_with_the_highest_accepted_bid(session: Any, lease: Any) -> None:
    row = lease("received")
    amounts = {"E-1": 6_500_000, "E-2": 7_000_000, "E-3": 6_000_000}
    read = opening(prices=Prices(amounts=amounts, refused="E-2"))
    bids.open_bids(work(session, OPENER, AFTER), Lease, row.lease_id, read)
    awards.negotiate(work(session, PREPARER, AFTER), row.lease_id, note="بقرار 12")

    def give(number: str) -> Any:
        body = {"receipt_number": number, "minutes_number": "م-15", "amount": 6_600_000}
        unit = work(session, PREPARER, AFTER)
        with session.begin_nested():
            return awards.award_offering(unit, Lease, row.lease_id, body, signing_term=TERM)

    with pytest.raises(InvalidFields, match="bid-not-highest"):
        give("E-3")
    assert give("E-1").award["amount_halalas"] == 6_600_000


def test_nobody_negotiates_where_no_bid_was_accepted(session: Any, lease: Any) -> None:
    row = lease("published")
    bids.open_bids(work(session, OPENER, AFTER), Lease, row.lease_id, {**opening(), "bids": []})

    with pytest.raises(offerings.NotAccepted), session.begin_nested():
        awards.negotiate(work(session, PREPARER, AFTER), row.lease_id, note="بقرار 12")
    assert row.status == "opened"


@BOTH
def test_a_second_cancellation_is_told_that_the_first_one_stands(session: Any, model: Any) -> None:
    row = bring(session, model, "published")
    bids.open_bids(work(session, OPENER, AFTER), model, row.aggregate_id, {**opening(), "bids": []})
    body = {"code": "no-bids", "reason": {"ar": "لم يتقدم أحد", "en": "Nobody bid"}}

    def cancel() -> Any:
        unit = work(session, PREPARER, AFTER)
        return awards.cancel_offering(unit, model, row.aggregate_id, body)

    assert cancel().status == "cancelled"
    with pytest.raises(IllegalTransition):
        cancel()


def test_a_lease_is_not_awarded_below_the_least_rent(session: Any, lease: Any) -> None:
    row = lease("received")
    prices = Prices(amounts={"E-1": 2_000_00, "E-2": 1_500_00, "E-3": 1_000_00}, refused="E-2")
    bids.open_bids(work(session, OPENER, AFTER), Lease, row.lease_id, opening(prices=prices))
    body = {"receipt_number": "E-1", "minutes_number": "م-15"}

    with pytest.raises(leases.BelowMinimum):
        awards.award_offering(
            work(session, PREPARER, AFTER),
            Lease,
            row.aggregate_id,
            body,
            signing_term=TERM,
        )


def test_a_silent_winner_loses_the_lease_when_the_last_day_to_record_a_contract_is_over(
    session: Any, lease: Any, let_clock_act: Any
) -> None:
    row = lease("awarded")
    last_moment = midnight_after(date(2026, 12, 19) + 37 * DAY)
    due = pending(session, "lease", row.aggregate_id)["silent"]

    let_clock_act(due - timedelta(seconds=1))
    status = session.get_one(Lease, row.lease_id).status
    let_clock_act(due)

    assert (due, status) == (last_moment, "awarded")
    assert (row.status, row.cancel_code) == ("cancelled", "winner-silent")


@pytest.mark.parametrize("days", [10, 60])
def test_a_winner_has_the_days_that_held_when_the_lease_was_awarded(
    session: Any, lease: Any, let_clock_act: Any, days: int
) -> None:
    row = lease("opened")
    award(session, Lease, row.aggregate_id, AFTER, term=SigningTerm(days=days, record_days=0))
    over = midnight_after(date(2026, 12, 19) + days * DAY)

    let_clock_act(over - timedelta(seconds=1))
    status = session.get_one(Lease, row.lease_id).status
    let_clock_act(over)

    assert (status, row.status) == ("awarded", "cancelled")


@pytest.mark.parametrize("days", [30, 37])
def test_a_contract_that_was_signed_in_time_is_recorded_until_the_last_day_to_record(
    session: Any,
    lease: Any,
    let_clock_act: Any,
    days: int,
) -> None:
    row = lease("awarded")
    let_clock_act(late := AFTER + days * DAY + 10 * HOUR)
    body = {"contract_number": "ع-88", "signed_on": date(2026, 12, 19) + 30 * DAY}

    awards.sign_contract(work(session, PREPARER, late), Lease, row.lease_id, body)

    assert row.status == "contracted"


def test_a_contract_after_the_term_and_with_a_telephone_for_its_number_is_refused_for_both(
    session: Any, lease: Any
) -> None:
    row = lease("awarded")
    late = AFTER + 31 * DAY
    body = {"contract_number": "0500000001", "signed_on": date(2026, 12, 19) + 31 * DAY}

    with pytest.raises(InvalidFields) as refused:
        awards.sign_contract(work(session, PREPARER, late), Lease, row.lease_id, body)

    assert [(one.field, one.code) for one in refused.value.faults] == [
        ("contract_number", "names-a-person"),
        ("signed_on", "after-the-signing-term"),
    ]


def test_officers_read_until_when_a_contract_is_signed_and_recorded(
    session: Any, api: Any, lease: Any
) -> None:
    row, waiting = lease("awarded"), lease("opened")

    shown = api.ask("get_lease", lease_id=row.lease_id)

    days = {name: shown[name] for name in ("sign_until", "record_until")}
    assert days == {"sign_until": "2027-01-18", "record_until": "2027-01-25"}
    assert shown["sign_until_hijri"] == "1448/08/10"
    assert api.ask("get_lease", lease_id=waiting.lease_id)["sign_until"] is None


def test_a_signed_lease_keeps_its_winner(session: Any, lease: Any) -> None:
    row = lease("contracted")

    awards.cancel_silent(work(session, CLOCK, AFTER + 60 * DAY), row.lease_id)

    assert row.status == "contracted"
    assert pending(session, "lease", row.aggregate_id) == {}


def test_the_term_begins_with_the_hand_over_and_is_extended_once(session: Any, lease: Any) -> None:
    row = lease("contracted")
    later = AFTER + 40 * DAY

    hand_over(session, row.lease_id, later)
    first, last = row.handed_over_on, row.ends_on
    awards.extend(work(session, PREPARER, later), row.lease_id, note="بقرار")

    assert first is not None
    assert last is not None
    assert (last - first).days == 89
    assert row.ends_on == last + 90 * DAY
    with pytest.raises(leases.NotExtendable):
        awards.extend(work(session, PREPARER, later), row.lease_id, note="بقرار")


def test_the_history_keeps_the_note_of_each_step(session: Any, api: Any, lease: Any) -> None:
    negotiated, row = lease("opened"), lease("contracted")
    end = AFTER + 40 * DAY
    awards.negotiate(work(session, PREPARER, AFTER), negotiated.lease_id, note=" بقرار 12 ")
    hand_over(session, row.lease_id, AFTER)
    awards.extend(work(session, PREPARER, end), row.lease_id, note="بقرار 13")
    awards.return_site(work(session, PREPARER, end + 200 * DAY), row.lease_id, note="محضر 14")

    shown = [api.ask("get_lease", lease_id=one.lease_id) for one in (negotiated, row)]

    notes = [{one["action"]: one["note"] for one in lease["history"]} for lease in shown]
    assert notes[0]["negotiate"] == "بقرار 12"
    assert (notes[1]["extend"], notes[1]["return"]) == ("بقرار 13", "محضر 14")
    assert notes[1]["publish"] is None


@pytest.mark.parametrize("note", ["  ", "المستأجر 1000000008", "جواله 0500000001"])
def test_a_note_says_something_and_names_no_person(session: Any, lease: Any, note: str) -> None:
    row = lease("opened")

    with pytest.raises(InvalidFields) as refused:
        awards.negotiate(work(session, PREPARER, AFTER), row.lease_id, note=note)

    assert [one.field for one in refused.value.faults] == ["note"]
    assert row.status == "opened"


def test_a_site_comes_back_after_the_term(session: Any, lease: Any) -> None:
    row = lease("contracted")
    hand_over(session, row.lease_id, AFTER)

    with pytest.raises(leases.TermNotOver):
        awards.return_site(work(session, PREPARER, AFTER), row.lease_id, note="استلام")
    session.expire_all()
    later = work(session, PREPARER, AFTER + 91 * DAY)
    awards.return_site(later, row.lease_id, note="استلام")

    assert row.status == "returned"


@BOTH
def test_a_cancelled_draft_is_told_to_nobody(session: Any, happened: Any, model: Any) -> None:
    row = bring(session, model, "draft")

    awards.cancel_offering(work(session, PREPARER), model, row.aggregate_id, CANCELLATION)

    assert (row.status, happened()) == ("cancelled", [])


@BOTH
def test_an_officer_of_another_branch_finds_nothing(session: Any, model: Any) -> None:
    row = bring(session, model, "published")

    with pytest.raises(NotFound):
        awards.cancel_offering(work(session, ELSEWHERE), model, row.aggregate_id, CANCELLATION)


# Followers and questions.


@BOTH
def test_followers_hear_of_a_changed_deadline_an_answer_an_award_and_a_cancellation(
    session: Any, reached: Any, model: Any
) -> None:
    row = bring(session, model, "published")
    key = row.aggregate_id
    follow(session, row)
    question = questions.ask(work(session, CLOCK), row, text="هل تشمل الري؟")
    body = {"question": "هل تشمل الري؟", "answer": "نعم."}
    for change in (
        lambda: questions.answer(work(session, PREPARER), model, key, question.question_id, body),
        lambda: publishing.amend_offering(work(session, PREPARER), model, key, LATER),
        lambda: awards.cancel_offering(work(session, PREPARER), model, key, CANCELLATION),
    ):
        change()
        tell(session)

    assert reached() == [(one, MOBILE) for one in ("answered", "deadline_changed", "cancelled")]


@BOTH
def test_a_deadline_that_moves_again_before_it_is_told_is_told_once(
    session: Any, reached: Any, model: Any
) -> None:
    row = bring(session, model, "published")
    follow(session, row)
    for days in (30, 40):
        moved = {**LATER, "bids_until": NOW + days * DAY, "opens_at": NOW + days * DAY + HOUR}
        publishing.amend_offering(work(session, PREPARER), model, row.aggregate_id, moved)

    tell(session)

    assert reached() == [("deadline_changed", MOBILE)]


@BOTH
def test_a_cancellation_overtakes_what_is_not_told_yet(
    session: Any, reached: Any, model: Any
) -> None:
    row = bring(session, model, "published")
    follow(session, row)
    publishing.amend_offering(work(session, PREPARER), model, row.aggregate_id, LATER)
    awards.cancel_offering(work(session, PREPARER), model, row.aggregate_id, CANCELLATION)

    tell(session)

    assert reached() == [("cancelled", MOBILE)]


@BOTH
@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"bids_until": NOW + 30 * DAY, "opens_at": NOW + 31 * DAY}, "deadline_changed"),
        ({"questions_until": NOW + 12 * DAY}, "amended"),
        ({"opens_at": NOW + 31 * DAY}, "amended"),
        ({"documents": []}, "amended"),
    ],
)
def test_followers_hear_of_every_amendment(
    session: Any, reached: Any, model: Any, changes: Any, told: str
) -> None:
    row = bring(session, model, "published")
    follow(session, row)
    body = {"reason": LATER["reason"], **changes}

    publishing.amend_offering(work(session, PREPARER), model, row.aggregate_id, body)
    tell(session)

    assert reached() == [(told, MOBILE)]


@BOTH
def test_followers_hear_of_an_award(session: Any, reached: Any, model: Any) -> None:
    row = bring(session, model, "opened")
    follow(session, row)

    award(session, model, row.aggregate_id, AFTER)
    tell(session, AFTER)

    assert reached() == [("awarded", MOBILE)]


def test_two_hundred_and_one_followers_are_told_in_batches_and_each_once(
    session: Any, tender: Any, reached: Any, outbox_rows: Any
) -> None:
    row = tender()
    mobiles = [f"+9665000{number:05}" for number in range(201)]
    for mobile in mobiles:
        follow(session, row, mobile)
    awards.cancel_offering(work(session, PREPARER), Tender, row.aggregate_id, CANCELLATION)

    for _ in range(4):
        tell(session)

    batches = [one for one in outbox_rows() if one.topic == "tenders.notice"]
    assert [len(one.envelope["data"]["contacts"]) for one in batches] == [100, 100, 1]
    assert sorted(mobile for _, mobile in reached()) == sorted(mobiles)


def test_a_mobile_follows_once_and_is_told_nothing_after_it_left(
    session: Any, tender: Any, reached: Any
) -> None:
    row = tender()
    first, second = follow(session, row), follow(session, row)
    token = first.contact["token"]
    followers.end_following(work(session, CLOCK), token)
    awards.cancel_offering(work(session, PREPARER), Tender, row.aggregate_id, CANCELLATION)

    tell(session)

    assert first is second
    assert reached() == []
    with pytest.raises(NotFound):
        followers.end_following(work(session, CLOCK), token)


def test_a_mobile_that_follows_twice_is_told_once_and_in_its_new_language(
    session: Any, tender: Any, reached: Any
) -> None:
    row = tender()
    first = follow(session, row)
    token = first.contact["token"]
    followers.add_follower(work(session, CLOCK), row, mobile=MOBILE, language="en")
    awards.cancel_offering(work(session, PREPARER), Tender, row.aggregate_id, CANCELLATION)

    tell(session)

    assert reached() == [("cancelled", MOBILE)]
    assert (first.contact["language"], first.contact["token"]) == ("en", token)


@BOTH
def test_nobody_follows_after_the_settlement(session: Any, model: Any) -> None:
    row = bring(session, model, "contracted")

    with pytest.raises(NotFound):
        follow(session, row, at=AFTER)

    assert session.scalars(select(Follower)).all() == []


def test_who_follows_after_a_notice_was_made_is_not_told(
    session: Any, tender: Any, reached: Any
) -> None:
    row = tender()
    publishing.amend_offering(work(session, PREPARER), Tender, row.aggregate_id, LATER)
    follow(session, row, at=NOW + HOUR)

    tell(session, NOW + HOUR)

    assert reached() == []


@BOTH
def test_a_question_is_answered_once_and_names_nobody(session: Any, model: Any) -> None:
    row = bring(session, model, "published")
    with pytest.raises(InvalidFields):
        questions.ask(work(session, CLOCK), row, text="أنا 0500000001، هل تشمل الري؟")
    question = questions.ask(work(session, CLOCK), row, text="أنا من مؤسسة، هل تشمل الري؟")

    def say(*texts: str) -> Question:
        return questions.answer(
            work(session, PREPARER),
            model,
            row.aggregate_id,
            question.question_id,
            {"question": texts[0], "answer": texts[1]},
        )

    with pytest.raises(InvalidFields):
        say("أنا 0500000001", "نعم.")
    say("هل تشمل الري؟", "نعم.")
    with pytest.raises(offerings.AnsweredAlready):
        say("هل تشمل الري؟", "لا.")


@BOTH
def test_a_dismissed_question_stays_unpublished_and_tells_nobody_else(
    session: Any, happened: Any, model: Any
) -> None:
    row = bring(session, model, "published")
    question = questions.ask(work(session, CLOCK), row, text="السؤال نفسه؟")
    key, before = row.aggregate_id, (row.version, happened())

    def say(command: Any, **words: Any) -> Any:
        unit = work(session, PREPARER)
        return command(unit, model, key, question.question_id, **words)

    say(questions.dismiss, body={"reason": "repeated"})

    assert (row.version, happened()) == before
    for command, words in (
        (questions.dismiss, {"body": {"reason": "abusive"}}),
        (questions.answer, {"body": {"question": "سؤال؟", "answer": "جواب."}}),
    ):
        with pytest.raises(offerings.DismissedAlready):
            say(command, **words)
    assert (question.answered_at, question.dismissed_because) == (None, "repeated")


@BOTH
def test_an_answered_question_isnt_dismissed(session: Any, model: Any) -> None:
    row = bring(session, model, "published")
    question = questions.ask(work(session, CLOCK), row, text="هل تشمل الري؟")
    which = (model, row.aggregate_id, question.question_id)
    questions.answer(
        work(session, PREPARER), *which, body={"question": "هل تشمل الري؟", "answer": "نعم."}
    )

    with pytest.raises(offerings.AnsweredAlready):
        questions.dismiss(work(session, PREPARER), *which, body={"reason": "repeated"})


@BOTH
def test_questions_that_wait_are_counted_and_come_first(session: Any, model: Any) -> None:
    row, quiet = bring(session, model, "published"), bring(session, model, "published")
    texts = ("هل تشمل الري؟", "السؤال نفسه؟", "متى يُفتح؟")
    asked = [questions.ask(work(session, CLOCK), row, text=one).question_id for one in texts]
    which = (model, row.aggregate_id)
    questions.answer(
        work(session, PREPARER), *which, asked[0], body={"question": "الري؟", "answer": "نعم."}
    )
    questions.dismiss(work(session, PREPARER), *which, asked[1], body={"reason": "repeated"})

    waiting = count_waiting_questions(session, [row.aggregate_id, quiet.aggregate_id])

    assert waiting == {row.aggregate_id: 1}
    listed = [one.question_id for one in questions_of(session, row.aggregate_id)]
    assert listed == [asked[2], asked[0], asked[1]]


# Receipts that were recorded by mistake.


def withdraw(session: Any, row: Any, *, by: Any = OPENER, at: Any = NOW, **changes: str) -> Any:
    body = {"receipt_number": "E-2", "reason": "سُجل في منافسة أخرى", **changes}
    return bids.withdraw_receipt(work(session, by, at), type(row), row.aggregate_id, body)


@BOTH
def test_a_withdrawn_receipt_isnt_read_at_the_opening(
    session: Any, happened: Any, model: Any
) -> None:
    row = bring(session, model, "received")
    before = (row.version, happened())

    withdraw(session, row)

    assert (row.version, happened()) == before
    read = opening(("E-1", "E-3"))
    bids.open_bids(work(session, OPENER, AFTER), model, row.aggregate_id, read)
    assert row.bids_count == 2
    assert [one.contents is None for one in bids_of(session, row.aggregate_id)] == [
        *(False, True, False)
    ]


@BOTH
def test_receipt_and_withdrawal_both_stay_in_the_history(session: Any, model: Any) -> None:
    row = bring(session, model, "received")

    withdraw(session, row)

    steps = history(session, (row.aggregate_type, row.aggregate_id))
    assert [one.action for one in steps][-4:] == [*(["receive"] * 3), "withdraw-receipt"]
    assert (steps[-1].subject, steps[-1].note) == (OPENER.subject, "E-2: سُجل في منافسة أخرى")


@BOTH
def test_the_number_of_a_withdrawn_receipt_may_be_recorded_again(session: Any, model: Any) -> None:
    row = bring(session, model, "received")
    withdraw(session, row)

    unit = work(session, CLERK)
    bids.receive_bid(unit, model, row.aggregate_id, {"receipt_number": "E-2", "source": "paper"})

    withdrawn = [one.withdrawn_at is None for one in bids_of(session, row.aggregate_id)]
    assert sorted(withdrawn) == [False, True, True, True]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"at": AFTER}, offerings.BidsMayBeOpen),
        ({"by": CLERK}, offerings.SamePerson),
        ({"by": ELSEWHERE}, NotFound),
        ({"receipt_number": "E-9"}, InvalidFields),
        ({"reason": "رجع صاحبه 0500000001"}, InvalidFields),
        ({"reason": " ، "}, InvalidFields),
    ],
)
def test_a_receipt_isnt_withdrawn_late_alone_or_without_a_reason(
    session: Any, tender: Any, changes: Any, refusal: Any
) -> None:
    row = tender("received")

    with pytest.raises(refusal):
        withdraw(session, row, **changes)


def test_no_receipt_is_withdrawn_after_the_opening(session: Any, tender: Any) -> None:
    row = tender("opened")

    with pytest.raises(IllegalTransition):
        withdraw(session, row, at=NOW)


def test_questions_end_before_bids(session: Any, tender: Any) -> None:
    row = tender()

    with pytest.raises(offerings.QuestionsAreClosed):
        questions.ask(work(session, CLOCK, row.questions_until), row, text="متأخر؟")


def test_the_names_of_people_who_bid_are_forgotten_after_the_settlement(session: Any) -> None:
    row = bring(session, Lease, "opened")
    person, company, *_ = standing_bids(session, row.aggregate_id).values()
    person.contents = {**person.contents, "unified_number": None}
    awards.cancel_offering(work(session, PREPARER, AFTER), Lease, row.aggregate_id, CANCELLATION)

    later = AFTER + 31 * DAY
    retention.forget_followers(work(session, RETENTION, later), before=later)
    session.expire_all()

    assert person.contents["bidder"] is None
    assert MARK in company.contents["bidder"]


@BOTH
def test_followers_and_words_of_askers_are_forgotten_after_the_settlement(
    session: Any, happened: Any, model: Any
) -> None:
    row = bring(session, model, "published")
    follow(session, row)
    question = questions.ask(work(session, CLOCK), row, text="هل تشمل الري؟")
    awards.cancel_offering(work(session, PREPARER), model, row.aggregate_id, CANCELLATION)
    before = happened()

    early = retention.forget_followers(work(session, RETENTION, NOW + DAY), before=NOW)
    late = retention.forget_followers(work(session, RETENTION, NOW + 31 * DAY), before=NOW + DAY)
    session.expire_all()

    assert (early, late) == (0, 1)
    assert session.scalars(select(Follower)).all() == []
    assert question.asked is None
    assert happened() == before


@BOTH
def test_an_awarded_offering_is_not_cancelled_for_want_of_bids(session: Any, model: Any) -> None:
    row = bring(session, model, "awarded")
    body = {**CANCELLATION, "code": "no-bids"}

    with pytest.raises(InvalidFields, match="code: cause-not-so"):
        awards.cancel_offering(work(session, PREPARER, AFTER), model, row.aggregate_id, body)

    assert row.status == "awarded"
