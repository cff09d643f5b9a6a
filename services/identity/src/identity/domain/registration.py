"""Rules for organisations, people and clients as they are registered, and the actions of the journal."""

import re
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from chassis.core.refusals import Findings
from identity.domain.errors import InvalidRegistration
from identity.domain.scopes import ClientKind, OrganisationKind
from saudi import Malformed
from saudi.text import parse_name

# 32 signs without those that look alike, for ids and codes that people read.
DISTINCT_SIGNS = "abcdefghijkmnpqrstuvwxyz23456789"
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_CURVES = {"EC": "P-256", "OKP": "Ed25519"}
_ALGORITHMS = {"EC": {"ES256"}, "OKP": {"EdDSA", "Ed25519"}, "RSA": {"PS256"}}
_COMMON = re.compile(r"(?i)password|passw0rd|qwerty|12345678|كلمة المرور|كلمةالمرور")


def check_municipality(kind: str, municipality: str | None, known: Collection[str]) -> None:
    """Raises InvalidRegistration unless a municipality, and no other organisation, has the code of a municipality."""
    if not OrganisationKind(kind).is_municipal:
        if municipality is not None:
            raise InvalidRegistration.of("municipality", "municipality-unexpected")
    elif municipality is None:
        raise InvalidRegistration.of("municipality", "municipality-required")
    elif municipality not in known:
        raise InvalidRegistration.of("municipality", "municipality-unknown")


def normal_username(text: str) -> str:
    """Returns the form in which a username is stored and looked up."""
    return text.strip().casefold()


def check_display_name(name: str) -> None:
    """Raises InvalidRegistration for a name without letters: histories and documents show the name as the officer's or
    the inspector's, and an identity number is none."""
    try:
        parse_name(name)
    except Malformed as fault:
        raise InvalidRegistration.of("display_name", fault.code) from None


def check_password(password: str, username: str) -> None:
    """Raises InvalidRegistration for a password that guessers try first. The contract limits the length."""
    folded = password.casefold()
    if (
        normal_username(username) in folded
        or _COMMON.search(password)
        or len(set(folded)) < 5
        or folded.strip() != folded
    ):
        raise InvalidRegistration.of("password", "password-weak")


def check_redirect_uris(kind: str, uris: Sequence[str]) -> None:
    """Raises InvalidRegistration unless a client behind a browser has a redirect URI, and a machine none."""
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
        return False  # the origin is written into a Content-Security-Policy
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def check_attributes(kind: str, attributes: Mapping[str, str]) -> None:
    """Raises InvalidRegistration for attributes of another client than a machine, because the tokens of other clients
    speak for people. The contract lists the attributes."""
    if kind != ClientKind.MACHINE and attributes:
        raise InvalidRegistration.of("attributes", "attributes-unexpected")


def check_citizens_client(kind: str, organisation_kind: str) -> None:
    """Raises InvalidRegistration for a citizens' client of another organisation than the municipality."""
    if kind == ClientKind.CITIZEN and organisation_kind != OrganisationKind.MUNICIPALITY:
        raise InvalidRegistration.of("kind", "client-of-citizens")


def is_loopback(host: str) -> bool:
    """Returns whether the host is this machine, where plain http is allowed."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_jwks(jwks: Mapping[str, Any]) -> None:
    """Raises InvalidRegistration unless each key is a public key of an accepted kind, with its own kid.

    The library that uses the keys checks their numbers (RSA of 2048 bits, a point on the curve).
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


class Action(StrEnum):
    """The actions of the journal."""

    REGISTER = "register"
    AMEND = "amend"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    SET_PASSWORD = "set_password"  # noqa: S105 - a word, not a secret
    REPLACE_KEYS = "replace_keys"
    WITHDRAW = "withdraw"
    END = "end"
    FIND = "find"
    SET_SECOND_FACTOR = "set_second_factor"
    MAKE_ENROLMENT_CODE = "make_enrolment_code"
    ENROL = "enrol"
    REMOVE_FACTOR = "remove_factor"
    MAKE_RECOVERY_CODES = "make_recovery_codes"
    USE_RECOVERY_CODE = "use_recovery_code"
    REFUSE_PASSKEY = "refuse_passkey"
    REQUEST_FACTOR_RESET = "request_factor_reset"
    WITHDRAW_FACTOR_RESET = "withdraw_factor_reset"
    RESET_FACTORS = "reset_factors"


TITLES = {
    Action.REGISTER: ("تسجيل", "Registered"),
    Action.AMEND: ("تعديل", "Amended"),
    Action.SUSPEND: ("إيقاف", "Suspended"),
    Action.REINSTATE: ("رفع الإيقاف", "Reinstated"),
    Action.SET_PASSWORD: ("تعيين كلمة مرور جديدة", "New password set"),
    Action.REPLACE_KEYS: ("استبدال المفاتيح العامة", "Public keys replaced"),
    Action.WITHDRAW: ("سحب", "Withdrawn"),
    Action.END: ("إنهاء", "Ended"),
    Action.FIND: ("بحث برقم الهوية", "Found by the identity number"),
    Action.SET_SECOND_FACTOR: ("تغيير سياسة التحقق الثاني", "Policy of the second factor changed"),
    Action.MAKE_ENROLMENT_CODE: ("إصدار رمز تفعيل التحقق الثاني", "Enrolment code made"),
    Action.ENROL: ("تفعيل وسيلة تحقق ثانية", "Second factor enrolled"),
    Action.REMOVE_FACTOR: ("حذف وسيلة تحقق ثانية", "Second factor removed"),
    Action.MAKE_RECOVERY_CODES: ("إصدار رموز استرداد جديدة", "New recovery codes made"),
    Action.USE_RECOVERY_CODE: ("استخدام رمز استرداد", "Recovery code used"),
    Action.REFUSE_PASSKEY: (
        "رفض مفتاح مرور رجع عدّاده: ربما نُسخ",
        "Passkey refused, because its counter went back: it may have been copied",
    ),
    Action.REQUEST_FACTOR_RESET: (
        "طلب إلغاء وسائل التحقق الثانية",
        "Reset of the second factors requested",
    ),
    Action.WITHDRAW_FACTOR_RESET: (
        "سحب طلب إلغاء وسائل التحقق الثانية",
        "Request for a reset of the second factors withdrawn",
    ),
    Action.RESET_FACTORS: ("إلغاء وسائل التحقق الثانية", "Second factors reset"),
}
