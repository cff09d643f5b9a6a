"""Every kind of fault of a gateway's world finds what it breaks."""

import pytest

from .courses import SeatBreaking
from .entries import breaking as of_entries
from .entries.world import SEATS as ENTRY_SEATS
from .health import breaking as of_health
from .health.world import SEATS as HEALTH_SEATS
from .nemesis import Fault


class Noting(SeatBreaking):
    """Breaks nothing, and says what it would have."""

    def _signal_seat(self, kind: str, _fault: Fault) -> str:
        return kind.partition("-")[2]

    def _kill_worker_of(self, service: str, _fault: Fault) -> str:
        return f"{service}-serve"

    def _kill_postgres(self, _fault: Fault) -> str:
        return "postgres"

    def _terminate_backends(self, _fault: Fault) -> str:
        return "backends"

    def _kill_kafka(self, _fault: Fault) -> str:
        return "kafka"


@pytest.mark.parametrize(
    ("world", "seats"), [(of_entries, ENTRY_SEATS), (of_health, HEALTH_SEATS)], ids=["e", "h"]
)
def test_every_kind_finds_a_process_of_its_world(world, seats) -> None:
    there = {f"{seat.service}-{seat.role}" for seat in seats} | {"postgres", "backends", "kafka"}
    breaking = Noting(None, world.SERVICES)

    for lane, kinds in world.LANES.items():
        for kind in kinds:
            assert breaking.of(Fault(lane, kind, 0.0, 0.0, 0)) in there, kind
