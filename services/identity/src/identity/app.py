"""The composition root of the service."""

from typing import TYPE_CHECKING

from chassis.service import Service
from identity.commands.revocations import confirm
from identity.provision import provision
from identity.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

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
