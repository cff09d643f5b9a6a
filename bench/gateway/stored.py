"""The gateway's projection as the bench knows it: the one place here."""

import random
from functools import cache
from typing import Any

from partner_gateway.domain.permit_documents import document_context
from partner_gateway.settings import Settings


class Stored:
    """Opens and writes rows of the projection as the service with this environment does."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = tuple(sorted(environment.items()))

    @property
    def settings(self) -> Settings:
        """Returns the settings of the running service."""
        return _settings(self._environment)

    def opened(self, row: dict[str, Any]) -> str:
        """The document of a row, as JSON."""
        context = document_context(str(row["permit_id"]))
        return self.settings.documents.unseal(row["document"], context).decode()

    def sealed(self, row: dict[str, Any], document: str) -> dict[str, Any]:
        """The row with its document."""
        context = document_context(str(row["permit_id"]))
        return row | {"document": self.settings.documents.seal(document.encode(), context)}

    def plain(self, row: dict[str, Any], document: str) -> dict[str, Any]:
        """The row with its document as anybody could read it: what sealing costs is the difference."""
        return row | {"document": document.encode()}

    def owner_key(self, civil_id: str) -> str:
        """Returns the key by which the owner of a number is found."""
        return self.settings.blind_index.key(civil_id)

    def nobodys_key(self) -> str:
        """A key of the same form that no number has."""
        return f"v1:{random.getrandbits(256):064x}"


@cache
def _settings(environment: tuple[tuple[str, str], ...]) -> Settings:
    return Settings.load("partner-gateway", dict(environment))
