"""A notice is the bill system's when its signature over time and raw body says so."""

from datetime import UTC, datetime

import pytest

from payments.domain import signatures
from payments.domain.signatures import Fault, NotSigned

KEYS = {1: b"a" * 32, 2: b"b" * 32}
NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
TIME = int(NOW.timestamp())
BODY = b'{"notice_id": "N-1"}'


def fault(text: str, body: bytes = BODY) -> Fault:
    with pytest.raises(NotSigned) as caught:
        signatures.check(text, body, keys=KEYS, now=NOW)
    return caught.value.fault


@pytest.mark.parametrize("number", [1, 2])
def test_every_configured_key_verifies(number: int) -> None:
    text = signatures.sign(KEYS[number], number, TIME, BODY)

    assert signatures.check(text, BODY, keys=KEYS, now=NOW) == signatures.Signature(number, TIME)


def test_another_body_or_another_time_is_refused() -> None:
    text = signatures.sign(KEYS[1], 1, TIME, BODY)

    assert fault(text, BODY + b" ") is Fault.MAC
    assert fault(text.replace(str(TIME), str(TIME + 1))) is Fault.MAC
    assert fault(text.replace("key=1", "key=2")) is Fault.MAC


def test_an_unknown_key_is_refused() -> None:
    assert fault(signatures.sign(b"c" * 32, 3, TIME, BODY)) is Fault.KEY


def test_the_key_that_replaces_an_unknown_key_verifies_nothing() -> None:
    assert fault(signatures.sign(bytes(32), 9, TIME, BODY)) is Fault.KEY


@pytest.mark.parametrize("off", [-301, 301])
def test_a_signature_is_valid_for_five_minutes(off: int) -> None:
    assert fault(signatures.sign(KEYS[1], 1, TIME + off, BODY)) is Fault.TIME
    signatures.check(
        signatures.sign(KEYS[1], 1, TIME + off // 301 * 300, BODY), BODY, keys=KEYS, now=NOW
    )


@pytest.mark.parametrize(
    "text",
    [
        *("", "key=1", "key=1,time=1,mac=00", "mac=" + "0" * 64),
        *(f"key=١,time={TIME},mac=" + "0" * 64, f"key=1,time=-1,mac={'0' * 64}"),
        f"key=1,time={TIME},mac={'A' * 64}",
    ],
)
def test_a_malformed_signature_is_refused(text: str) -> None:
    assert fault(text) is Fault.FORM
