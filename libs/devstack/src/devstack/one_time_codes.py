"""One-time codes by time (RFC 6238), as a telephone makes them, for the people of `.run/system.json` who have a key."""

import hmac
import secrets
import time
from base64 import b32decode, b32encode
from collections.abc import Iterator

STEP_S = 30
# A code that is yielded stays good for at least so many seconds.
TO_TYPE_S = 10


def new_secret() -> str:
    """Returns a new key in base32."""
    return b32encode(secrets.token_bytes(20)).decode()


def code_of(secret: str, step: int) -> str:
    """Returns the six digits of a step."""
    digest = hmac.digest(b32decode(secret), step.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def current_codes(secret: str) -> Iterator[str]:
    """Yields the codes that are good now, oldest first, and then those to come, each when it's good. Each is good once,
    so a program that signs in again within half a minute needs the next one."""
    step = 0
    while True:
        now = time.time()
        # A service takes the codes of the steps before and after its own.
        step = max(step + 1, int((now + TO_TYPE_S) // STEP_S) - 1)
        time.sleep(max(0.0, (step - 1) * STEP_S - now))
        yield code_of(secret, step)
