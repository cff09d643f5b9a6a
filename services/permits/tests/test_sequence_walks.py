"""Walks through the lives of two buildings: however they go, the promises of promises_of_buildings.py hold; and each
promise sees what it's for, because a rule that is broken on purpose makes a story fail that was fine."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text

from chassis.testing_walks import (
    Break,
    WalkDatabase,
    do_nothing,
    require_broken_promise,
    switch_off,
    switch_off_deadline,
    take_walks,
)
from permits.app import SERVICE
from permits.commands import (
    change_permit,
    corrected_owners,
    followed_permit,
    insulation_state,
    issue,
    occupancy,
    recording,
    release_current,
    release_state,
)
from permits.domain import occupancy as occupancy_rules
from permits.domain import releases, succession, supply
from permits.domain.appeals import Against
from permits.domain.permits import TRANSITIONS, Action, Status
from permits.models import Permit

from .walking_buildings import TALLY, Buildings, WalkFixtures


@pytest.fixture
def fixtures(
    session: Any, database: Any, desk: Any, desk_class: Any, house: Any, loops: Any
) -> WalkFixtures:
    """Two buildings, the first one insulated. Nothing else is there: other files leave permits behind."""
    if session.scalar(select(Permit.permit_id).limit(1)):
        session.execute(text("TRUNCATE permit, permit_request, outbox, deadline, parked CASCADE"))
    kept = WalkDatabase(session, database)
    land = house()["land"]
    first, second = desk.issued(), desk.issued(land={**land, "plots": ["217"]})
    desk.insulated(first)
    session.flush()
    permits = first.permit_id, second.permit_id
    return WalkFixtures(kept, desk_class, house, loops, permits, desk.now)


def test_no_order_of_events_breaks_a_promise(fixtures: WalkFixtures) -> None:
    take_walks(
        lambda: Buildings(fixtures),
        TALLY,
        connection=fixtures.database.session.connection(),
        few=3,
        steps=25,
    )


def correct_what_is_asked_for(walk: Buildings) -> None:
    walk.ask(0, "renewal", 6)
    walk.correct(0, "name")
    walk.issue(0)


def correct_below_an_addition(walk: Buildings) -> None:
    walk.ask(0, "addition", 6)
    walk.correct(0, "mobile")
    walk.issue(0)


def add_an_heir_below_an_addition(walk: Buildings) -> None:
    walk.ask(0, "addition", 6)
    walk.correct(0, "owners")
    walk.issue(0)


def suspend_twice_and_lift_once(walk: Buildings) -> None:
    walk.suspend(0)
    walk.suspend(0)
    walk.lift(0, 0, True)


def leave_a_suspended_permit(walk: Buildings) -> None:
    walk.suspend(0)
    walk.cancel(0, True, True)


def fail_after_the_approval(walk: Buildings) -> None:
    walk.release(0, "partial")
    walk.inspect_site(0, False, 0)


def approve_and_expire(walk: Buildings) -> None:
    walk.release(0, "partial")
    walk.pass_time(1100, False, True)


def examine_backwards(walk: Buildings) -> None:
    walk.ask_occupancy(0, "temporary")
    walk.pass_time(7, False, True)
    walk.examine(0, False, 0)
    walk.examine(0, True, 5)


def examine_backwards_after_a_renewal(walk: Buildings) -> None:
    walk.ask_occupancy(0, "temporary")
    walk.pass_time(7, False, True)
    walk.examine(0, False, 0)
    walk.end_occupancy(0, "reject")
    walk.follow(0, "renewal")
    walk.ask_occupancy(0, "temporary")
    walk.examine(0, True, 5)


def inspect_backwards(walk: Buildings) -> None:
    walk.submit_release(0, "partial")
    walk.pass_time(7, False, True)
    walk.inspect_site(0, False, 0)
    walk.everything_holds()
    walk.decide_release(0, "resubmit_release")
    walk.inspect_site(0, True, 5)


def sell_an_occupied_building(walk: Buildings) -> None:
    walk.occupy(0, "temporary")
    walk.follow(0, "ownership_transfer")


def fail_a_finished_building(walk: Buildings) -> None:
    walk.complete(0)
    walk.fail_a_stage(0, "roof", True, False)


def cancel_a_finished_building(walk: Buildings) -> None:
    walk.complete(0)
    walk.cancel(0, True, False)


def cancel_what_a_bill_follows(walk: Buildings) -> None:
    walk.ask(0, "renewal", 5)
    walk.cancel(0, True, False)
    walk.take_deadlines()


def order_after_a_renewal(walk: Buildings) -> None:
    walk.release(0, "partial")
    walk.decide_release(0, "cancel_release")
    walk.follow(0, "renewal")
    walk.order_disconnection(0, False)


def energise_without_approval(walk: Buildings) -> None:
    walk.submit_release(0, "partial")
    walk.supply(0, "energised", "partial", 0, False, False)


def let_a_term_end(walk: Buildings) -> None:
    walk.occupy(0, "temporary")
    walk.pass_time(91, False, True)


def revoke_below_an_approval(walk: Buildings) -> None:
    walk.release(0, "partial")
    walk.revoke_insulation(0)


def correct_the_owner_of_a_certified_building(walk: Buildings) -> None:
    walk.complete(0)
    walk.occupy(0, "final")
    walk.correct(0, "id_number")


def correct_the_owner_with_current(walk: Buildings) -> None:
    walk.release(0, "partial")
    walk.correct(0, "mobile")


def correct_the_owner_who_appeals(walk: Buildings) -> None:
    walk.suspend(0)
    walk.appeal(0, Against.SUSPENSION)
    walk.correct(0, "id_number")


def correct_the_owner_after_a_renewal(walk: Buildings) -> None:
    walk.follow(0, "renewal")
    walk.correct(0, "mobile")


def correct_the_owner_whose_renewal_is_billed(walk: Buildings) -> None:
    walk.ask(0, "renewal", 5)
    walk.correct(0, "id_number")


def keep_things_back(**left_out: Any) -> Break:
    """Returns a bug: things of one kind aren't published anew after a correction of the owners."""

    def put_in(patch: pytest.MonkeyPatch) -> None:
        lock = change_permit.lock_owned_things
        patch.setattr(
            change_permit, "lock_owned_things", lambda *of: replace(lock(*of), **left_out)
        )

    return put_in


