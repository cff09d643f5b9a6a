"""Passkeys (WebAuthn) as a second factor: where they're good, their names, their number and their counter."""

from ipaddress import ip_address
from urllib.parse import urlsplit

# The most passkeys of one person, and the longest name that a person gives to one.
PASSKEYS = 10
LONGEST_NAME = 40
# Authentication methods (RFC 8176). A passkey that its provider copies to other devices isn't bound to hardware.
HARDWARE_KEY, SOFTWARE_KEY, USER_PRESENT = "hwk", "swk", "user"
_PORTS = {"https": 443, "http": 80}


def domain_of(issuer: str) -> str | None:
    """Returns the domain that passkeys are made for, the host of the issuer. Returns None for an IP address: browsers
    make no passkeys there."""
    host = urlsplit(issuer).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return host or None
    return None


def origin_of(issuer: str) -> str:
    """Returns the origin of the pages as browsers write it: without the port that the scheme has anyway."""
    parts = urlsplit(issuer)
    port = parts.port if parts.port != _PORTS.get(parts.scheme) else None
    return f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "")


def clean_name(typed: str) -> str | None:
    """Returns the name that a person gives to a passkey, or None for a text that isn't a name."""
    name = " ".join(typed.split())
    return name if 0 < len(name) <= LONGEST_NAME and name.isprintable() else None


def went_back(*, last: int, shown: int) -> bool:
    """Returns whether the counter of a passkey shows a copy (WebAuthn section 6.1.1). An authenticator without a
    counter shows 0 always."""
    return bool(last or shown) and shown <= last


def methods_of_passkey(*, is_synced: bool) -> list[str]:
    """Returns the methods of a sign-in with a passkey beside the password."""
    return [SOFTWARE_KEY if is_synced else HARDWARE_KEY, USER_PRESENT]
