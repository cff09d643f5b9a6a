"""The gateway's limits: which hold for a person, a client, an organisation, a search; and how many exports at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from threading import BoundedSemaphore

from chassis.access.auth import STAFF, Caller
from chassis.access.quotas import Demand, Policy, Verdict
from chassis.core.refusals import Refusal
from chassis.fast.quotas import BatchedQuotas
from partner_gateway.domain.grants import Grant
from partner_gateway.settings import Settings

MINUTE, HOUR, DAY, RIYADH_SECONDS = 60, 3_600, 86_400, 3 * 3_600
# So many refused queries of a person get a row in the record each minute. Otherwise refusals could fill the record.
REFUSALS_RECORDED = 10


@dataclass(frozen=True)
class Admission:
    """The verdict of each limit a minute, and of the rows of the day where rows were demanded.

    `refused` is the first limit that has nothing left.
    """

    verdicts: Sequence[Verdict]
    rows: Verdict | None = None

    @property
    def refused(self) -> Verdict | None:
        return next((verdict for verdict in self.verdicts if not verdict.granted), None)


class Limits:
    """The limits of the gateway, over all workers."""

    def __init__(self, settings: Settings, quotas: BatchedQuotas) -> None:
        self._quotas = quotas
        self.refused = _a_minute("refused", REFUSALS_RECORDED)
        self.status = _a_minute("status", settings.status_per_minute)
        self.events = _a_minute("events", settings.events_per_minute)
        self.person = _a_minute("person", settings.person_per_minute)
        self.client = _a_minute("client", settings.client_per_minute)
        self.partner = _a_minute("partner", settings.partner_per_minute)
        self.civil_id = _a_minute("civil-id", settings.civil_id_per_minute)
        self.submission = _a_minute("submissions", settings.submissions_per_minute)
        self.entries = Policy("entries", settings.entries_per_permit, DAY, offset=RIYADH_SECONDS)
        self.export = Policy("exports", settings.exports_per_hour, HOUR, step=MINUTE)

    async def admit(
        self, caller: Caller, *, by_civil_id: bool, now: float, rows: Demand | None = None
    ) -> Admission:
        """Counts a query on every limit that holds for it, the narrowest limit first, and takes its rows of the day.

        A query that a narrow limit refuses isn't counted on the wide limits, and takes no rows: a person over his own
        limit doesn't use up the colleagues' limit.
        """
        demands = self.demands(caller, by_civil_id=by_civil_id)
        count = len(demands)
        verdicts = await self._quotas.take([*demands, rows] if rows else demands, now=now)
        return Admission(verdicts[:count], verdicts[count] if len(verdicts) > count else None)

    async def admit_reader(self, caller: Caller, *, now: float) -> Admission:
        """Counts a question for changes on a limit of its own, so that following changes uses up no queries."""
        return Admission(await self._quotas.take([Demand(self.events, caller.subject)], now=now))

    async def records_refusal(self, caller: Caller, *, now: float) -> bool:
        """Returns whether a refused query still gets a row in the record."""
        (verdict,) = await self._quotas.take([Demand(self.refused, caller.subject)], now=now)
        return bool(verdict.granted)

    def demands(self, caller: Caller, *, by_civil_id: bool) -> list[Demand]:
        """Returns the demands of one query on the limits a minute, the narrowest limit first."""
        demands = [
            Demand(self.person, caller.subject),
            Demand(self.client, caller.client_id),
            Demand(self.partner, caller.organisation),
        ]
        return [Demand(self.civil_id, caller.subject), *demands] if by_civil_id else demands

    def of_municipality(self, caller: Caller, *, submitted: int = 0) -> list[Demand]:
        """Returns the demands of a municipality's request that submits `submitted` applications.

        A system isn't counted on the limit of a person, only on that of its client.
        """
        demands = self.demands(caller, by_civil_id=False)
        if caller.kind != STAFF:
            demands = demands[1:]
        return [
            *demands,
            *([Demand(self.submission, caller.organisation, submitted)] if submitted else []),
        ]

    def of_centre(self, caller: Caller, *, searching: bool) -> list[Demand]:
        """Returns the demands of a medical centre's request. Searches by a worker's number have a limit of their
        own, for systems too: nobody may find a number by trying."""
        demands = self.of_municipality(caller)
        return [Demand(self.civil_id, caller.subject), *demands] if searching else demands

    def of_entry(self, organisation: str, permit_id: str, kind: str) -> Demand:
        """Returns the demand of one entry about a permit. Each kind of entry has a limit of its own, so that many
        inspections don't keep a withdrawal from being entered."""
        return Demand(self.entries, f"{organisation} {permit_id} {kind}")

    def exports_of(self, caller: Caller) -> Demand:
        """Returns the demand of one export."""
        return Demand(self.export, caller.organisation)

    async def take_rows(self, grant: Grant, amount: int, *, now: float) -> Verdict:
        """Takes up to `amount` rows of the organisation's day (Riyadh)."""
        (verdict,) = await self._quotas.take([rows_demand(grant, amount)], now=now)
        return verdict

    def give_back_rows(self, grant: Grant, amount: int, *, now: float) -> None:
        """Gives back rows that were taken and not read."""
        if amount:
            self._quotas.give_back(rows_a_day(grant), grant.organisation, amount, now=now)


def _a_minute(name: str, limit: int) -> Policy:
    """Returns a limit in any sixty seconds. With clock minutes twice as many would pass around the end of a minute."""
    return Policy(name, limit, MINUTE, step=1)


def rows_demand(grant: Grant, amount: int) -> Demand:
    """Returns the demand of up to `amount` rows of the organisation's day (Riyadh)."""
    return Demand(rows_a_day(grant), grant.organisation, amount)


def rows_a_day(grant: Grant) -> Policy:
    """Returns the grant's rows a day as a limit."""
    return _rows_a_day(grant.rows_per_day)


@cache
def _rows_a_day(rows: int) -> Policy:
    return Policy("rows-per-day", rows, DAY, offset=RIYADH_SECONDS)


class TooManyExports(Refusal):
    """As many exports as allowed are being sent at this moment."""

    problem = "unavailable"
    retry_after = 10


class Exports:
    """Bounds the exports that a process sends at once, because each takes a thread."""

    def __init__(self, most: int) -> None:
        self._places = BoundedSemaphore(most)

    def take(self) -> Callable[[], None]:
        """Takes a place for an export, and returns the function that gives it back. Raises TooManyExports."""
        if not self._places.acquire(blocking=False):
            raise TooManyExports
        return self._places.release
