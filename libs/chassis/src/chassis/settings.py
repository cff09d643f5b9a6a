"""Settings: the environment, read once into a frozen dataclass; a service that misses one doesn't start."""

import os
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import Any, Self


class SettingsError(Exception):
    """Says every variable that's missing or wrong, not only the first."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every service needs. A service adds fields of its own in a subclass.

    A field `database_url` of the service `partner-gateway` is read from PARTNER_GATEWAY_DATABASE_URL,
    else from DATABASE_URL, else takes its default.

    `public_url`: where callers reach the service, without a final slash; DPoP proofs name it.
    `revocation_staleness_seconds`: without news of revocations for so long, tokens are refused with 503. A broker's
    restart takes less, and a token that was revoked meanwhile would live five times as long. 0 turns it off.
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
    revocation_staleness_seconds: float = 60.0
    dpop_nonce_key: str = ""
    drain_seconds: float = 5.0

    @classmethod
    def load(cls, service: str, environ: Mapping[str, str] | None = None) -> Self:
        """Reads the environment. Raises SettingsError that names each variable at fault."""
        environ = os.environ if environ is None else environ
        prefix = service.upper().replace("-", "_") + "_"
        values: dict[str, Any] = {}
        faults: list[str] = []
        for field in fields(cls):
            name = field.name.upper()
            text = environ.get(prefix + name, environ.get(name))
            if text is None:
                if field.default is MISSING and field.default_factory is MISSING:
                    faults.append(f"{prefix}{name} (or {name}) is not set")
                continue
            try:
                values[field.name] = _convert(field, text)
            except ValueError:
                faults.append(f"{prefix}{name} is not a {_type_name(field)}: {text!r}")
        if faults:
            raise SettingsError(f"{service} cannot start:\n  " + "\n  ".join(faults))
        try:
            return cls(**values)
        except ValueError as error:
            raise SettingsError(f"{service} cannot start:\n  {error}") from None

    def __post_init__(self) -> None:
        if not self.jwks_url:
            object.__setattr__(self, "jwks_url", self.issuer.rstrip("/") + "/jwks.json")


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
