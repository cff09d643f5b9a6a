"""Settings: the environment, read once into a frozen dataclass; a service with a missing variable doesn't start."""

import logging
import os
import re
from base64 import b64decode
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

_HOST = re.compile(r"[^\s:,/]+:[0-9]{1,5}|\[[0-9a-fA-F:.]+\]:[0-9]{1,5}")


class SettingsError(Exception):
    """Says every variable that's missing or wrong, not only the first."""


Check = Callable[[Any], object]


def between(least: float, most: float = float("inf")) -> Check:
    """Returns a check of a number."""

    def check(number: float) -> None:
        if not least <= number <= most:
            raise ValueError(
                f"is below {least:g}"
                if number < least
                else f"is not between {least:g} and {most:g}"
            )

    return check


def is_url(text: str, schemes: Collection[str] = ("http", "https")) -> None:
    """Refuses a text that isn't the absolute URL of a host, without quoting it: it may hold a password."""
    try:
        parts = urlsplit(text)
        good = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise ValueError(f"is no URL of the form {'|'.join(schemes)}://host…")


def is_database_url(text: str) -> None:
    """PostgreSQL by psycopg."""
    is_url(text, ("postgresql+psycopg", "postgresql"))


def are_hosts(text: str) -> None:
    """`host:port`, with commas between several."""
    if not all(_HOST.fullmatch(one.strip()) for one in text.split(",")):
        raise ValueError("is not host:port, with commas between several")


def is_level(text: str) -> None:
    """A level of Python's logging."""
    if text.upper() not in logging.getLevelNamesMapping():
        raise ValueError("is no level such as INFO or WARNING")


def is_key(text: str) -> bytes:
    """Returns the 32 bytes of a key in base64url."""
    try:
        key = b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ValueError("is not 32 bytes in base64url")
    return key


def unless_empty(check: Check) -> Check:
    """For a setting that may be left empty."""
    return lambda text: text and check(text)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every service needs. A service adds fields of its own in a subclass.

    A field `database_url` of the service `partner-gateway` is read from PARTNER_GATEWAY_DATABASE_URL,
    else from DATABASE_URL, else takes its default.

    `public_url`: where callers reach the service, without a final slash; DPoP proofs name it.
    `revocation_staleness_seconds`: without news of revocations for so long, tokens are refused with 503. A broker's
    restart takes less, and a token that was revoked meanwhile would live five times as long. 0 turns it off.
    `trusted_proxies`: how many of our own proxies add to X-Forwarded-For in front of the service; 0: it isn't believed.
    `vouching_key`: 32 bytes in base64url, with which a service with pages vouches for the addresses of its visitors;
    empty: no service is believed.
    `dpop_nonce_key`: 32 bytes in base64url, the same for all workers; with it DPoP proofs need a nonce of this service.
    """

    database_url: str
    kafka_bootstrap_servers: str
    issuer: str
    jwks_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    ops_host: str = "127.0.0.1"
    ops_port: int = 0
    workers: int = 2
    threads: int = 8
    log_level: str = "INFO"
    statement_timeout_ms: int = 15_000
    max_body_bytes: int = 262_144
    public_url: str = ""
    trusted_proxies: int = 0
    vouching_key: str = ""
    revocation_staleness_seconds: float = 60.0
    dpop_nonce_key: str = ""
    drain_seconds: float = 5.0

    # Field → a check that raises ValueError for a value that can't be right; a service's class adds its own.
    CHECKS: ClassVar[Mapping[str, Check]] = {
        "database_url": is_database_url,
        "kafka_bootstrap_servers": are_hosts,
        "issuer": is_url,
        "jwks_url": unless_empty(is_url),
        "public_url": unless_empty(is_url),
        "port": between(1, 65_535),
        "ops_port": between(0, 65_535),
        "workers": between(1, 64),
        "threads": between(1),
        "log_level": is_level,
        "statement_timeout_ms": between(0),
        "max_body_bytes": between(1),
        "revocation_staleness_seconds": between(0),
        "drain_seconds": between(0),
        "trusted_proxies": between(0),
        "vouching_key": unless_empty(is_key),
        "dpop_nonce_key": unless_empty(is_key),
    }

    @classmethod
    def load(cls, service: str, environ: Mapping[str, str] | None = None) -> Self:
        """Reads the environment. Raises SettingsError that names each variable at fault."""
        environ = os.environ if environ is None else environ
        prefix = service.upper().replace("-", "_") + "_"
        checks = {name: one for kind in reversed(cls.__mro__) for name, one in _checks(kind)}
        values: dict[str, Any] = {}
        faults: list[str] = []
        for field in fields(cls):
            name = field.name.upper()
            variable = name if prefix + name not in environ and name in environ else prefix + name
            text = environ.get(variable)
            if text is None:
                if field.default is MISSING and field.default_factory is MISSING:
                    faults.append(f"{prefix}{name} (or {name}) is not set")
                continue
            try:
                values[field.name] = _convert(field, text)
            except ValueError:
                faults.append(f"{variable} is not a {_type_name(field)}: {text!r}")
                continue
            try:
                checks.get(field.name, _anything)(values[field.name])
            except ValueError as error:
                faults.append(f"{variable} {error}")
        if faults:
            raise SettingsError(f"{service} cannot start:\n  " + "\n  ".join(faults))
        try:
            return cls(**values)
        except ValueError as error:
            raise SettingsError(f"{service} cannot start:\n  {error}") from None

    def __post_init__(self) -> None:
        if not self.jwks_url:
            object.__setattr__(self, "jwks_url", self.issuer.rstrip("/") + "/jwks.json")


def _checks(kind: type) -> Iterable[tuple[str, Check]]:
    own: Mapping[str, Check] = vars(kind).get("CHECKS", {})
    return own.items()


def _anything(_value: Any) -> None:
    return


def _type_name(field: Field[Any]) -> str:
    return field.type if isinstance(field.type, str) else getattr(field.type, "__name__", "")


def _convert(field: Field[Any], text: str) -> Any:
    kind = _type_name(field)
    if kind == "bool":
        if text.lower() not in {"true", "false", "1", "0"}:
            raise ValueError(text)
        return text.lower() in {"true", "1"}
    converters: dict[str, Any] = {"int": int, "float": float, "Path": Path}
    return converters.get(kind, str)(text)
