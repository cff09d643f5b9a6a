"""The steps of a walk that concern occupancy certificates: asked for, inspected, signed, ended."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from chassis.testing_walks import WalkDatabase
from permits.commands import occupancy
from permits.commands.occupancy import OccupancyInspection
from permits.models import Certificate, Permit
from saudi.days import legal_day

from .buildings import asked, signed

WHICH = st.integers(0, 7)
DAYS_AGO = st.sampled_from([0, 0, 0, 1, 5])


class Occupancy:
    """A part of a state machine, which says where it is."""

    database: WalkDatabase
    desk: Any
    attempt: Callable[[str, Callable[[], Any]], Any]
    permit: Callable[[int], Permit]
    occupancy_seen: dict[str, date]

    def occupancy_of(self, which: int, *statuses: str) -> Certificate | None:
        """Returns the building's newest occupancy certificate of these statuses."""
        permit_id = self.permit(which).permit_id
        found = [
            one
            for one in self.database.scalars(select(Certificate))
            if (one.permit_id, one.kind) == (permit_id, "occupancy") and one.status in statuses
        ]
        return max(found, key=lambda one: (one.opened_at, one.certificate_id), default=None)

    @rule(which=WHICH, kind=st.sampled_from(["final", "temporary"]))
    def ask_occupancy(self, which: int, kind: str) -> None:
        permit = self.permit(which)
        self.attempt(f"ask {kind} occupancy", lambda: asked(self.desk, permit, kind))

    @rule(which=WHICH, passed=st.booleans(), days_ago=DAYS_AGO)
    def examine(self, which: int, passed: bool, days_ago: int) -> None:
        if row := self.occupancy_of(which, "pending"):
            day = legal_day(self.desk.now) - timedelta(days=days_ago)
            found = OccupancyInspection(
                result="pass" if passed else "fail",
                inspected_on=day,
                inspector="م. تجربة",
                defects=() if passed else ("مخرج مسدود",),
            )
            work = self.desk.work.acting_as(self.desk.reviewer)
            made = self.attempt(
                "examine", lambda: occupancy.examine(work, row.certificate_id, found)
            )
            if made is not None:
                building = self.permit(which).building_id or row.permit_id
                last = self.occupancy_seen.get(building, day)
                assert day >= last, "an earlier inspection took a later one's place"
                self.occupancy_seen[building] = day

    @rule(which=WHICH, days=st.sampled_from([0, 1, 90, 180]))
    def sign(self, which: int, days: int) -> None:
        if row := self.occupancy_of(which, "pending"):
            temporary = (row.occupancy or {})["kind"] == "temporary"
            until = legal_day(self.desk.now) + timedelta(days=days) if temporary else None
            made = self.attempt("sign occupancy", lambda: signed(self.desk, row, until))
            if made is not None:
                inspection = (row.occupancy or {})["inspection"]
                assert inspection["result"] == "pass", "signed against the inspection"

    @rule(which=WHICH, kind=st.sampled_from(["final", "final", "temporary"]))
    def occupy(self, which: int, kind: str) -> None:
        """All of it at once, so that walks get far."""
        self.ask_occupancy(which, kind)
        self.examine(which, passed=True, days_ago=0)
        self.sign(which, 90)

    @rule(which=WHICH, how=st.sampled_from(["reject", "revoke", "void"]))
    def end_occupancy(self, which: int, how: str) -> None:
        end = getattr(occupancy, f"{how}_occupancy")
        if row := self.occupancy_of(which, "pending", "issued"):
            self.attempt(
                f"{how} occupancy",
                lambda: end(self.desk.work, row.certificate_id, reason="تغير الاستعمال"),
            )
