"""Which limits hold for whom, and what a caller is told of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.auth import Caller
from chassis.quotas import Policy, Quotas, Verdict
from partner_gateway.domain import Grant
from partner_gateway.settings import Settings

MINUTE, DAY, RIYADH_SECONDS = 60, 86_400, 3 * 3_600


@dataclass(frozen=True)
class Admission:
    """What each limit said. `refused` is the first that has nothing left."""

    verdicts: Sequence[Verdict]

    @property
    def refused(self) -> Verdict | None:
        return next((verdict for verdict in self.verdicts if not verdict.granted), None)

    def headers(self) -> dict[str, str]:
        """RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers)."""
        return {
            "RateLimit-Policy": ", ".join(
                f'"{one.policy.name}";q={one.policy.limit};w={one.policy.seconds}'
                for one in self.verdicts
            ),
            "RateLimit": ", ".join(
                f'"{one.policy.name}";r={one.remaining};t={one.resets_in}' for one in self.verdicts
            ),
        }


class Limits:
    """The limits of the gateway, over all workers."""

    def __init__(self, settings: Settings, quotas: Quotas) -> None:
        self._quotas = quotas
        self.person = _a_minute("person", settings.person_per_minute)
        self.client = _a_minute("client", settings.client_per_minute)
        self.partner = _a_minute("partner", settings.partner_per_minute)
        self.civil_id = _a_minute("civil-id", settings.civil_id_per_minute)

    def admit(self, caller: Caller, *, by_civil_id: bool, now: float) -> Admission:
        """Counts a query on every limit that holds for it. One that's refused by a narrow limit costs the wide ones
        nothing: a person over the own limit doesn't use up the colleagues'."""
        verdicts = []
        for policy, subject in self.held(caller, by_civil_id=by_civil_id):
            verdicts.append(self._quotas.take(policy, subject, now=now))
            if not verdicts[-1].granted:
                break
        return Admission(verdicts)

    def held(self, caller: Caller, *, by_civil_id: bool) -> list[tuple[Policy, str]]:
        """The limits a minute, the narrowest first, with whom they count."""
        limits = [
            (self.person, caller.subject),
            (self.client, caller.client_id),
            (self.partner, caller.organisation),
        ]
        return [(self.civil_id, caller.subject), *limits] if by_civil_id else limits

    def take_rows(self, grant: Grant, amount: int, *, now: float) -> Verdict:
        """Takes up to `amount` rows of the organisation's day (Riyadh)."""
        return self._quotas.take(rows_a_day(grant), grant.organisation, amount, now=now)

    def give_back_rows(self, grant: Grant, amount: int, *, now: float) -> None:
        """Rows that were taken and not read."""
        self._quotas.give_back(rows_a_day(grant), grant.organisation, amount, now=now)


def _a_minute(name: str, limit: int) -> Policy:
    """In any sixty seconds: with clock minutes twice as many would pass around the end of one."""
    return Policy(name, limit, MINUTE, step=1)


def rows_a_day(grant: Grant) -> Policy:
    """The grant's rows a day as a limit."""
    return Policy("rows-per-day", grant.rows_per_day, DAY, offset=RIYADH_SECONDS)
