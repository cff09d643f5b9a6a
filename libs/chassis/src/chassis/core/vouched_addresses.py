"""The address of a person, told by a service with pages to the service that it asks for this person.

Without it everybody behind the pages would share the limits of one address. `X-Forwarded-For` can't tell it: anybody
writes that header. This one is signed with a key that only our services have.
"""

import hmac
from base64 import urlsafe_b64encode
from datetime import datetime

HEADER = "Vouched-Address"
# A header is valid for a minute, because the clocks of our machines differ by less.
_VALID_SECONDS = 60


def vouch_for(address: str, key: bytes, now: datetime) -> str:
    """Returns the value of the header: the moment, the address, and their signature."""
    told = f"{int(now.timestamp())} {address}"
    return f"{told} {_sign(told, key)}"


def vouched_address(header: str, key: bytes | None, now: datetime) -> str | None:
    """Returns the address that a service of ours vouches for. Returns None without a key, for a wrong signature, and
    for a header that is older than a minute."""
    told, _, signature = header.rpartition(" ")
    moment, _, address = told.partition(" ")
    if key is None or not hmac.compare_digest(
        signature.encode("utf-8", "replace"), _sign(told, key).encode()
    ):
        return None
    is_fresh = abs(now.timestamp() - int(moment)) <= _VALID_SECONDS
    return address if is_fresh else None


def _sign(told: str, key: bytes) -> str:
    mac = hmac.digest(key, b"vouched address " + told.encode("utf-8", "replace"), "sha256")
    return urlsafe_b64encode(mac).decode().rstrip("=")
