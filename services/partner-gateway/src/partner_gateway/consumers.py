"""What the partner gateway does with the events of others."""

from sqlalchemy.orm import Session

from chassis.inbox import Received
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


def permit_changed(session: Session, event: Received) -> None:
    """Every event of a permit carries its whole state: they're all projected alike."""
    commands.project_permit(session, event, process_settings())


def grant_changed(session: Session, event: Received) -> None:
    commands.record_grant(session, event)


HANDLERS = {
    "permits.permit": {
        f"sa.gov.qatif.permits.permit.{verb}.v1": permit_changed for verb in PERMIT_EVENTS
    },
    "identity.grant": {
        f"sa.gov.qatif.identity.grant.{verb}.v1": grant_changed for verb in GRANT_EVENTS
    },
}
