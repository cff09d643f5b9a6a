"""A seed decides the schedule, every fault has its turn, and every fault finds what it breaks."""

from unittest.mock import MagicMock

import pytest

from .breaking import TOXICS, Breaking
from .desk import judge
from .nemesis import RECOVERY_S, Fault, kinds_of, schedule
from .run import WORLDS, world_of

PERMITS = world_of("permits").lanes
KINDS = kinds_of(PERMITS)
SHORT = [(name, world_of(name).lanes, world_of(name).options["seconds"]) for name in WORLDS]


@pytest.mark.parametrize("name", WORLDS)
def test_a_seed_gives_the_same_schedule_again(name: str) -> None:
    lanes = world_of(name).lanes

    first, again, other = (schedule(seed, 60, kinds_of(lanes), lanes=lanes) for seed in (7, 7, 8))

    assert first == again
    assert first != other


@pytest.mark.parametrize("seed", range(20))
def test_every_kind_comes_in_the_short_run(seed: int) -> None:
    assert {fault.kind for fault in schedule(seed, 52, KINDS, lanes=PERMITS)} == KINDS


@pytest.mark.parametrize(("name", "lanes", "seconds"), SHORT, ids=WORLDS)
def test_every_kind_comes_in_a_run_of_the_usual_length(name: str, lanes, seconds: float) -> None:
    kinds = kinds_of(lanes)

    assert {fault.kind for fault in schedule(1, seconds, kinds, lanes=lanes)} == kinds


@pytest.mark.parametrize("seconds", [52, 600])
def test_all_is_healed_before_the_end_and_a_lane_breaks_one_thing_at_a_time(seconds: float) -> None:
    for lane in PERMITS:
        faults = [
            fault for fault in schedule(3, seconds, KINDS, lanes=PERMITS) if fault.lane == lane
        ]
        ends = [fault.at + fault.seconds + RECOVERY_S.get(fault.kind, 0) for fault in faults]
        assert all(fault.at >= end for fault, end in zip(faults[1:], ends, strict=False))
        assert ends[-1] < seconds


class Noting(Breaking):
    """Breaks nothing, and says which process it would signal."""

    def _signal(self, _number: object, service: str, role: str, _fault: Fault) -> str:
        return f"{service}-{role}"

    def _kill_worker_of(self, service: str, _fault: Fault) -> str:
        return f"{service}-serve"


@pytest.mark.parametrize("name", WORLDS)
def test_every_signal_finds_a_process_of_its_world(name: str) -> None:
    world = world_of(name)
    seats = {f"{seat.service}-{seat.role}" for seat in world.seating}
    breaking = Noting(None)  # type: ignore[arg-type]
    alone = {"sigkill-provider", "sigkill-writer"}

    for kind in sorted(kinds_of(world.lanes) - alone):
        if kind.startswith("sig"):
            assert breaking.carry_out(Fault("", kind, 0.0, 0.0, 0)) in seats, kind


@pytest.mark.parametrize("name", WORLDS)
def test_every_other_fault_is_one_that_the_harness_knows(name: str) -> None:
    world = world_of(name)
    known = {*Breaking(MagicMock())._faults, *world.faults(MagicMock(), MagicMock())}
    kinds = [kind for kind in kinds_of(world.lanes) if not kind.startswith("sig")]

    for kind in kinds:
        where, _, what = kind.partition("-")
        assert kind in known or (where in ("database", "broker") and what in TOXICS), kind


def test_a_fault_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="earthquake"):
        schedule(1, 60, ["earthquake"], lanes=PERMITS)


@pytest.mark.parametrize(
    ("status", "media_type", "body", "kind"),
    [
        (201, "application/json", {}, "ok"),
        (409, "application/problem+json", {"type": "https://x/problems/conflict"}, "fail"),
        (503, "application/problem+json", {"type": "https://x/problems/unavailable"}, "fail"),
        (503, "application/problem+json", {"type": "https://x/problems/outcome-unknown"}, "unknown"),
        (502, "text/html", None, "unknown"),
        (400, "text/html", None, "fail"),
    ],
)  # fmt: skip
def test_an_answer_is_judged_by_what_it_promises(
    status: int, media_type: str, body: object, kind: str
) -> None:
    assert judge(status, media_type, body).kind == kind
