"""What breaks here."""

from tests.faults import courses

from .world import GATEWAY, HEALTH

LANES = courses.lanes_of("health", stopped="health")
SERVICES = {courses.GATEWAY: GATEWAY, "health": HEALTH}
