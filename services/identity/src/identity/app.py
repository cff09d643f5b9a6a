"""The composition root of the service."""

from typing import TYPE_CHECKING

from chassis.service import Service
from identity.commands.revocations import confirm
from identity.provision import provision
from identity.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

    from chassis.app import App
    from chassis.auth import Jwks
    from chassis.db import Database

_LARGEST_FORM = 65_536


def configure(flask: "Flask", _settings: Settings) -> None:
    """The pages and the OAuth endpoints are Flask's: forms, cookies, templates."""
    flask.config["MAX_FORM_MEMORY_SIZE"] = _LARGEST_FORM


SERVICE = Service(
    name="identity",
    package="identity",
    settings=Settings,
    commands=[provision],
    chores=[confirm],
    configure=configure,
)


def create_app(
    settings: Settings, database: "Database | None" = None, jwks: "Jwks | None" = None
) -> "App":
    """The web application over the given settings."""
    from chassis.app import build  # a worker has no web stack

    return build(SERVICE, settings, database, jwks)
