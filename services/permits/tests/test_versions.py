"""Whatever the desk does: the events of a permit or a certificate are numbered 1, 2, 3, and the last
one tells its state."""

import json
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from chassis.core import contracts
from chassis.core.refusals import Refusal
from permits import events
from permits.commands import change_permit, completion, insulation
from permits.models import Certificate, Permit

Desk = Any
TURNS, STRETCH = 400, 20
FOLLOWING = ("renewal", "renewal", "ownership_transfer", "correction", "restoration")
# Those of occupancy certificates, which test_occupancy.py takes through their life.
AHEAD = {"certificate.requested", "certificate.examined", "certificate.overdue"}
AHEAD |= {"permit.entered"}  # of permits from before the system: test_older.py
WEIGHTS = {
    "issue": 3, "follow": 4, "amend": 2, "correct": 2, "suspend": 2, "reinstate": 3, "cancel": 1, "open": 3,
    "inspect": 8, "issue_insulation": 4, "insulate": 8, "reject": 2, "void": 3, "revoke": 3,
    "complete": 12, "revoke_completion": 3, "restore": 2, "cancel_wrongly": 2,
}  # fmt: skip


class Walk:
    """Takes random commands, some of which are refused, on the permits that it issued."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self._desk, self._chance = desk, random.Random(seed)
        self.permits: list[str] = []
        self.insulation: list[str] = []
        self.completion: list[str] = []
        self.refused = 0

    def turn(self) -> None:
        """One command or two in a transaction; a refusal undoes both. Then some days pass."""
        lists = (self.permits, self.insulation, self.completion)
        before = [len(known) for known in lists]
        try:
            with self._desk.session.begin_nested():
                count = self._chance.choice((1, 1, 1, 2))
                for name in self._chance.choices(list(WEIGHTS), WEIGHTS.values(), k=count):
                    getattr(self, f"_{name}")()
        except Refusal:
            self.refused += 1
            for known, count in zip(lists, before, strict=True):
                del known[count:]
        self._desk.now += timedelta(days=self._chance.randint(0, 15))

    def _on(self, command: Callable[..., Any], known: list[str], **what: Any) -> Any:
        """A command on one of the latest of those known; nothing when there's none."""
        if not known:
            return None
        key = self._chance.choice(known[-4:])
        return command(self._desk.work, key, **what)

    def _issue(self, **changes: Any) -> None:
        plots = [str(self._chance.randint(1000, 10**6))]
        made = self._desk.issued(**{"land__plots": plots, **changes})
        self.permits.append(made.permit_id)

    def _follow(self) -> None:
        if self.permits:
            kind, key = self._chance.choice(FOLLOWING), self._chance.choice(self.permits[-3:])
            plots = list(self._desk.session.get_one(Permit, key).land["plots"])
            self._issue(kind=kind, previous_permit_id=key, land__plots=plots)

    def _amend(self) -> None:
        plots = [str(self._chance.randint(1, 3))]
        self._on(
            change_permit.amend, self.permits, reason="تصحيح", wanted={"land": {"plots": plots}}
        )

    def _correct(self) -> None:
        if self.permits:
            permit = self._desk.session.get_one(Permit, self._chance.choice(self.permits[-4:]))
            correct = [{"position": 0, "mobile": f"05000000{self._chance.randint(10, 99)}"}]
            wanted = {"owners": {"version": permit.version, "correct": correct}}
            change_permit.amend(self._desk.work, permit.permit_id, reason="تصحيح", wanted=wanted)

    def _suspend(self) -> None:
        self._on(change_permit.suspend, self.permits, reason="ملاحظات", body="الدفاع المدني")

    def _reinstate(self) -> None:
        self._on(change_permit.reinstate, self.permits, reason="عولجت")

    def _cancel(self) -> None:
        self._on(change_permit.cancel_permit, self.permits, reason="خارج المخطط")

    def _restore(self) -> None:
        self._on(change_permit.restore, self.permits, reason="قُبل الاعتراض")

    def _cancel_wrongly(self) -> None:
        """Cancels the completion of a finished building and undoes the cancellation."""
        if self.completion:
            row = self._desk.session.get_one(Certificate, self.completion[-1])
            change_permit.cancel_permit(
                self._desk.work,
                row.permit_id,
                reason="خارج المخطط",
            )
            change_permit.restore(
                self._desk.work,
                row.permit_id,
                reason="قُبل الاعتراض",
            )

    def _open(self) -> None:
        certificate = self._on(insulation.open_insulation, self.permits)
        if certificate is not None:
            self.insulation.append(certificate.certificate_id)

    def _inspect(self) -> None:
        if self.insulation:
            row = self._desk.session.get(Certificate, self._chance.choice(self.insulation[-4:]))
            stage = self._chance.choice(("walls", "roof", "windows"))
            self._desk.inspect(row, stage, self._chance.choice(("pass", "pass", "fail")))

    def _insulate(self) -> None:
        if self.permits:
            permit = self._desk.session.get(Permit, self._chance.choice(self.permits[-4:]))
            self.insulation.append(self._desk.insulated(permit).certificate_id)

    def _issue_insulation(self) -> None:
        years = self._chance.choice((0, 0, 1))
        self._on(insulation.issue_insulation, self.insulation, validity_years=years)

    def _reject(self) -> None:
        self._on(insulation.reject_insulation, self.insulation, reason="لم ينفذ")

    def _void(self) -> None:
        self._on(insulation.void_insulation, self.insulation, reason="بالخطأ")

    def _revoke(self) -> None:
        self._on(insulation.revoke_insulation, self.insulation, reason="استُبدل")

    def _complete(self) -> None:
        what = {"inspected_on": self._desk.now.date(), "inspector": "م. تجربة"}
        certificate = self._on(completion.issue_completion, self.permits, **what)
        if certificate is not None:
            self.completion.append(certificate.certificate_id)

    def _revoke_completion(self) -> None:
        self._on(completion.revoke_completion, self.completion, reason="قبل المعاينة")


def happened(desk: Desk, walk: Walk) -> set[str]:
    """What was published of everything so far, once it's sure that nothing is missing or stale."""
    kinds = set()
    for model, keys, state in (
        (Permit, walk.permits, events.permit_state),
        (Certificate, [*walk.insulation, *walk.completion], events.certificate_state),
    ):
        for key in keys:
            row = desk.session.get_one(model, key, populate_existing=True)
            published = desk.published(key)
            assert [event.version for event in published] == list(range(1, row.version + 1))
            last = published[-1].data
            assert last.pop("inquiry")["status"] == row.status
            assert last.pop("contacts")
            if model is Certificate:
                permit = desk.session.get_one(Permit, row.permit_id)
                assert last.pop("building_id") == permit.building_id
            state_of_last = desk.opened(last) if model is Permit else last
            assert state_of_last == json.loads(json.dumps(state(row.record())))
            kinds |= {f"{row.aggregate_type}.{event.happened}" for event in published}
    return kinds


def test_every_event_of_an_aggregate_is_numbered_without_a_gap(desk: Desk) -> None:
    walk = Walk(desk, seed=1448)

    for _ in range(TURNS // STRETCH):
        for _ in range(STRETCH):
            walk.turn()
        kinds = happened(desk, walk)

    declared = (contracts.topics()[f"permits.{name}"] for name in ("permit", "certificate"))
    types = {kind for topic in declared for kind in topic["event_types"]}
    assert kinds == {kind.removeprefix("sa.gov.qatif.permits.")[:-3] for kind in types} - AHEAD
    assert TURNS / 10 < walk.refused < TURNS * 9 / 10
