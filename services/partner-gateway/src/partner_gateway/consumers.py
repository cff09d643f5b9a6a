"""What the partner gateway does with the events of others."""

from sqlalchemy.orm import Session

from chassis.inbox import Received
from chassis.service import Together, Topics
from partner_gateway import commands
from partner_gateway.settings import process_settings

PERMIT_EVENTS = (
    "issued",
    "amended",
    "suspended",
    "reinstated",
    "cancelled",
    "renewed",
    "superseded",
    "completed",
)
GRANT_EVENTS = ("granted", "amended", "withdrawn")


# Every event of a permit carries its whole state: they're all projected alike.
permit_changed = Together(
    prepare=lambda event: commands.permit_row(event, process_settings()),
    write=commands.keep_permits,
)


def grant_changed(session: Session, event: Received) -> None:
    commands.record_grant(session, event)


HANDLERS: Topics = {
    "permits.permit": {
        f"sa.gov.qatif.permits.permit.{verb}.v1": permit_changed for verb in PERMIT_EVENTS
    },
    "identity.grant": {
        f"sa.gov.qatif.identity.grant.{verb}.v1": grant_changed for verb in GRANT_EVENTS
    },
}
