"""The composition root of the service."""

from typing import TYPE_CHECKING

from chassis.service import Service
from identity.cli import enrolment_code, factor_reset, national_login_key, provision
from identity.commands.revocations import publish_heartbeat
from identity.domain.citizens import parse_until
from identity.resources import Resources
from identity.settings import Settings
from pages.assets import mount_assets
from saudi.ids import IdType, parse_civil_id, parse_id

if TYPE_CHECKING:
    from flask import Flask

_LARGEST_FORM = 65_536


def configure(flask: "Flask", _settings: Settings) -> None:
    """Limits the size of forms, of the pages and of the OAuth endpoints."""
    flask.config["MAX_FORM_MEMORY_SIZE"] = _LARGEST_FORM


def parse_unified_number(text: str) -> str:
    """Returns the number of an establishment. Raises Malformed."""
    return parse_id(IdType.UNIFIED_NUMBER, text)


SERVICE = Service(
    name="identity",
    package="identity",
    settings=Settings,
    api=[
        "identity.api.administration",
        "identity.api.authorize",
        "identity.api.citizens",
        "identity.api.client_endpoints",
        "identity.api.national_login",
        "identity.api.own_factors",
    ],
    formats={
        "civil-id": parse_civil_id,
        "unified-number": parse_unified_number,
        "calendar-end": parse_until,
    },
    commands=[provision, national_login_key, enrolment_code, factor_reset],
    # Only `work.lock` is checked. Token requests share-lock client, organisation, person and session, in this order.
    lock_order=("client", "organisation", "person", "citizen", "delegation"),
    resources=Resources.of,
    chores=[lambda context: publish_heartbeat(context.session, context.now)],
    configure=configure,
    pages=mount_assets,
)
