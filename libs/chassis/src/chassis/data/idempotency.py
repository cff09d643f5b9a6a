"""Requests that are carried out once, however often they're sent: what the caller's own key was answered with.

A request's changes and the answer that's kept are one transaction. So a process that's killed has either changed
nothing and kept nothing, or the next request with that key gets the answer that the first one didn't (ADR 27).
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.core.refusals import Refusal
from chassis.data.advisory import try_one_at_a_time
from chassis.data.sealed import Keys, keys_of

KEPT = timedelta(hours=24)
_RETRY_SECONDS = 1

_FIND = text(
    "SELECT name, request, answer FROM idempotency_key WHERE name = ANY(:names) AND kept_at > :since"
)
# A row past its time may still be there: it's forgotten once an hour, and taken anew at once.
_KEEP = text(
    """INSERT INTO idempotency_key (name, request, answer, kept_at) VALUES (:name, :request, :answer, :now)
    ON CONFLICT (name) DO UPDATE SET
        request = EXCLUDED.request, answer = EXCLUDED.answer, kept_at = EXCLUDED.kept_at"""
)
_PURGE = text("DELETE FROM idempotency_key WHERE kept_at <= now() - :kept")


class KeyInUse(Refusal):
    """The request with this key is being carried out at this moment."""

    problem = "idempotency-key-in-use"
    retry_after = _RETRY_SECONDS


class KeyUsed(Refusal):
    """Another request had this key within the last 24 hours."""

    problem = "idempotency-key-used"


@dataclass(frozen=True)
class KeyedRequest:
    """A request with the caller's key. `owner` names the caller: the same key of another one is independent.

    `request` is what was asked, in bytes that are the same for the same question.
    """

    owner: Sequence[str]
    key: str
    request: bytes

    @property
    def name(self) -> str:
        return json.dumps(["idempotency_key.name", *self.owner, self.key])

    @property
    def question(self) -> str:
        """Bound to caller and key: the same request of somebody else, or under another key, leaves another hash, so
        that nobody who reads the rows can ask by a request of his own what another one said."""
        head = hashlib.sha256(self.name.encode()).digest()
        return f"idempotency_key.request/{hashlib.sha256(head + self.request).hexdigest()}"


@dataclass(frozen=True)
class Answer:
    """An answer as it's kept: status, headers, and a body of text."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def begin(session: Session, keyed: KeyedRequest, now: datetime) -> Answer | None:
    """Returns the stored answer to this request; None the first time, and then this transaction owns the key.

    Raises KeyInUse while another transaction has the key, and KeyUsed for the key of a different request.
    """
    if not try_one_at_a_time(session, keyed.name):
        raise KeyInUse
    keys = keys_of(session)
    names = keys.index.keys(keyed.name)
    # A statement of its own: its snapshot is younger than the lock, so it sees what the lock's last holder committed.
    found = session.execute(_FIND, {"names": names, "since": now - KEPT}).one_or_none()
    if found is None:
        return None
    asked = keys.index.keys(keyed.question)
    if not any(hmac.compare_digest(one, found.request) for one in asked):
        raise KeyUsed
    return _opened(keys, found.name, bytes(found.answer))


def keep(session: Session, keyed: KeyedRequest, answer: Answer, now: datetime) -> None:
    """Keeps the answer, in the transaction of `begin` and of the request's changes."""
    keys = keys_of(session)
    name = keys.index.key(keyed.name)
    head = json.dumps([answer.status, dict(answer.headers)], ensure_ascii=False).encode()
    sealed = keys.columns.seal(head + b"\n" + answer.body, _place(name))
    values = {"name": name, "request": keys.index.key(keyed.question)}
    session.execute(_KEEP, {**values, "answer": sealed, "now": now})


def purge(session: Session) -> None:
    """Forgets the keys of more than 24 hours ago."""
    session.execute(_PURGE, {"kept": KEPT})


def _opened(keys: Keys, name: str, sealed: bytes) -> Answer:
    """Raises CannotUnseal."""
    head, _, body = keys.columns.unseal(sealed, _place(name)).partition(b"\n")
    status, headers = json.loads(head)
    return Answer(status, headers, body)


def _place(name: str) -> str:
    return f"idempotency_key.answer/{name}"
