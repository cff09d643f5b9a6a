"""What municipalities do here: counted on their limits and written into the record before the answer leaves."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from chassis.access.quotas import Demand, LimitReached
from chassis.core.refusals import Refusal
from partner_gateway.context import Call
from partner_gateway.record import Access

APPLICATION, LICENCE = "licence-application", "licence"


@dataclass
class Visit:
    """What the record keeps of one request; the operation adds the ids of what it showed or made."""

    kinds: tuple[str, ...]
    asked: Mapping[str, str]
    ids: list[str] = field(default_factory=list)
    count: int | None = None
    reason: str | None = None

    def filters(self) -> dict[str, str]:
        return dict(self.asked)


@contextmanager
def visit(call: Call, kind: str, /, *demands: Demand, **asked: object) -> Iterator[Visit]:
    """Counts the request and writes its row, allowed or denied. Raises LimitReached and Unrecorded.

    `asked`: what was asked, without personal data; what is None was not.
    """
    filters = {name: str(value) for name, value in asked.items() if value is not None}
    one = Visit((kind,), filters)
    access = Access(
        caller=call.actor, at=call.now, operation=call.operation_id, decision="allowed", query=one
    )
    recorder = call.resources.recorder
    try:
        call.quotas.charge(demands, now=call.now.timestamp())
        yield one
    except LimitReached as refusal:
        if _records_refusal(call):
            recorder.write(replace(access, decision="denied", reason=refusal.code))
        raise
    except Refusal as refusal:
        recorder.write(replace(access, decision="denied", reason=refusal.code or refusal.problem))
        raise
    except Exception:
        recorder.write(replace(access, decision="denied", reason="failed"))
        raise
    recorder.write(
        replace(access, permit_ids=tuple(one.ids), result_count=one.count, reason=one.reason)
    )


def note_replayed(call: Call, _operation_id: str) -> None:
    """A submission that was carried out before: counted and recorded as a request of its own. Raises LimitReached."""
    with visit(call, APPLICATION, *call.resources.limits.of_municipality(call.actor)) as one:
        one.reason = "replayed"


def _records_refusal(call: Call) -> bool:
    """Of queries over a limit the first ones of a minute have a row."""
    policy = call.resources.limits.refused
    return bool(call.quotas.take(policy, call.actor.subject, now=call.now.timestamp()).granted)
