"""The promises about appointments. `seats` of the evidence: appointment, counter, place, beginning and end;
`appointments`: id, status, beginning."""

from collections import defaultdict
from itertools import pairwise

from tests.faults.findings import Wrong
from tests.faults.registers.checker import register_promises
from tests.faults.registers.evidence import Evidence

OPEN = frozenset(("requested", "confirmed", "checked_in", "called"))
promise = PROMISES = register_promises(numbers=False)  # a sequence gives the numbers


@promise("no place is taken twice")
def find_double_bookings(evidence: Evidence) -> Wrong:
    places = defaultdict(list)
    for appointment_id, counter, place, starts_at, ends_at in evidence.more["seats"]:
        places[counter, place].append((starts_at, ends_at, appointment_id))
    for where, seats in places.items():
        for one, other in pairwise(sorted(seats, key=lambda seat: seat[:2])):
            if other[0] < one[1]:
                yield str(other[2]), f"counter and place {where} have {one[2]} at the same time"


@promise("an open appointment has its seat, and no other has one")
def find_appointments_without_their_seat(evidence: Evidence) -> Wrong:
    seats = {row[0]: row[3] for row in evidence.more["seats"]}
    for appointment_id, status, starts_at in evidence.more["appointments"]:
        due = starts_at if status in OPEN else None
        if seats.get(appointment_id) != due:
            yield (
                appointment_id,
                f"it's {status} for {starts_at}, and its seat begins {seats.get(appointment_id)}",
            )
