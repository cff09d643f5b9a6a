"""What is told to a partner's address is told within its grant, counts as one of the grant's rows, and has its row in
the record before it leaves."""

from datetime import datetime, timedelta
from typing import Any

import structlog

from chassis.access.auth import MACHINE, Caller
from chassis.process import Process
from partner_gateway.domain import follow_refusal
from partner_gateway.domain.following import Following
from partner_gateway.feed.hearing import PARTNER_KIND, is_partner
from partner_gateway.limits import rows_a_day
from partner_gateway.queries.grants import grant_of
from partner_gateway.record import Access, Unrecorded
from partner_gateway.webhooks.deliveries import Due

OPERATION = "deliver_webhook"
# So long a delivery waits that isn't allowed now, or couldn't be recorded.
PAUSE = timedelta(seconds=30)

log = structlog.get_logger(__name__)


class Disclosures:
    """Those of one process."""

    def __init__(self, process: Process[Any, Any]) -> None:
        self._process = process

    def allowed_from(self, due: Due, now: datetime) -> datetime | None:
        """None when the delivery may be posted now; its row is durable then. Else when it's worth another look.

        The grant is read at this moment, so that one that was withdrawn ends deliveries that were claimed before.
        """
        if not is_partner(due.audience):
            return None
        with self._process.database.transaction() as session:
            grant = grant_of(session, due.organisation, now)
        if grant is None or follow_refusal(grant, now) is not None:
            return now + PAUSE
        rows = self._process.quotas.take(rows_a_day(grant), grant.organisation, now=now.timestamp())
        if not rows.granted:
            return now + timedelta(seconds=rows.resets_in)
        try:
            self._process.resources.recorder.write(_access(due, now))
        except Unrecorded:
            log.warning("webhooks.unrecorded")
            return now + PAUSE
        return None


def _access(due: Due, now: datetime) -> Access:
    """The row of an attempt: nobody calls, so the webhook stands in the caller's place."""
    caller = Caller(
        subject=due.webhook_id, client_id="webhook", organisation=due.organisation,
        organisation_kind=PARTNER_KIND, scopes=frozenset(), jti=due.event_id, key_id="", sid=None,
        issued_at=now.timestamp(), expires_at=now.timestamp(), kind=MACHINE,
    )  # fmt: skip
    return Access(
        caller=caller, at=now, operation=OPERATION, decision="allowed",
        query=Following({"event_id": due.event_id}), permit_ids=(due.about,),
    )  # fmt: skip
