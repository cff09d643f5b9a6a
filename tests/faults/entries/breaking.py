"""What breaks here."""

from tests.faults import courses

from .world import GATEWAY, PERMITS

LANES = courses.lanes_of("permits", stopped=courses.GATEWAY)
SERVICES = {courses.GATEWAY: GATEWAY, "permits": PERMITS}
