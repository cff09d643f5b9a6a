"""A state machine of three people, two counters and eight slots: every order of commands, and time that passes.

Each command is allowed exactly when the promises say so, and a refused command changes nothing. The promises come from
the decisions and the README, not from the code.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import text

from appointments.commands import booking, changing, schedule, visits, waiting
from appointments.commands.booking import HoldKey
from appointments.domain.actors import DAY_END, VISITOR, WAITING_LIST
from appointments.domain.appointments import BookingLimits
from appointments.domain.persons import parse_person
from appointments.domain.schedule import Timetable, WantedSlot
from appointments.models import Appointment, Seat
from appointments.slots import timetable_of
from chassis.core.refusals import Refusal
from chassis.data.unit_of_work import UnitOfWork
from chassis.testing_walks import Tally, WalkDatabase
from saudi.days import RIYADH, legal_day

from .booked import MARK, NOW, SUNDAY, TOMORROW, make_department

LIMITS = BookingLimits(open_appointments=2, no_shows=2, no_show_days=90, with_no_shows=1)
QUARTER = timedelta(minutes=15)
SLOTS = tuple(
    first + later
    for first in (TOMORROW, SUNDAY, SUNDAY + timedelta(days=1), SUNDAY + timedelta(days=2))
    for later in (timedelta(0), QUARTER)
)
PEOPLE = ("0500000001", "0500000002", "0500000003")
TALLY = Tally("appointments")
AHEAD, PRESENT = ("requested", "confirmed"), ("checked_in", "called")
_DEADLINES = text("SELECT aggregate_id, kind, due_at FROM deadline ORDER BY due_at, kind")
_TAKE = text("DELETE FROM deadline WHERE aggregate_id = :aggregate_id AND kind = :kind")


@dataclass
class Hold:
    """A hold as its browser knows it."""

    seat_id: str
    device: str
    starts_at: datetime
    until: datetime


class WalkFixtures:
    """What the walks share: the database, and a department in it."""

    def __init__(self, session: Any, database: Any, officer: Any) -> None:
        self.database, self.officer = WalkDatabase(session, database), officer
        self.department_id = make_department(session, officer).department_id


class Walk(RuleBasedStateMachine):
    """One walk. `now` moves forward only."""

    def __init__(self, fixtures: WalkFixtures) -> None:
        super().__init__()
        self.fixtures, self.database, self.now = fixtures, fixtures.database, NOW
        self.session, self.department_id = self.database.session, fixtures.department_id
        self.database.begin_walk()
        self.holds: dict[str, Hold] = {}
        self.closures: list[str] = []
        self.offered_at: list[datetime] = []
        self.timetables: dict[tuple[Any, ...], Timetable] = {}

    def teardown(self) -> None:
        self.database.end_walk()

    # --- the walk itself

    def work(self, actor: Any = VISITOR) -> UnitOfWork:
        return UnitOfWork(self.session, actor, self.now)

    def attempt(self, name: str, command: Callable[[], Any]) -> Any:
        """Carries a command out. Returns its answer, or None for a refusal, which changes nothing."""
        try:
            answer = self.database.attempt(command)
        except Refusal as refusal:
            TALLY.count_refusal(name, refusal)
            return None
        TALLY.count_effect(name)
        return answer if answer is not None else True

    def expect(self, name: str, allowed: bool, command: Callable[[], Any]) -> Any:
        """Carries a command out and asserts that the rules allowed or refused it."""
        answer = self.attempt(name, command)
        assert (answer is not None) is allowed, f"{name}: allowed is {allowed}"
        return answer

    def rows(self) -> list[Appointment]:
        found = self.session.query(Appointment).order_by(Appointment.appointment_number)
        return self.database.read("rows", found.all)

    def pick(self, which: int) -> Appointment | None:
        rows = self.rows()
        return rows[which % len(rows)] if rows else None

    def seats(self) -> list[Seat]:
        """Returns the seats as the database has them: commands delete and change seats past the session."""
        return self.database.read("seats", self.session.query(Seat).populate_existing().all)

    def live_seats(self) -> list[Seat]:
        return [one for one in self.seats() if one.held_until is None or one.held_until > self.now]

    def timetable(self) -> Timetable:
        """Returns the timetable, which is read again once the time or a closure has changed."""
        key = (self.now, *self.closures)
        if key not in self.timetables:
            self.timetables = {key: timetable_of(self.session, self.department_id, self.now)}
        return self.timetables[key]

    def is_bookable(self, at: datetime) -> bool:
        """Whether the department serves at the slot, and it begins late enough."""
        starts = [one.starts_at for one in self.timetable().slots_on(legal_day(at), "inquiry")]
        return at in starts and at >= self.now + timedelta(hours=1)

    def is_free(self, at: datetime, besides: str | None = None) -> bool:
        """Whether a counter is free at the slot. `besides`: an appointment whose seats don't count."""
        taken = [
            one
            for one in self.live_seats()
            if one.starts_at == at
            and (besides is None or besides not in (one.appointment_id, one.offered_to))
        ]
        return len(taken) < 2

    def has_room(self, mobile: str) -> bool:
        """Whether the mobile may have a further appointment: two, and one after two missed ones."""
        rows = [one for one in self.rows() if one.mobile == f"+966{mobile[1:]}"]
        missed = sum(one.status == "no_show" for one in rows)
        return sum(one.status in AHEAD for one in rows) < (1 if missed >= 2 else 2)

    # --- what people do

    @rule(device=st.sampled_from(["device-one", "device-two"]), slot=st.integers(0, 7))
    def hold(self, device: str, slot: int) -> None:
        at, mine = SLOTS[slot], self.holds.get(device)
        is_mine = mine is not None and mine.until > self.now and mine.starts_at == at
        allowed = self.is_bookable(at) and (self.is_free(at) or is_mine)
        seat = self.expect(
            "hold",
            allowed,
            lambda: booking.hold_slot(
                self.work(), self.department_id, "inquiry", at, device_key=device
            ),
        )
        # A second press for the same slot doesn't prolong the hold.
        if seat and not is_mine:
            until = self.now + timedelta(minutes=10)
            self.holds[device] = Hold(seat.seat_id, device, at, until)

    @rule(
        device=st.sampled_from(["device-one", "device-two"]),
        person=st.integers(0, 2),
        stolen=st.booleans(),
    )
    def book(self, device: str, person: int, stolen: bool) -> None:
        held = self.holds.get(device)
        if held is None:
            return
        mobile = PEOPLE[person]
        slots = self.timetable().slots_on(legal_day(held.starts_at), "inquiry")
        is_served = held.starts_at in [one.starts_at for one in slots]
        allowed = held.until > self.now and self.has_room(mobile) and is_served and not stolen
        key = HoldKey(held.seat_id, "another-device" if stolen else device)
        who = parse_person({"name": f"علي آل تجربة {MARK}", "mobile": mobile})
        if self.expect("book", allowed, lambda: booking.book(self.work(), key, who, limits=LIMITS)):
            del self.holds[device]

    @rule(slot=st.integers(0, 7), person=st.integers(0, 2))
    def hold_and_book(self, slot: int, person: int) -> None:
        self.hold("device-three", slot)
        self.book("device-three", person, False)

    @rule(which=st.integers(0, 9), slot=st.integers(0, 7))
    def move(self, which: int, slot: int) -> None:
        row, at = self.pick(which), SLOTS[slot]
        if row is None:
            return
        in_time = row.affected_since is not None or self.now <= row.change_until
        is_free = self.is_free(at, row.appointment_id)
        is_same = at == row.starts_at and row.affected_since is None
        allowed = row.status in AHEAD and in_time and (is_same or self.is_bookable(at) and is_free)
        which_id = row.appointment_id
        self.expect(
            "move", allowed, lambda: changing.move(self.work(), which_id, at, by_person=True)
        )

    @rule(which=st.integers(0, 9))
    def cancel(self, which: int) -> None:
        row = self.pick(which)
        if row is None:
            return
        until = row.change_until if row.affected_since is None else row.starts_at
        which_id = row.appointment_id
        allowed = row.status in AHEAD and self.now <= until
        self.expect("cancel", allowed, lambda: changing.cancel(self.work(), which_id))

    @rule(which=st.integers(0, 9))
    def wait(self, which: int) -> None:
        row = self.pick(which)
        if row is None:
            return
        allowed = row.status in AHEAD and legal_day(row.starts_at) > legal_day(self.now)
        which_id = row.appointment_id
        self.expect("wait", allowed, lambda: waiting.wait_for_earlier_day(self.work(), which_id))

    @rule(which=st.integers(0, 9))
    def accept(self, which: int) -> None:
        row = self.pick(which)
        if row is None:
            return
        offers = [one for one in self.live_seats() if one.offered_to == row.appointment_id]
        served = all(self.keeps(one) for one in offers)
        allowed = row.status in AHEAD and bool(offers) and served
        which_id = row.appointment_id
        self.expect("accept", allowed, lambda: waiting.accept_offer(self.work(), which_id))

    # --- what officers do

    @rule(slot=st.integers(0, 7), person=st.integers(0, 2))
    def book_by_telephone(self, slot: int, person: int) -> None:
        at, mobile = SLOTS[slot], PEOPLE[person]
        allowed = self.is_bookable(at) and self.is_free(at) and self.has_room(mobile)
        who = parse_person({"name": f"علي آل تجربة {MARK}", "mobile": mobile})
        wanted = WantedSlot(self.department_id, "inquiry", at)
        work = self.work(self.fixtures.officer)
        self.expect(
            "book_by_telephone",
            allowed,
            lambda: booking.book_by_telephone(work, wanted, who, limits=LIMITS),
        )

    @rule(which=st.integers(0, 9))
    def check_in(self, which: int) -> None:
        row = self.pick(which)
        if row is None:
            return
        is_day = legal_day(self.now) == legal_day(row.starts_at)
        allowed = row.status in AHEAD and is_day and self.now >= row.starts_at - timedelta(hours=1)
        self.as_officer("check_in", allowed, row, visits.check_in)

    @rule(which=st.integers(0, 9))
    def call_and_serve(self, which: int) -> None:
        row = self.pick(which)
        if row is None:
            return
        self.as_officer(
            "call", row.status in PRESENT, row, lambda *known: visits.call(*known, counter=1)
        )
        self.as_officer("serve", row.status == "called", row, visits.serve)

    @rule(which=st.integers(0, 9))
    def miss(self, which: int) -> None:
        row = self.pick(which)
        if row is None:
            return
        is_missed = row.status in ("confirmed", "called") and self.now >= row.starts_at
        allowed = is_missed and row.affected_since is None
        self.as_officer("miss", allowed, row, visits.miss)

    def as_officer(self, name: str, allowed: bool, row: Appointment, command: Any) -> None:
        which_id = row.appointment_id
        self.expect(name, allowed, lambda: command(self.work(self.fixtures.officer), which_id))

    @rule(slot=st.integers(0, 7))
    def close(self, slot: int) -> None:
        span = (SLOTS[slot], SLOTS[slot] + timedelta(minutes=15))
        new = {
            "municipality": "saihat",
            "department_id": self.department_id,
            "starts_at": span[0],
            "ends_at": span[1],
            "reason": {"ar": "صيانة", "en": "Maintenance"},
        }
        work = self.work(self.fixtures.officer)
        made = self.attempt("close", lambda: schedule.close(work, new, preview=False))
        self.closures.append(made[0].closure_id)

    @rule()
    def lift(self) -> None:
        if self.closures:
            which_id, work = self.closures.pop(), self.work(self.fixtures.officer)
            self.attempt("lift", lambda: schedule.lift_closure(work, which_id))

    @rule(minutes=st.sampled_from([1, 5, 9, 11, 31, 60, 240, 1080]))
    def pass_time(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        TALLY.count_effect("pass_time")
        self.fire_deadlines()

    @rule()
    def fire_deadlines(self) -> None:
        """Fires what is due, as `work` does; a deadline may set another one."""
        for _ in range(20):
            planned = self.database.read(
                "deadlines", lambda: self.session.execute(_DEADLINES).all()
            )
            due = [one for one in planned if one.due_at <= self.now]
            if not due:
                return
            for aggregate_id, kind, _ in due:
                self.session.execute(_TAKE, {"aggregate_id": aggregate_id, "kind": kind})
                self.fire(kind, aggregate_id)
            self.session.flush()
        raise AssertionError("deadlines set each other without end")

    def fire(self, kind: str, aggregate_id: str) -> None:
        before = {one.appointment_id: one.starts_at for one in self.rows()}
        offered = {one.appointment_id for one in self.rows() if one.offer_until is not None}
        match kind:
            case "freed":
                waiting.offer_freed_seat(self.work(WAITING_LIST), aggregate_id)
            case "lapse":
                waiting.lapse_offer(self.work(WAITING_LIST), aggregate_id)
            case _:
                came = {
                    one.appointment_id
                    for one in self.rows()
                    if one.status in PRESENT or one.affected_since is not None
                }
                visits.end_day(self.work(DAY_END), aggregate_id)
                ended = [one for one in self.rows() if one.appointment_id in came]
                assert all(one.status != "no_show" for one in ended), (
                    "who came, or was refused, is no no-show"
                )
        self.session.flush()
        after = {one.appointment_id: one.starts_at for one in self.rows()}
        assert before == after, "nothing is booked by itself"
        for one in self.rows():
            if one.offer_until is not None and one.appointment_id not in offered:
                end = min(self.now + timedelta(minutes=30), one.offered_starts_at)
                assert one.offer_until == end, "an offer has an end"
                assert 8 <= self.now.astimezone(RIYADH).hour < 20, "an offer begins by day"

    # --- the promises

    def keeps(self, seat: Seat) -> bool:
        return self.timetable().can_serve(seat.service, seat.span, seat.at)

    @invariant()
    def every_promise_holds(self) -> None:
        rows, seats = self.rows(), self.seats()
        by_appointment = {one.appointment_id: one for one in seats if one.appointment_id}
        for one in seats:
            clash = [
                two
                for two in seats
                if two is not one and two.at == one.at and two.span.overlaps(one.span)
            ]
            assert not clash, "a place is taken twice"
        for row in rows:
            self.check_row(row, by_appointment.get(row.appointment_id))
        self.check_people(rows)
        self.check_events(rows)

    def check_row(self, row: Appointment, seat: Seat | None) -> None:
        if row.status in (*AHEAD, *PRESENT):
            assert seat is not None, "an open appointment has a seat"
            assert seat.span == (row.starts_at, row.ends_at), "seat and appointment have one time"
        if row.status == "cancelled" and row.cancelled_by != "day_end":
            assert seat is None, "a cancelled appointment gives its seat back"
        if row.status in AHEAD and seat is not None and row.starts_at > self.now:
            is_affected = row.affected_since is not None
            assert is_affected is not self.keeps(seat), "what can't be kept is marked"
        if row.offer_until is not None:
            assert row.offered_starts_at is not None, "an offer without a time"
            assert legal_day(row.offered_starts_at) < legal_day(row.starts_at), (
                "an offer of no earlier day"
            )
        next_morning = datetime.combine(
            legal_day(row.starts_at) + timedelta(days=1), time(8), RIYADH
        )
        if self.now >= next_morning:
            assert row.status not in (*AHEAD, *PRESENT), "a day that is over has ended"

    def check_people(self, rows: list[Appointment]) -> None:
        for mobile in PEOPLE:
            count = sum(one.mobile == f"+966{mobile[1:]}" and one.status in AHEAD for one in rows)
            assert count <= 2, "a person has two open appointments at the most"

    def check_events(self, rows: list[Appointment]) -> None:
        events = self.database.events()
        for row in rows:
            versions = [one.version for one in events if one.aggregate_id == row.appointment_id]
            assert versions == list(range(1, row.version + 1)), "each change is one event"
