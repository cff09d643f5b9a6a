"""What an operation gets: the context of its request, with the caller."""

from dataclasses import dataclass
from typing import Any, TypeVar

from chassis.access.auth import Caller
from chassis.access.quotas import Demand, Policy, Quotas
from chassis.core.context import Context, ResourcesT, SettingsT
from chassis.data.paging import PageRequest, PagingSettings
from chassis.data.unit_of_work import UnitOfWork

PagingT = TypeVar("PagingT", bound=PagingSettings)


@dataclass(frozen=True, kw_only=True)
class Call(Context[SettingsT, ResourcesT]):
    """A request's context. `caller` is None on a public operation only; `language` is `ar` or `en`.

    `address`: where the request comes from (chassis.http.address), for limits. `quotas`: the limits of this process.
    """

    caller: Caller | None
    language: str
    operation_id: str
    address: str
    quotas: Quotas

    @property
    def actor(self) -> Caller:
        """Returns the caller of an operation that isn't public."""
        if self.caller is None:
            raise LookupError(f"{self.operation_id} is public and has no caller")
        return self.caller

    @property
    def work(self) -> UnitOfWork:
        """Returns the request's unit of work, in which the caller acts. Begins the transaction."""
        return UnitOfWork(self.session, self.actor, self.now)

    def charge(self, *demands: Demand) -> None:
        """Charges the request to its limits. Raises LimitReached."""
        self.quotas.charge(demands, now=self.now.timestamp())

    def charge_caller(self, policy: Policy) -> None:
        """Charges the caller one request of a limit. Raises LimitReached."""
        self.charge(Demand(policy, self.actor.subject))


def page_of(call: Call[PagingT, Any], limit: int, cursor: str | None) -> PageRequest:
    """Returns the page of a list that the caller asks for."""
    return PageRequest(
        limit=limit,
        cursor=cursor,
        organisation=call.actor.organisation or call.actor.subject,
        secret=call.settings.cursor_secret,
    )
