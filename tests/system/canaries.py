"""People who don't exist, and a search for them in all bytes that a system leaves: plain, folded, escaped, encoded."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

MARK = "كناري"  # in the name of every canary and in nothing else
_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_FOLDED = {digit.encode(): str(n).encode() for n, digit in enumerate("٠١٢٣٤٥٦٧٨٩")}
_NUMBER = re.compile(rb"(?=(1\d{9}))")
_MOBILE = re.compile(rb"(?=(?:966|0)(5\d{8}))")
_HEX = re.compile(rb"[0-9a-fA-F]{20,}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}")
_BYTEA = re.compile(rb"\\\\x([0-9a-f]*)")


@dataclass(frozen=True)
class Canary:
    """A person with a number that is valid and that nobody bears."""

    name: str
    id_number: str
    mobile: str

    def owner(self) -> dict[str, str]:
        return {
            "name": self.name,
            "owner_type": "individual",
            "id_type": "national_id",
            "id_number": self.id_number,
            "mobile": self.mobile,
        }

    @property
    def arabic(self) -> str:
        return self.id_number.translate(_ARABIC)


def flock(count: int) -> list[Canary]:
    """Canaries with the lowest sequences after the house's own sample numbers."""
    return [
        Canary(
            name=f"{MARK} {n} بن تجربة (بيانات تجريبية)",
            id_number=_with_check_digit(f"1{n:08}"),
            mobile=f"+9665{n:08}",
        )
        for n in range(1000, 1000 + count)
    ]


def _with_check_digit(body: str) -> str:
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(body)]
    return body + str(-sum(value - 9 * (value > 9) for value in doubled) % 10)


class Search:
    """Finds canaries. Random bytes as hexadecimal digits aren't read as decimal ones, but decoded."""

    def __init__(self, canaries: list[Canary]) -> None:
        self._numbers = {canary.id_number.encode() for canary in canaries}
        self._mobiles = {canary.mobile.removeprefix("+966").encode() for canary in canaries}

    def hits(self, data: bytes) -> set[str]:
        """Which values stand in the data, in any of the forms."""
        found: set[str] = set()
        for form in self._forms(data):
            found |= self._in(form)
        return found

    def _forms(self, data: bytes) -> Iterator[bytes]:
        """The data, and what it holds encoded, one encoding deep below the first."""
        data = _BYTEA.sub(lambda match: b" " + bytes.fromhex(match[1].decode()) + b" ", data)
        yield data
        if b"%" in data:
            yield unquote_to_bytes(data)
        if b"\\u06" in data:
            yield re.sub(
                rb"\\u(06[0-9a-fA-F]{2})", lambda match: chr(int(match[1], 16)).encode(), data
            )
        for run in _HEX.findall(data):
            yield bytes.fromhex(run[: len(run) // 2 * 2].decode())
        for run in _BASE64.findall(data):
            yield from _decoded(run)

    def _in(self, form: bytes) -> set[str]:
        for arabic, ascii_digit in _FOLDED.items():
            if arabic[:1] in form:
                form = form.replace(arabic, ascii_digit)
        found = {number.decode() for number in _NUMBER.findall(form) if number in self._numbers}
        found |= {number.decode() for number in _MOBILE.findall(form) if number in self._mobiles}
        return found | ({MARK} if MARK.encode() in form else set())


def _decoded(run: bytes) -> Iterator[bytes]:
    """A run of base64 letters, read from each of the four places where a group may begin."""
    plain = run.translate(bytes.maketrans(b"-_", b"+/"))
    for start in range(4):
        part = plain[start:]
        part = part[:-1] if len(part) % 4 == 1 else part
        yield base64.b64decode(part + b"=" * (-len(part) % 4))
