"""HTTP to the bodies that know facts about applicants and places, which no transaction may wait for."""

import json
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from chassis.core.outgoing import Limit, NoAnswer, NotSent, Outgoing
from chassis.data.db import Database
from licences.settings import Settings

MOST_BYTES = 65_536
_CONFIGURED = "licences_bodies_configured"


class Unanswered(Exception):
    """A body gave no answer that can be read. `code`: of NotSent and NoAnswer, or `status-503`, `not-json`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class OutsideBodies(Protocol):
    """The bodies that a process asks."""

    def ask(self, body: str, question: Mapping[str, str]) -> Any:
        """Returns the answer of a body (a code of `domain.facts.BODIES`) as plain JSON. Raises Unanswered."""


class HttpBodies:
    """Asks each body at `<url>/<body>`. The number stands in the body of the request, never in a URL."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.outside_bodies_url.rstrip("/")
        self._outgoing = Outgoing(settings, {urlsplit(self._url).hostname or ""})
        self._limit = Limit(settings.outside_timeout_seconds, MOST_BYTES)

    def ask(self, body: str, question: Mapping[str, str]) -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        url = f"{self._url}/{body.replace('_', '-')}"
        sent = json.dumps(dict(question)).encode()
        try:
            answer = self._outgoing.send("POST", url, sent, headers=headers, limit=self._limit)
        except (NotSent, NoAnswer) as error:
            raise Unanswered(error.code) from error
        if answer.status != 200:
            raise Unanswered(f"status-{answer.status}")
        try:
            return json.loads(answer.body)
        except ValueError as error:
            raise Unanswered("not-json") from error


def set_bodies_configured(database: Database, *, configured: bool) -> None:
    """Notes for all transactions of this database whether outside bodies are configured, as `use_keys` does with the
    settings' keys."""
    setattr(database.engine.dialect, _CONFIGURED, configured)


def are_bodies_configured(session: Session) -> bool:
    """Returns whether outside bodies are asked about the applications of the session's database. Raises LookupError
    where nobody has said so: an application would wait for answers that never come, or be decided without them."""
    configured: bool | None = getattr(session.get_bind().dialect, _CONFIGURED, None)
    if configured is None:
        raise LookupError("nobody has said whether outside bodies are configured: Resources does")
    return configured
