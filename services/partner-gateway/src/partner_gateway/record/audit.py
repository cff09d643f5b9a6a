"""Signs roots over the record, and verifies rows, links and roots."""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from chassis.access.dpop import thumbprint
from chassis.core.cloudevents import Event
from chassis.core.times import rfc3339
from chassis.data.advisory import Lock
from chassis.events import inbox, kafka
from chassis.events.outbox import publish
from partner_gateway.record.chain import COLUMNS, canonical, first_hash, link_hash, row_hash

TOPIC = "partner-gateway.access-root"
SIGNED = "sa.gov.qatif.partner-gateway.access-root.signed.v1"
RECORD = "access-log"
EVERY_SECONDS = 60
_NOTHING = "0" * 64
_BOUND = ("record", "number", "at", "previous", "heads")
_SIGNING = Lock("partner-gateway.audit", 0x4143)
_LAST = text(
    "SELECT root, clock_timestamp() - at < make_interval(secs => :seconds) AS fresh FROM access_root"
    " ORDER BY number DESC LIMIT 1"
)
_GROWN = text(
    """SELECT chain::text, head.link, head.hash FROM access_chain c JOIN LATERAL (
        SELECT link, hash FROM access_link l WHERE l.chain = c.chain ORDER BY link DESC LIMIT 1) head ON true
    WHERE head.link > c.rooted_link"""
)
_ROOTED = text("UPDATE access_chain SET rooted_link = :link WHERE chain = :chain")
_ADD_ROOT = text(
    "INSERT INTO access_root (number, at, root) VALUES (:number, :at, CAST(:root AS jsonb))"
)
_ROOTS = text("SELECT number, root FROM access_root ORDER BY number")
_LINKS = text(
    "SELECT chain::text, link, rows, hash FROM access_link ORDER BY access_link.chain, link"
)
_ROWS = text(
    f"SELECT chain::text, link, place, {', '.join(COLUMNS[:-1])}, permit_ids::text[]"  # noqa: S608
    " FROM access_log ORDER BY access_log.chain, link, place"
)


def sign_root(
    session: Session, secret: bytes, now: datetime, *, every: float = EVERY_SECONDS
) -> int | None:
    """Signs and publishes a root of the record if the last root is older than `every` seconds. Answers its number."""
    if not _SIGNING.try_take(session):
        return None
    last = session.execute(_LAST, {"seconds": every}).one_or_none()
    if last is not None and last.fresh:
        return None
    heads = session.execute(_GROWN).all()
    root = signed(
        {
            "record": RECORD,
            "number": last.root["number"] + 1 if last else 1,
            "at": rfc3339(now),
            "previous": last.root["hash"] if last else _NOTHING,
            "heads": {
                chain: {"link": link, "hash": bytes(digest).hex()} for chain, link, digest in heads
            },
        },
        secret,
    )
    if heads:
        session.execute(_ROOTED, [{"chain": head.chain, "link": head.link} for head in heads])
    session.execute(_ADD_ROOT, {"number": root["number"], "at": now, "root": json.dumps(root)})
    publish(
        session,
        Event(type=SIGNED, topic=TOPIC, aggregate_type="access-root", aggregate_id=RECORD, version=root["number"],
              data=root, time=now),
    )  # fmt: skip
    return int(root["number"])


def signed(root: dict[str, Any], secret: bytes) -> dict[str, Any]:
    """Returns the root with its hash and the Ed25519 signature over the hash."""
    key, digest = Ed25519PrivateKey.from_private_bytes(secret), root_hash(root)
    return {
        **root,
        "hash": digest.hex(),
        "key_id": key_id(key.public_key()),
        "signature": _text(key.sign(digest)),
    }


def root_hash(root: Mapping[str, Any]) -> bytes:
    """SHA-256 of the canonical JSON of a root's content."""
    bound = {name: root[name] for name in _BOUND}
    return hashlib.sha256(
        json.dumps(bound, sort_keys=True, separators=(",", ":")).encode()
    ).digest()


def key_id(key: Ed25519PublicKey) -> str:
    """RFC 7638 thumbprint of the public key (RFC 8037)."""
    jwk = {
        "crv": "Ed25519",
        "kty": "OKP",
        "x": _text(key.public_bytes(Encoding.Raw, PublicFormat.Raw)),
    }
    return thumbprint(jwk)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def published_roots(bootstrap_servers: str) -> list[dict[str, Any]]:
    """Returns the roots as the topic holds them, each once. Raises BrokerError."""
    reader = kafka.TopicReader(bootstrap_servers, TOPIC)
    found: dict[str, dict[str, Any]] = {}
    try:
        while batch := reader.batch(500):
            events = [inbox.parse(record.value) for record in batch]
            found |= {event.id: event.data for event in events}
    finally:
        reader.close()
    return list(found.values())


