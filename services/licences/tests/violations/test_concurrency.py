"""Two inspectors act at the same moment, on a database that really commits."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

from chassis.data.unit_of_work import UnitOfWork
from licences.commands.violations.observe import Observation, confirm_violation, observe_violation

from .conftest import INSPECTOR, OFFENDER

TOGETHER = 6


def test_of_violations_confirmed_at_one_moment_one_is_the_first_and_each_next_a_repetition(
    real_database: Any, now: datetime
) -> None:
    offender = {**OFFENDER, "id_number": "7000000021"}
    sight = Observation(item="6002", municipality="qatif", offender=offender)
    gate = Barrier(TOGETHER)

    def observe(_: int) -> tuple[str, str]:
        with real_database.transaction() as session:
            row = observe_violation(UnitOfWork(session, INSPECTOR, now), sight)
            return row.violation_id, row.violation_no

    def confirm(violation_id: str) -> int:
        gate.wait(10)
        with real_database.transaction() as session:
            row = confirm_violation(UnitOfWork(session, INSPECTOR, now), violation_id, note="قائمة")
            return row.repetition or 0

    with ThreadPoolExecutor(TOGETHER) as pool:
        seen = list(pool.map(observe, range(TOGETHER)))
        times = list(pool.map(confirm, [violation_id for violation_id, _ in seen]))

    assert len({number for _, number in seen}) == TOGETHER
    assert sorted(times) == list(range(1, TOGETHER + 1))
