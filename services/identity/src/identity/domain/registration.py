"""Rules for organisations, people and clients as they are registered."""

import re
from collections.abc import Collection, Mapping, Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from chassis.core.refusals import Findings
from identity.domain.errors import InvalidRegistration
from identity.domain.scopes import ClientKind, OrganisationKind

_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_CURVES = {"EC": "P-256", "OKP": "Ed25519"}
_ALGORITHMS = {"EC": {"ES256"}, "OKP": {"EdDSA", "Ed25519"}, "RSA": {"PS256"}}
_COMMON = re.compile(r"(?i)password|passw0rd|qwerty|12345678|كلمة المرور|كلمةالمرور")


def check_municipality(kind: str, municipality: str | None, known: Collection[str]) -> None:
    """A municipality carries its code, others none. Raises InvalidRegistration."""
    if not OrganisationKind(kind).is_municipal:
        if municipality is not None:
            raise InvalidRegistration.of("municipality", "municipality-unexpected")
    elif municipality is None:
        raise InvalidRegistration.of("municipality", "municipality-required")
    elif municipality not in known:
        raise InvalidRegistration.of("municipality", "municipality-unknown")


def normal_username(text: str) -> str:
    """The form in which a username is stored and looked up."""
    return text.strip().casefold()


def check_password(password: str, username: str) -> None:
    """Raises InvalidRegistration for a password that guessers try first. The length is the contract's business."""
    folded = password.casefold()
    if (
        normal_username(username) in folded
        or _COMMON.search(password)
        or len(set(folded)) < 5
        or folded.strip() != folded
    ):
        raise InvalidRegistration.of("password", "password-weak")


def check_redirect_uris(kind: str, uris: Sequence[str]) -> None:
    """A client behind a browser has at least one, a machine none. Raises InvalidRegistration."""
    if kind == ClientKind.MACHINE and uris:
        raise InvalidRegistration.of("redirect_uris", "redirect-uri-unexpected")
    if kind != ClientKind.MACHINE and not uris:
        raise InvalidRegistration.of("redirect_uris", "redirect-uri-required")
    findings = Findings(InvalidRegistration)
    for index, uri in enumerate(uris):
        if not _is_redirect_uri(uri):
            findings.fault(f"redirect_uris.{index}", "redirect-uri")
    findings.settle()


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


def check_attributes(kind: str, attributes: Mapping[str, str]) -> None:
    """Only a machine has any, since the tokens of other clients speak for people. Raises InvalidRegistration.

    Which attributes there are is the contract's business.
    """
    if kind != ClientKind.MACHINE and attributes:
        raise InvalidRegistration.of("attributes", "attributes-unexpected")


def check_citizens_client(kind: str, organisation_kind: str) -> None:
    """Citizens sign in to the municipality's applications and to nobody else's. Raises InvalidRegistration."""
    if kind == ClientKind.CITIZEN and organisation_kind != OrganisationKind.MUNICIPALITY:
        raise InvalidRegistration.of("kind", "client-of-citizens")


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
    """Raises InvalidRegistration unless each key is a public key of a kind that we accept, with a kid of its own.

    Whether the numbers make a key (RSA of 2048 bits, a point on the curve) is checked by the library that uses it.
    """
    kids: set[str] = set()
    findings = Findings(InvalidRegistration)
    for index, key in enumerate(jwks["keys"]):
        where, kid = f"jwks.keys.{index}", key.get("kid")
        if _PRIVATE_MEMBERS & set(key):
            findings.fault(where, "jwk-private")
        elif not _is_public_key(key):
            findings.fault(where, "jwk-invalid")
        elif kid in kids:
            findings.fault(f"{where}.kid", "jwk-duplicate")
        kids.add(kid)
    findings.settle()


def _is_public_key(key: Mapping[str, Any]) -> bool:
    kind = key.get("kty")
    if kind not in _ALGORITHMS or not key.get("kid") or key.get("use", "sig") != "sig":
        return False
    if key.get("alg", next(iter(_ALGORITHMS[kind]))) not in _ALGORITHMS[kind]:
        return False
    return kind not in _CURVES or key.get("crv") == _CURVES[kind]
