"""Takes quotas (chassis.access.quotas) for requests in hand together, in one round trip."""

from collections.abc import Sequence

from chassis.access import quotas
from chassis.access.quotas import (
    TAKE,
    Counted,
    Demand,
    Policy,
    Portion,
    Request,
    Verdict,
    check_whole,
)
from chassis.data.db import Database
from chassis.fast.batching import Loader
from chassis.fast.pipeline import Pipeline, parameter

_TAKE = TAKE.format(*(f"${number}" for number in range(1, len(Portion._fields) + 1)))


class BatchedQuotas:
    """The counts of one worker, taken for all requests in hand at once."""

    def __init__(self, database: Database) -> None:
        self._pipeline = Pipeline(database)
        self._quotas = quotas.Quotas(self._count)
        self._loader: Loader[Request, list[Verdict]] = Loader(self._quotas.take_all, rank=-1)

    async def take(self, demands: Sequence[Demand], *, now: float) -> list[Verdict]:
        """Returns a verdict for each demand, up to the first that's granted nothing. Raises OperationalError,
        ValueError."""
        check_whole(demands)  # here, so that it ends this request and none of those in hand with it
        return await self._loader.load(Request(demands, now))

    def give_back(self, policy: Policy, subject: str, amount: int, *, now: float) -> None:
        """Gives back what wasn't used; it serves this worker's next request of the same window."""
        self._quotas.give_back(policy, subject, amount, now=now)

    def _count(self, portions: Sequence[Portion]) -> list[Counted]:
        columns = zip(*portions, strict=True)
        result = self._pipeline.run_one(_TAKE, *(parameter(column) for column in columns))
        return [
            Counted(*(int(result.get_value(row, column) or 0) for column in range(3)))
            for row in range(result.ntuples)
        ]
