"""Whatever the desk and the company do to a building: its release stands where its grounds put it, and says so.

Random commands on a few buildings, some refused, with the company's entries late, twice and out of order. After each
turn a release's status is computed anew from what stands, without the code that moved it; its events run 1, 2, 3, and
the last one tells its state. Nothing in full is approved without a final occupancy certificate, nothing without
insulation, and an occupancy certificate whose ground fell away is flagged.
"""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from chassis.core.refusals import Refusal
from permits import events
from permits.commands import change_permit, completion, insulation, occupancy, release_current
from permits.commands.release_state import course_of, lock_standing
from permits.commands.supply_entries import answer_supply
from permits.domain import release_rules, releases
from permits.domain.actors import SYSTEM
from permits.models import Certificate, Permit, Release

from .buildings import approved, asked, examined, seen, signed, submitted

Desk = Any
TURNS = 320
NO_ORDER = "0197dd30-4d00-7b22-9d3f-000000000021"
KINDS = ("energised", "energised", "disconnected", "reconnected", "disconnection_acknowledged")
WEIGHTS = {
    "issue": 0.5, "begin": 3, "renew": 2, "suspend": 0.5, "reinstate": 3, "cancel": 0.3, "insulate": 6,
    "revoke_insulation": 2, "complete": 5, "revoke_completion": 1, "ask": 4, "examine": 6, "sign": 5, "occupy": 8,
    "reject": 1, "revoke_occupancy": 2, "submit": 5, "inspect": 8, "approve": 12, "approve_full": 10, "resubmit": 5,
    "ask_full": 3, "refuse": 1, "cancel_release": 1, "order": 6, "withdraw": 2, "allow": 8, "enter": 25,
    "enter_again": 6,
}  # fmt: skip


# What a walk has to reach, so that it says something.
REACHED = {"submitted", "checked", "inspected", "approved", "energised", "disconnected"}


