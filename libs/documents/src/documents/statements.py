"""What a document's QR code says, and the bytes of it that are signed.

The code is an address with the rest behind `#`: `https://…/documents/<id>#<body>.<signature>`. A telephone's camera
opens the address and gets today's state; what stands behind `#` never leaves the telephone, so no server's log has
it. A verifier off line reads the whole text. The address is signed too: moved to another host, the code is tampered.
"""

import re
import struct
import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from documents.encoding import from_text, to_text

VERSION = 1
KEY_ID_BYTES = 6
_IN_BRACKETS = re.compile(r"\([^)]*\)")
_PURPOSE = b"signed-document/1\n"
# version, key id, day of issue, day of expiry (0: none); then the texts.
_HEAD = struct.Struct(">B6sHH")
_EPOCH = date(2000, 1, 1)
_BETWEEN = "\x1f"
_KIND = re.compile(r"[a-z][a-z_]{0,39}")
_TEXT = re.compile(
    r"(?P<base>[!-\"$-~]+)/(?P<id>[\w-]{22})#(?P<body>[\w-]+)\.(?P<signature>[\w-]{86})", re.A
)
LONGEST = 500


class Unreadable(ValueError):
    """The text is no code of a signed document."""


class Damaged(ValueError):
    """The text has the form of a code, and its body says nothing."""


@dataclass(frozen=True)
class Statement:
    """What a document says of itself: a random id, kind, number as printed, state at issue, days of issue and expiry
    (None: doesn't expire), and a person's initials or None. `place`: the office that issued it, where numbers are
    counted for each office, so that the code of one isn't put on the paper of another. Never an ID number or a name.

    Raises ValueError for a kind or state that isn't lower case letters and underscores, a text with control
    characters, or a day that isn't between 2000 and 2179."""

    document_id: uuid.UUID
    kind: str
    number: str
    state: str
    issued_on: date
    expires_on: date | None
    initials: str | None = None
    place: str | None = None

    def __post_init__(self) -> None:
        if not (_KIND.fullmatch(self.kind) and _KIND.fullmatch(self.state)):
            raise ValueError("kind and state are lower case letters and underscores")
        texts = (self.number, self.initials or "", self.place or "")
        if not self.number or not all(text.isprintable() for text in texts):
            raise ValueError("number, initials and place are printable texts")
        if "" in (self.initials, self.place):
            raise ValueError("initials and place are None where there are none")
        for day in (self.issued_on, self.expires_on or self.issued_on):
            _days(day)


@dataclass(frozen=True)
class Code:
    """A code that was read, and isn't verified yet: what it says, by which key, and what was signed."""

    statement: Statement
    key_id: str
    address: str
    message: bytes
    signature: bytes


def message_of(statement: Statement, key_id: str, base: str) -> bytes:
    """Returns the bytes that are signed: the purpose, the address, the body."""
    return _message(f"{base}/{to_text(statement.document_id.bytes)}", _body(statement, key_id))


def write(statement: Statement, key_id: str, base: str, signature: bytes) -> str:
    """Returns the text of the code. `base` is the address without the last slash."""
    address = f"{base}/{to_text(statement.document_id.bytes)}"
    return f"{address}#{to_text(_body(statement, key_id))}.{to_text(signature)}"


def read(text: str) -> Code:
    """Reads a code, whoever made it. Raises Unreadable, Damaged."""
    found = _TEXT.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if found is None:
        raise Unreadable("isn't the code of a signed document")
    address = f"{found['base']}/{found['id']}"
    try:
        body, signature = from_text(found["body"]), from_text(found["signature"])
        statement, key_id = _parse(uuid.UUID(bytes=from_text(found["id"])), body)
    except (ValueError, struct.error, OverflowError):
        raise Damaged("the code was changed") from None
    return Code(statement, key_id, address, _message(address, body), signature)


def initials_of(name: str) -> str:
    """Returns the first letters of a person's first and last name: «أحمد بن عبدالله الحسن» → «أ. ح.». What stands in
    brackets is no name. Raises ValueError for a name without letters."""
    named = _IN_BRACKETS.sub(" ", name)
    words = [word.removeprefix("ال") or word for word in named.split()]
    letters = [next((sign for sign in word if sign.isalpha()), "") for word in words]
    first_and_last = [letter for letter in (letters[:1] + letters[1:][-1:]) if letter]
    if not first_and_last:
        raise ValueError("the name has no letters")
    return " ".join(f"{letter}." for letter in first_and_last)


def _message(address: str, body: bytes) -> bytes:
    return _PURPOSE + address.encode() + b"\n" + body


def _body(statement: Statement, key_id: str) -> bytes:
    head = _HEAD.pack(
        VERSION,
        from_text(key_id),
        _days(statement.issued_on),
        _days(statement.expires_on) if statement.expires_on else 0,
    )
    texts = [statement.kind, statement.number, statement.state, statement.initials or ""]
    if statement.place:
        texts.append(statement.place)
    return head + _BETWEEN.join(texts).encode()


def _parse(document_id: uuid.UUID, body: bytes) -> tuple[Statement, str]:
    version, key_id, issued, expires = _HEAD.unpack(body[: _HEAD.size])
    if version != VERSION:
        raise ValueError("another version")
    kind, number, state, initials, *place = body[_HEAD.size :].decode().split(_BETWEEN)
    if len(place) > 1 or "" in place:
        raise ValueError("another form")
    statement = Statement(
        document_id=document_id,
        kind=kind,
        number=number,
        state=state,
        issued_on=_EPOCH + timedelta(days=issued),
        expires_on=_EPOCH + timedelta(days=expires) if expires else None,
        initials=initials or None,
        place=place[0] if place else None,
    )
    return statement, to_text(key_id)


def _days(day: date) -> int:
    days = (day - _EPOCH).days
    if not 0 < days <= 0xFFFF:
        raise ValueError("a day of a document is between 2000 and 2179")
    return days