def issue_from_a_stale_copy(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(followed_permit, "check_following", do_nothing)
    patch.setattr(followed_permit, "stale_faults", lambda *_: [])


def lift_all(patch: pytest.MonkeyPatch) -> None:
    lift = change_permit._lift_ground

    def lift_ground(permit: Any, suspension_id: str | None) -> Any:
        lifted = lift(permit, suspension_id)
        permit.set_grounds([])
        return lifted

    patch.setattr(change_permit, "_lift_ground", lift_ground)


def open_the_back_door(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(TRANSITIONS[Action.CANCEL_FOR_OWNER], Status.SUSPENDED, Status.CANCELLED)


def forget_the_last_inspection(patch: pytest.MonkeyPatch) -> None:
    check = occupancy_rules.check_inspection

    def check_alone(*found: Any, last: Any = None, **more: Any) -> None:
        check(*found, **more)

    patch.setattr(occupancy_rules, "check_inspection", check_alone)


def publish_no_suspension(patch: pytest.MonkeyPatch) -> None:
    publish = recording.publish

    def quiet(session: Any, event: Any) -> None:
        if not event.type.endswith(".suspended.v1"):
            publish(session, event)

    patch.setattr(recording, "publish", quiet)


BUGS: dict[str, tuple[Break, Callable[[Buildings], None]]] = {
    "a permit is issued from a stale copy": (issue_from_a_stale_copy, correct_what_is_asked_for),
    "an addition has an owner's former mobile": (
        switch_off(succession, "_has_stale_owner", lambda *_: False),
        correct_below_an_addition,
    ),
    "an addition leaves an heir out": (
        switch_off(succession, "_has_former_owners", lambda *_: False),
        add_an_heir_below_an_addition,
    ),
    "one lifting lifts all suspensions": (lift_all, suspend_twice_and_lift_once),
    "a suspended permit is left by its owner": (open_the_back_door, leave_a_suspended_permit),
    "a failed inspection leaves the approval": (
        switch_off(releases, "_sent_back", lambda course, on: course),
        fail_after_the_approval,
    ),
    "an approval outlives its permit": (
        switch_off_deadline(SERVICE, release_state.APPROVAL_END),
        approve_and_expire,
    ),
    "an older look at occupancy counts": (forget_the_last_inspection, examine_backwards),
    "an older look counts after a renewal": (
        switch_off(occupancy, "_select_permits_of_building", lambda permit: [permit.permit_id]),
        examine_backwards_after_a_renewal,
    ),
    "an older look at the place counts": (forget_the_last_inspection, inspect_backwards),
    "occupancy survives a sale": (switch_off(issue, "end_occupancy"), sell_an_occupied_building),
    "a completion stands on failed insulation": (
        switch_off(insulation_state, "flag_completions", lambda *_: False),
        fail_a_finished_building,
    ),
    "a cancellation flags no certificate": (
        switch_off(change_permit, "flag_completion"),
        cancel_a_finished_building,
    ),
    "a bill outlives the permit it follows": (
        switch_off(change_permit, "watch_followers"),
        cancel_what_a_bill_follows,
    ),
    "an order revives a release on the old permit": (
        switch_off(release_current, "lock_newest_permit", lambda _, permit: permit),
        order_after_a_renewal,
    ),
    "current counts without an approval": (
        switch_off(supply, "_check_covered"),
        energise_without_approval,
    ),
    "a temporary certificate has no end": (
        switch_off_deadline(SERVICE, occupancy.TERM),
        let_a_term_end,
    ),
    "an approval stands on revoked insulation": (
        switch_off(recording, "recheck_release"),
        revoke_below_an_approval,
    ),
    "the owner isn't told of the release": (
        switch_off(release_state, "verified_parties_of", lambda _: []),
        energise_without_approval,
    ),
    "a suspension isn't published": (publish_no_suspension, suspend_twice_and_lift_once),
    "a certificate keeps the former owner": (
        keep_things_back(certificates=()),
        correct_the_owner_of_a_certified_building,
    ),
    "a release keeps the former owner": (
        keep_things_back(releases=()),
        correct_the_owner_with_current,
    ),
    "an appeal keeps the former owner": (
        keep_things_back(appeals=()),
        correct_the_owner_who_appeals,
    ),
    "a request keeps the former owner": (
        keep_things_back(requests=()),
        correct_the_owner_after_a_renewal,
    ),
    "a renewed permit isn't corrected with its renewal": (
        switch_off(corrected_owners, "_replace_owners", lambda *_: {}),
        correct_the_owner_after_a_renewal,
    ),
    "a request isn't corrected with the permit it follows": (
        switch_off(corrected_owners, "_correct_numbers", lambda *_: {}),
        correct_the_owner_whose_renewal_is_billed,
    ),
}
# The promise that each bug breaks.
PROMISES = {
    "a permit is issued from a stale copy": "a correction was undone",
    "an addition has an owner's former mobile": "a correction was undone",
    "an addition leaves an heir out": "a correction was undone",
    "one lifting lifts all suspensions": "a suspension was lifted by another's lifting",
    "a suspended permit is left by its owner": "left by the back door",
    "a failed inspection leaves the approval": "approved against the inspection",
    "an approval outlives its permit": "an approval outlives the permit",
    "an older look at occupancy counts": "an earlier inspection took a later one's place",
    "an older look counts after a renewal": "an earlier inspection took a later one's place",
    "an older look at the place counts": "an earlier inspection took a later one's place",
    "occupancy survives a sale": "occupancy outlives its permit",
    "a completion stands on failed insulation": "completion rests on what ended",
    "a cancellation flags no certificate": "completion of a cancelled permit",
    "a bill outlives the permit it follows": "billed for what can't be issued",
    "an order revives a release on the old permit": "a release lives on a replaced permit",
    "current counts without an approval": "current was given on a day on which nothing allowed it",
    "a temporary certificate has no end": "a term is over",
    "an approval stands on revoked insulation": "approved without insulation",
    "the owner isn't told of the release": "release: nobody is told",
    "a suspension isn't published": "permit: a change without an event",
    "a certificate keeps the former owner": "certificate: opens to a former owner",
    "a release keeps the former owner": "release: opens to a former owner",
    "an appeal keeps the former owner": "appeal: opens to a former owner",
    "a request keeps the former owner": "permit-request: opens to a former owner",
    "a renewed permit isn't corrected with its renewal": "a replaced permit keeps the former owner",
    "a request isn't corrected with the permit it follows": "a request keeps the former owner",
}


def play(fixtures: WalkFixtures, story: Callable[[Buildings], None]) -> None:
    walk = Buildings(fixtures)
    try:
        walk.everything_holds()
        story(walk)
        walk.everything_holds()
    except BaseException:
        walk.roll_back()
        raise
    walk.teardown()


@pytest.mark.parametrize("name", BUGS)
def test_a_story_is_fine_until_a_bug_is_put_in(
    fixtures: WalkFixtures, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    put_in, story = BUGS[name]
    play(fixtures, story)

    require_broken_promise(monkeypatch, put_in, PROMISES[name], lambda: play(fixtures, story))
