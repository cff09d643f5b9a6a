"""Marks DPoP proofs as used (chassis.access.dpop) for requests in hand together, in one round trip."""

from collections.abc import Sequence

from chassis.access.dpop import REMEMBER_SOON, Proof
from chassis.data.db import Database
from chassis.fast.batching import Loader
from chassis.fast.pipeline import Pipeline, Statement, parameter

_REMEMBER_SOON = REMEMBER_SOON.format("$1", "$2")


class UsedProofs:
    """Marks proofs as used."""

    def __init__(self, database: Database) -> None:
        self._pipeline = Pipeline(database)
        # The lowest rank: the operations' own loaders run after it, for all requests together.
        self._loader: Loader[Proof, bool] = Loader(self._use_all, rank=-2)

    async def use(self, proof: Proof) -> bool:
        """Returns True the first time. Raises OperationalError."""
        return await self._loader.load(proof)

    def _use_all(self, proofs: Sequence[Proof]) -> list[bool | Exception]:
        # In one order in every worker, so that two workers with the same proofs don't deadlock.
        order = sorted(range(len(proofs)), key=lambda place: proofs[place].digest())
        outcomes = self._pipeline.run([_remember_soon(proofs[place]) for place in order])
        return [
            one if isinstance(one, Exception) else one.ntuples == 1
            for _, one in sorted(zip(order, outcomes, strict=True), key=lambda pair: pair[0])
        ]


def _remember_soon(proof: Proof) -> Statement:
    return Statement(_REMEMBER_SOON, (parameter(proof.digest()), parameter(proof.forgotten_at())))
