"""Rules for organisations, people and clients as they are registered."""

import re
from collections.abc import Collection, Mapping, Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from identity.domain.errors import RuleBroken
from identity.domain.scopes import ClientKind, OrganisationKind

_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_CURVES = {"EC": "P-256", "OKP": "Ed25519"}
_ALGORITHMS = {"EC": {"ES256"}, "OKP": {"EdDSA", "Ed25519"}, "RSA": {"PS256"}}
_COMMON = re.compile(r"(?i)password|passw0rd|qwerty|12345678|كلمة المرور|كلمةالمرور")


def check_municipality(kind: str, municipality: str | None, known: Collection[str]) -> None:
    """A municipality carries its code, a partner none. Raises RuleBroken."""
    if kind == OrganisationKind.PARTNER:
        if municipality is not None:
            raise RuleBroken("municipality", "municipality-unexpected")
    elif municipality is None:
        raise RuleBroken("municipality", "municipality-required")
    elif municipality not in known:
        raise RuleBroken("municipality", "municipality-unknown")


def normal_username(text: str) -> str:
    """The form in which a username is stored and looked up."""
    return text.strip().casefold()


def check_password(password: str, username: str) -> None:
    """Raises RuleBroken for a password that is guessed first. The length is the contract's business."""
    folded = password.casefold()
    if (
        normal_username(username) in folded
        or _COMMON.search(password)
        or len(set(folded)) < 5
        or folded.strip() != folded
    ):
        raise RuleBroken("password", "password-weak")


def check_redirect_uris(kind: str, uris: Sequence[str]) -> None:
    """A staff client has at least one, a machine none. Raises RuleBroken."""
    if kind == ClientKind.MACHINE and uris:
        raise RuleBroken("redirect_uris", "redirect-uri-unexpected")
    if kind == ClientKind.STAFF and not uris:
        raise RuleBroken("redirect_uris", "redirect-uri-required")
    for index, uri in enumerate(uris):
        if not _is_redirect_uri(uri):
            raise RuleBroken(f"redirect_uris.{index}", "redirect-uri")


def _is_redirect_uri(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or "#" in uri or not re.fullmatch(r"[\x21-\x7e]+", uri):
        return False
    if re.search(r"[\\\"'<>;,*\s]", uri):
        return False  # the origin goes into a Content-Security-Policy
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def is_loopback(host: str) -> bool:
    """Whether a host name is this machine itself, where plain http is allowed."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def origin(uri: str) -> str:
    """Scheme, host and port of a registered redirect URI."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def check_jwks(jwks: Mapping[str, Any]) -> None:
    """Raises RuleBroken unless each key is a public key of a kind that we accept, with a kid of its own.

    Whether the numbers make a key (RSA of 2048 bits, a point on the curve) is checked by the library that uses it.
    """
    kids: set[str] = set()
    for index, key in enumerate(jwks["keys"]):
        where = f"jwks.keys.{index}"
        if _PRIVATE_MEMBERS & set(key):
            raise RuleBroken(where, "jwk-private")
        kind, kid = key.get("kty"), key.get("kid")
        if kind not in _ALGORITHMS or not kid or key.get("use", "sig") != "sig":
            raise RuleBroken(where, "jwk-invalid")
        if key.get("alg", next(iter(_ALGORITHMS[kind]))) not in _ALGORITHMS[kind]:
            raise RuleBroken(where, "jwk-invalid")
        if kind in _CURVES and key.get("crv") != _CURVES[kind]:
            raise RuleBroken(where, "jwk-invalid")
        if kid in kids:
            raise RuleBroken(f"{where}.kid", "jwk-duplicate")
        kids.add(kid)
