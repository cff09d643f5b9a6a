"""Connexion's security step: the one place where an access token is asked for, verified and held against a scope."""

import time
from datetime import UTC, datetime
from typing import Any

from connexion.security import NO_VALUE, AbstractSecurityHandler

from chassis import dpop, problems
from chassis.auth import Caller, InvalidToken, KeysUnknown, Verifier
from chassis.call import Call
from chassis.db import Database
from chassis.problems import Problem
from chassis.revocations import RevocationsUnknown
from chassis.service import Service
from chassis.settings import Settings

_ALGORITHMS = f'algs="{" ".join(dpop.ALGORITHMS)}"'
# What a request without a token is told (RFC 9449 section 7.2).
CHALLENGE = f"Bearer, DPoP {_ALGORITHMS}"
_RETRY_AFTER = {"Retry-After": "5"}


class _Refused(Exception):
    """A token or a proof that isn't taken: the reason for the log, and the challenge for the caller."""

    def __init__(self, reason: str, challenge: str, **headers: str) -> None:
        super().__init__(reason)
        self.headers = {
            "WWW-Authenticate": challenge,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }


class Gate:
    """Lets a request in as a Caller, or refuses it."""

    def __init__(self, settings: Settings, database: Database, verifier: Verifier) -> None:
        self._url = settings.public_url or f"http://{settings.host}:{settings.port}"
        self._nonces = dpop.nonces_of(settings.dpop_nonce_key)
        self._used_proofs = dpop.UsedProofs(database)
        self._verifier = verifier

    async def caller(self, request: Any) -> tuple[str, Caller] | None:
        """The scheme that was used and the caller; None when no token was sent. Raises Problem."""
        values = _sent(request, b"authorization")
        if not values:
            return None
        try:
            scheme, token = _credentials(values)
            return scheme, await self._admitted(scheme, token, request)
        except _Refused as refused:
            problems.log.info("auth.refused", reason=str(refused))
            raise Problem("unauthorized", headers=refused.headers) from None
        except (RevocationsUnknown, KeysUnknown) as error:
            problems.log.warning("auth.cannot_tell", reason=str(error))
            raise Problem("unavailable", headers=_RETRY_AFTER) from None

    async def _admitted(self, scheme: str, token: str, request: Any) -> Caller:
        try:
            caller = self._verifier.verify(token)
        except InvalidToken as error:
            raise _Refused(str(error), _challenge(scheme, "invalid_token")) from None
        if scheme == "DPoP":
            await self._check_proof(caller, token, request)
        elif caller.bound_to is not None:
            raise _Refused("a bound token as a bearer", _challenge("DPoP", "invalid_token"))
        return caller

    async def _check_proof(self, caller: Caller, token: str, request: Any) -> None:
        if caller.bound_to is None:
            raise _Refused("an unbound token with DPoP", _challenge("DPoP", "invalid_token"))
        sent, now = _sent(request, b"dpop"), time.time()
        try:
            if len(sent) != 1:
                raise dpop.InvalidProof("not one proof")
            proof = dpop.check_proof(
                sent[0],
                method=request.method,
                url=self._url + request.scope["path"],
                now=now,
                access_token=token,
                nonces=self._nonces,
            )
            if proof.thumbprint != caller.bound_to:
                raise dpop.InvalidProof("another key than the token's")
            if not await self._used_proofs.use(proof):
                raise dpop.InvalidProof("replay")
        except dpop.NonceWanted as error:
            fresh = self._nonces.current(now) if self._nonces else ""
            raise _Refused(
                str(error), _challenge("DPoP", "use_dpop_nonce"), DPoP_Nonce=fresh
            ) from None
        except dpop.InvalidProof as error:
            raise _Refused(f"proof: {error}", _challenge("DPoP", "invalid_dpop_proof")) from None


def handler(
    service: Service,
    settings: Settings,
    database: Database,
    verifier: Verifier,
    parts: Any = None,
) -> type[AbstractSecurityHandler]:
    """The class that Connexion asks for the check of each secured operation."""
    gate = Gate(settings, database, verifier)

    class AccessToken(AbstractSecurityHandler):  # type: ignore[misc]
        def get_fn(self, _scheme: dict[str, Any], required_scopes: list[str]) -> Any:
            async def check(request: Any) -> Any:
                found = await gate.caller(request)
                if found is None:
                    return NO_VALUE
                scheme, caller = found
                if any(scope not in caller.scopes for scope in required_scopes):
                    _tell_denied(service, settings, database, parts, caller, request)
                    scopes = f'scope="{" ".join(required_scopes)}"'
                    challenge = _challenge(scheme, "insufficient_scope", scopes)
                    raise Problem("forbidden", headers={"WWW-Authenticate": challenge})
                return {"sub": caller.subject, "caller": caller}

            return check

    return AccessToken


def _sent(request: Any, header: bytes) -> list[str]:
    """The values of a header, as many as were sent."""
    return [text.decode("latin-1") for name, text in request.scope["headers"] if name == header]


def _credentials(values: list[str]) -> tuple[str, str]:
    """("Bearer" or "DPoP", token), of the values of the header Authorization."""
    kind, _, token = values[0].partition(" ")
    scheme = {"bearer": "Bearer", "dpop": "DPoP"}.get(kind.lower())
    if len(values) > 1 or scheme is None or not token.strip():
        raise _Refused("no token", _challenge("Bearer", "invalid_request"))
    return scheme, token.strip()


def _challenge(scheme: str, error: str, *more: str) -> str:
    algorithms = [_ALGORITHMS] if scheme == "DPoP" else []
    return f"{scheme} " + ", ".join([f'error="{error}"', *more, *algorithms])


def _tell_denied(
    service: Service,
    settings: Settings,
    database: Database,
    parts: Any,
    caller: Caller,
    request: Any,
) -> None:
    if service.on_denied is None:
        return
    routing = request.scope["extensions"]["connexion_routing"]
    operation_id = str(routing["operation_id"])
    with database.transaction() as session:
        call = Call(
            open_session=lambda: session, caller=caller, now=datetime.now(UTC), settings=settings,
            language="ar", operation_id=operation_id, parts=parts,
        )  # fmt: skip
        service.on_denied(call, operation_id, "scope-missing")
