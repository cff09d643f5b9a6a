"""A seed decides the schedule, and every fault has its turn."""

import pytest

from .desk import judge
from .nemesis import KINDS, LANES, RECOVERY_S, schedule


def test_a_seed_gives_the_same_schedule_again() -> None:
    assert schedule(7, 60) == schedule(7, 60)
    assert schedule(7, 60) != schedule(8, 60)


@pytest.mark.parametrize("seed", range(20))
def test_every_kind_comes_in_the_short_run(seed: int) -> None:
    assert {fault.kind for fault in schedule(seed, 52)} == KINDS


@pytest.mark.parametrize("seconds", [52, 600])
def test_all_is_healed_before_the_end_and_a_lane_breaks_one_thing_at_a_time(seconds: float) -> None:
    for lane in LANES:
        faults = [fault for fault in schedule(3, seconds) if fault.lane == lane]
        ends = [fault.at + fault.seconds + RECOVERY_S.get(fault.kind, 0) for fault in faults]
        assert all(fault.at >= end for fault, end in zip(faults[1:], ends, strict=False))
        assert ends[-1] < seconds


def test_a_fault_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="earthquake"):
        schedule(1, 60, ["earthquake"])


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