def verify(
    session: Session, key: Ed25519PublicKey, published: Sequence[Mapping[str, Any]] = ()
) -> Iterator[str]:
    """Yields each fault of the record: rows and links against each other, roots against their signatures,
    chains against the roots, and the roots in the database against the published ones."""
    roots = session.execute(_ROOTS).all()
    yield from _wrong_roots([row.root for row in roots], [row.number for row in roots], key)
    yield from _against_published([row.root for row in roots], published, key)
    every = [row.root for row in roots] + list(published)
    heads = {
        (chain, head["link"]): head["hash"]
        for root in every
        for chain, head in root["heads"].items()
    }
    yield from _wrong_chains(session, heads)


def _wrong_roots(
    roots: Sequence[Mapping[str, Any]], numbers: Sequence[int], key: Ed25519PublicKey
) -> Iterator[str]:
    previous = _NOTHING
    for place, (root, number) in enumerate(zip(roots, numbers, strict=True), start=1):
        if not number == root["number"] == place:
            yield f"root {place} is missing or has another number"
            return
        if root["previous"] != previous:
            yield f"root {place} doesn't follow the one before"
        if not _is_signed_by(root, key):
            yield f"root {place} isn't what was signed"
        previous = root["hash"]


def _against_published(
    roots: Sequence[Mapping[str, Any]],
    published: Sequence[Mapping[str, Any]],
    key: Ed25519PublicKey,
) -> Iterator[str]:
    kept = {root["number"]: root["hash"] for root in roots}
    for root in published:
        if not _is_signed_by(root, key):
            yield f"the topic holds a root {root['number']} that we didn't sign"
        elif kept.get(root["number"]) != root["hash"]:
            yield f"root {root['number']} was published and isn't in the database, or is another one there"


def _is_signed_by(root: Mapping[str, Any], key: Ed25519PublicKey) -> bool:
    digest = root_hash(root)
    signature = base64.urlsafe_b64decode(root["signature"] + "==")
    try:
        key.verify(signature, digest)
    except InvalidSignature:
        return False
    return bool(digest.hex() == root["hash"] and root["key_id"] == key_id(key))


def _wrong_chains(session: Session, heads: dict[tuple[str, int], str]) -> Iterator[str]:
    rows = _by_link(session)
    pending = next(rows, None)
    chain, expected, previous = "", 1, b""
    for link in session.execute(_LINKS.execution_options(yield_per=5_000)):
        if link.chain != chain:
            chain, expected, previous = link.chain, 1, first_hash(link.chain)
        place = (link.chain, link.link)
        while pending is not None and pending[0] < place:
            yield f"rows of link {pending[0]} have no link"
            pending = next(rows, None)
        own: list[bytes] = []
        if pending is not None and pending[0] == place:
            own, pending = pending[1], next(rows, None)
        if link.link != expected:
            yield f"link {expected} of chain {chain} is missing"
        if len(own) != link.rows or link_hash(previous, own) != bytes(link.hash):
            yield f"link {link.link} of chain {chain} or a row of it was changed, deleted or added"
        if heads.pop(place, link.hash.hex()) != bytes(link.hash).hex():
            yield f"link {link.link} of chain {chain} isn't the one that was signed"
        previous, expected = bytes(link.hash), link.link + 1
    if pending is not None:
        yield f"rows of link {pending[0]} have no link"
    for chain, number in heads:
        yield f"link {number} of chain {chain} was signed and is gone"


def _by_link(session: Session) -> Iterator[tuple[tuple[str, int], list[bytes]]]:
    """((chain, link), hashes of its rows) in order; a gap in the places counts as a wrong row."""
    rows: Iterable[Row[Any]] = session.execute(_ROWS.execution_options(yield_per=5_000))
    at: tuple[str, int] | None = None
    hashes: list[bytes] = []
    for row in rows:
        chain, link, place, *values = tuple(row)
        if (chain, link) != at:
            if at is not None:
                yield at, hashes
            at, hashes = (chain, link), []
        hashes.append(row_hash(canonical(*values)) if place == len(hashes) else b"out of place")
    if at is not None:
        yield at, hashes