class Walk:
    """Takes random commands on the buildings that it began."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk, self.chance = desk, random.Random(seed)
        self.permits: list[str] = []
        self.releases: list[str] = []
        self.entries: list[dict[str, Any]] = []
        self.taken: dict[str, int] = {}

    def turn(self) -> None:
        [name] = self.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
        known = len(self.permits), len(self.releases)
        try:
            with self.desk.session.begin_nested():
                getattr(self, f"_{name}")()
            self.taken[name] = self.taken.get(name, 0) + 1
        except (Refusal, IndexError):
            del self.permits[known[0] :], self.releases[known[1] :]
        self.desk.now += timedelta(days=self.chance.choice((0, 0, 1, 1, 7)))

    def _do(self, command: Callable[..., Any], key: str, **what: Any) -> Any:
        return command(self.desk.work, key, **what)

    def _permit(self) -> Any:
        return self.desk.session.get(Permit, self.chance.choice(self.permits[-1:]))

    def _release(self) -> Any:
        return self.desk.session.get(Release, self.chance.choice(self.releases[-1:]))

    def _certificate(self, kind: str) -> Any:
        found = self.desk.session.query(Certificate).filter_by(kind=kind)
        mine = found.filter(Certificate.permit_id.in_(self.permits[-1:]))
        return mine.order_by(Certificate.opened_at.desc(), Certificate.certificate_id.desc()).all()[
            0
        ]

    def _issue(self) -> None:
        self.permits.append(self.desk.issued().permit_id)

    def _begin(self) -> None:
        """A building that has got as far as its partial release, so that walks get far."""
        permit = self.desk.issued()
        self.desk.insulated(permit)
        row = approved(self.desk, seen(self.desk, submitted(self.desk, permit)))
        self.permits.append(permit.permit_id)
        self.releases.append(row.release_id)

    def _occupy(self) -> None:
        """The same for full current."""
        row = self._release()
        permit = self.desk.session.get(Permit, row.permit_id)
        if permit.status == "valid":
            self.desk.complete(permit)
        signed(self.desk, examined(self.desk, asked(self.desk, permit)))

    def _approve_full(self) -> None:
        row = self._release()
        if row.extent == "partial":
            self._do(release_current.ask_full, row.release_id)
        approved(self.desk, row, "full")

    def _renew(self) -> None:
        before = self._permit().permit_id
        made = self.desk.issued(kind="renewal", previous_permit_id=before)
        self.permits[self.permits.index(before)] = made.permit_id

    def _suspend(self) -> None:
        self._do(
            change_permit.suspend, self._permit().permit_id, reason="ملاحظات", body="الدفاع المدني"
        )

    def _reinstate(self) -> None:
        self._do(change_permit.reinstate, self._permit().permit_id, reason="عولجت")

    def _cancel(self) -> None:
        self._do(change_permit.cancel_permit, self._permit().permit_id, reason="خارج المخطط")

    def _insulate(self) -> None:
        self.desk.insulated(self._permit())

    def _revoke_insulation(self) -> None:
        key = self._certificate("insulation").certificate_id
        self._do(insulation.revoke_insulation, key, reason="استُبدل")

    def _complete(self) -> None:
        self.desk.complete(self._permit())

    def _revoke_completion(self) -> None:
        key = self._certificate("completion").certificate_id
        self._do(completion.revoke_completion, key, reason="قبل المعاينة")

    def _ask(self) -> None:
        asked(self.desk, self._permit(), self.chance.choice(("final", "temporary")))

    def _examine(self) -> None:
        defects = self.chance.choice(((), (), ("مخرج مسدود",)))
        examined(self.desk, self._certificate("occupancy"), *defects)

    def _sign(self) -> None:
        row = self._certificate("occupancy")
        days = timedelta(days=self.chance.randint(1, 180))
        temporary = row.occupancy["kind"] == "temporary"
        signed(self.desk, row, self.desk.now.date() + days if temporary else None)

    def _reject(self) -> None:
        key = self._certificate("occupancy").certificate_id
        self._do(occupancy.reject_occupancy, key, reason="لا مخرج")

    def _revoke_occupancy(self) -> None:
        key = self._certificate("occupancy").certificate_id
        self._do(occupancy.revoke_occupancy, key, reason="تغير الاستعمال")

    def _submit(self) -> None:
        extent = self.chance.choice(("partial", "full", "full"))
        self.releases.append(submitted(self.desk, self._permit(), extent).release_id)

    def _inspect(self) -> None:
        seen(self.desk, self._release(), *self.chance.choice(((), (), ("مكان العداد",))))

    def _approve(self) -> None:
        approved(self.desk, self._release(), self.chance.choice(("partial", "full")))

    def _resubmit(self) -> None:
        self._do(release_current.resubmit_release, self._release().release_id)

    def _ask_full(self) -> None:
        self._do(release_current.ask_full, self._release().release_id)

    def _refuse(self) -> None:
        self._do(release_current.refuse_release, self._release().release_id, reason="مخالف")

    def _cancel_release(self) -> None:
        self._do(release_current.cancel_release, self._release().release_id, reason="عدل المالك")

    def _order(self) -> None:
        self._do(release_current.order_disconnection, self._release().release_id, reason="تماس")

    def _withdraw(self) -> None:
        self._do(release_current.withdraw_disconnection, self._release().release_id, reason="زال")

    def _allow(self) -> None:
        self._do(release_current.allow_reconnection, self._release().release_id, reason="زال")

    def _enter(self) -> None:
        permit, kind = self._permit(), self.chance.choice(KINDS)
        day = self.desk.now.date() - timedelta(days=self.chance.choice((0, 0, 0, 1, 3, 20)))
        energised = kind == "energised"
        self.entries.append(
            {
                "entry_id": str(uuid4()),
                "kind": kind,
                "partner": "sec",
                "permit_id": permit.permit_id,
                "permit_number": permit.permit_number,
                "municipality": permit.municipality,
                "entered_at": "2026-11-24T09:00:00Z",
                "entered_by": {"subject": "p_dispatcher"},
                "happened_on": day.isoformat(),
                "extent": self.chance.choice(("temporary", "partial", "full")) if energised else None,
                "meter_numbers": ["1030045521"] if energised else [],
                "order_id": None if energised else self._last_order(),
                **dict.fromkeys(("certificate_number", "load_kva", "units", "meter_place")),
            }
        )  # fmt: skip
        self._arrive(self.entries[-1])

    def _last_order(self) -> str:
        """The order that the company was last told of."""
        order = self._release().disconnection
        return order["order_id"] if order else NO_ORDER

    def _enter_again(self) -> None:
        self._arrive(self.chance.choice(self.entries))

    def _arrive(self, entry: dict[str, Any]) -> None:
        answer_supply(self.desk.work.acting_as(SYSTEM), entry)
        assert len(self.desk.published(entry["entry_id"])) == 1


def stands(desk: Desk, row: Release) -> None:
    """The release is where its grounds put it, and its last event says so."""
    permit = desk.session.get_one(Permit, row.permit_id)
    standing = lock_standing(desk.work, permit)
    course = course_of(row)
    for approval in (one for one in course.approvals if one.withdrawn_on is None):
        assert approval.insulation_certificate_id is not None
        if approval.extent is release_rules.Extent.FULL:
            assert approval.occupancy_certificate_id is not None
    if not course.given and course.approval is not None and permit.status != "valid":
        assert standing.insulation is None
    published = desk.published(row.release_id)
    assert [event.version for event in published] == list(range(1, row.version + 1))
    last = dict(published[-1].data)
    assert last.pop("inquiry")["status"] == row.status
    last.pop("contacts")
    assert last == events.release_state(row.record())
    assert (row.flag_reason is not None) == row.flagged


def is_settled(desk: Desk, row: Release) -> bool:
    """Whether a new look would leave it where it is; a day that went by may end a permit or a certificate."""
    permit = desk.session.get_one(Permit, row.permit_id)
    standing = lock_standing(desk.work, permit)
    course = releases.withdraw_unfounded(course_of(row), standing.grounds, desk.now.date())
    status = releases.status_on(course, standing.grounds, desk.now.date())
    return status == row.status and course == course_of(row)


def test_a_release_stands_where_its_grounds_put_it(desk: Desk) -> None:
    walk = Walk(desk, seed=7)
    walk._issue()

    for _ in range(TURNS):
        before = desk.now
        walk.turn()
        after, desk.now = desk.now, before
        for key in walk.releases[-1:]:
            row = desk.session.get_one(Release, key, populate_existing=True)
            stands(desk, row)
            if row.permit_id in walk.permits:
                assert is_settled(desk, row), (row.status, walk.taken)
        for row in desk.session.query(Certificate).filter_by(kind="occupancy", status="issued"):
            ground = desk.session.get(Certificate, row.insulation_certificate_id)
            assert row.flagged or ground is None or ground.status == "issued"
        desk.now = after

    told = {
        event.happened
        for key in walk.releases
        for event in desk.published(key)
        if desk.session.get(Release, key) is not None
    }
    assert told >= REACHED
    assert len(told) > 9, sorted(told)
