"""The commercial register: the owners of an establishment."""

import json
from threading import BoundedSemaphore
from urllib.parse import urlsplit

from chassis.core.outgoing import Limit, NoAnswer, NotSent, Outgoing
from identity.domain.errors import RegisterAway
from identity.settings import Settings

_LIMIT = Limit(seconds=4.0, most_bytes=65_536)
MOST_AT_ONCE = 2
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


class CommercialRegister:
    """HTTP to the register. The number is sent in the body, never in an address. The register answers
    `{found, unified_number, status, owners}`."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.commercial_register_url
        self._outgoing = Outgoing(settings, hosts={urlsplit(self._url).hostname or ""})
        self._free = BoundedSemaphore(MOST_AT_ONCE)

    def owners(self, unified_number: str) -> frozenset[str]:
        """Returns the identity numbers of an active establishment's owners; nothing for another establishment. Raises
        RegisterAway."""
        if not self._url or not self._free.acquire(blocking=False):
            raise RegisterAway
        question = json.dumps({"unified_number": unified_number}).encode()
        try:
            answer = self._outgoing.send("POST", self._url, question, headers=_JSON, limit=_LIMIT)
        except (NotSent, NoAnswer):
            raise RegisterAway from None
        finally:
            self._free.release()
        if answer.status != 200:
            raise RegisterAway
        return _owners(answer.body, unified_number)


def _owners(body: bytes, unified_number: str) -> frozenset[str]:
    try:
        found = json.loads(body)
        if found["found"] is not True:
            return frozenset()
        if found["unified_number"] != unified_number:
            raise RegisterAway
        if found["status"] != "active":
            return frozenset()
        return frozenset(str(owner) for owner in found["owners"])
    except (ValueError, LookupError, TypeError):
        raise RegisterAway from None
