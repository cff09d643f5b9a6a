"""People who don't exist, and a search for them in all bytes that a system leaves: plain, folded, escaped, encoded."""

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import unquote_to_bytes

MARK = "كناري"  # in the name of every canary and in nothing else
_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_FOLDED = {digit.encode(): str(n).encode() for n, digit in enumerate("٠١٢٣٤٥٦٧٨٩")}
_NUMBER = re.compile(rb"(?=([12]\d{9}))")
_MOBILE = re.compile(rb"(?=(?:966|0)(5\d{8}))")
_HEX = re.compile(rb"[0-9a-fA-F]{20,}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}")
_PLAIN_BASE64 = bytes.maketrans(b"-_", b"+/")
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


# Of workers: in every name in Latin letters and every practice number, and days of birth that nothing else has, in
# both calendars.
LATIN_MARK, PRACTICE = "Kanaria", "77KN"
_FIRST_BIRTH = date(1957, 1, 1)
WORKERS_MARKS = [
    re.compile(mark)
    for mark in (
        *(rb"Kanaria", rb"KANARIA", rb"kanaria"),
        rb"77-?[Kk][Nn]-?\d{4,}",
        rb"195[78][-/.][01]\d[-/.][0-3]\d",
        rb"137[678][-/.][01]\d[-/.][0-3]\d",
    )
]
# A result in the clear, as a value: no label, no line, no field says it.
RESULTS = [
    re.compile(mark) for mark in (rb"unfit", rb"fit(?<=[\"'=]fit)[\"'\s,}\\]", "لائق".encode())
]


@dataclass(frozen=True)
class WorkerCanary(Canary):
    """A worker who is to be examined, and the practice number of whoever examines him."""

    latin_name: str
    birth_date: date
    practice_number: str


def workers(count: int) -> list[WorkerCanary]:
    """Residents; the numbers of their IDs and mobiles are other ones than those of `flock`."""
    return [
        WorkerCanary(
            name=f"{MARK} {n} عامل تجربة (بيانات تجريبية)",
            id_number=_with_check_digit(f"2{n:08}"),
            mobile=f"+9665{n:08}",
            latin_name=f"{LATIN_MARK} Worker {n} (sample data)",
            birth_date=_FIRST_BIRTH + timedelta(days=n - 7000),
            practice_number=f"{PRACTICE}{n:07}",
        )
        for n in range(7000, 7000 + count)
    ]


def _with_check_digit(body: str) -> str:
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(body)]
    return body + str(-sum(value - 9 * (value > 9) for value in doubled) % 10)


class Search:
    """Finds canaries, and what is `also` looked for. Random bytes as hexadecimal digits aren't read as decimal ones,
    but decoded."""

    def __init__(self, canaries: Sequence[Canary], *also: re.Pattern[bytes]) -> None:
        self._also = also
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
        hexadecimal = (run[: len(run) // 2 * 2].decode() for run in _HEX.findall(data))
        yield b"\n".join(bytes.fromhex(run) for run in hexadecimal)
        plain = [run.translate(_PLAIN_BASE64) for run in _BASE64.findall(data)]
        for start in range(4):  # the places where a group may begin
            yield b"\n".join(_decoded(run[start:]) for run in plain)

    def _in(self, form: bytes) -> set[str]:
        for arabic, ascii_digit in _FOLDED.items():
            if arabic[:1] in form:
                form = form.replace(arabic, ascii_digit)
        found = {number.decode() for number in _NUMBER.findall(form) if number in self._numbers}
        found |= {number.decode() for number in _MOBILE.findall(form) if number in self._mobiles}
        for pattern in self._also:
            found |= {match[0].decode() for match in pattern.finditer(form)}
        return found | ({MARK} if MARK.encode() in form else set())


def _decoded(run: bytes) -> bytes:
    """A run of base64 letters, as far as it can be read."""
    run = run[:-1] if len(run) % 4 == 1 else run
    return base64.b64decode(run + b"=" * (-len(run) % 4))
