"""Connexion's security step: the one place that asks for an access token, verifies it and checks its scope."""

import inspect
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from connexion.middleware.abstract import RoutedAPI
from connexion.middleware.security import SecurityAPI, SecurityMiddleware
from connexion.security import NO_VALUE, AbstractSecurityHandler, SecurityHandlerFactory

from chassis.access import dpop
from chassis.access.auth import Caller, InvalidToken, KeysUnknown, Verifier
from chassis.access.revocations import RevocationsUnknown
from chassis.core import contracts
from chassis.data.db import Database
from chassis.http import authentication, problems
from chassis.http.endpoint import open_call
from chassis.http.problems import Problem
from chassis.process import Process

_ALGORITHMS = f'algs="{" ".join(dpop.ALGORITHMS)}"'
# The challenge for a request without a token (RFC 9449 section 7.2).
CHALLENGE = f"Bearer, DPoP {_ALGORITHMS}"
_RETRY_AFTER = {"Retry-After": "5"}
UseProof = Callable[[dpop.Proof], Awaitable[bool]]


class _Refused(Exception):
    """A token or a proof that isn't accepted: the reason for the log, and the challenge for the caller."""

    def __init__(self, reason: str, challenge: str, **headers: str) -> None:
        super().__init__(reason)
        self.headers = {
            "WWW-Authenticate": challenge,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }


class Gate:
    """Lets a request in as a Caller, or refuses it."""

    def __init__(self, process: Process[Any, Any], verifier: Verifier, use_proof: UseProof) -> None:
        settings = process.settings
        self._url = settings.public_url or f"http://{settings.host}:{settings.port}"
        self._nonces = dpop.nonces_of(settings.dpop_nonce_key)
        self._use_proof = use_proof
        self._verifier = verifier
        self._process = process
        self._requirements = authentication.requirements_of(process.service.name)

    async def caller(self, request: Any) -> tuple[str, Caller] | None:
        """Returns the scheme that was used and the caller; None when no token was sent. Raises Problem."""
        values = _header_values(request, b"authorization")
        if not values:
            return None
        try:
            scheme, token = _credentials(values)
            return scheme, await self._admit(scheme, token, request)
        except _Refused as refused:
            problems.log.info("auth.refused", reason=str(refused))
            raise Problem("unauthorized", headers=refused.headers) from None
        except (RevocationsUnknown, KeysUnknown) as error:
            problems.log.warning("auth.cannot_tell", reason=str(error))
            raise Problem("unavailable", headers=_RETRY_AFTER) from None

    def check_sign_in(self, scheme: str, caller: Caller, request: Any) -> None:
        """Raises Problem if the person's sign-in is too old or too weak for the operation (RFC 9470)."""
        requirement = self._requirements.get(_operation_of(request))
        lacking = requirement.lacks(caller, time.time()) if requirement else []
        if lacking:
            challenge = _challenge(scheme, authentication.ERROR, *lacking)
            raise Problem(
                "insufficient-user-authentication", headers={"WWW-Authenticate": challenge}
            )

    async def note_denied(self, caller: Caller, request: Any) -> None:
        """Calls the service's `on_denied`, in a transaction of its own: a valid token lacks a scope."""
        process = self._process
        if process.service.on_denied is None:
            return
        operation_id = _operation_of(request)
        with open_call(process, caller, operation_id, request.scope) as call:
            noted = process.service.on_denied(call, operation_id, "scope-missing")
            if inspect.isawaitable(noted):
                await noted

    async def _admit(self, scheme: str, token: str, request: Any) -> Caller:
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
        sent, now = _header_values(request, b"dpop"), time.time()
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
            if not await self._use_proof(proof):
                raise dpop.InvalidProof("replay")
        except dpop.NonceWanted as error:
            fresh = self._nonces.current(now) if self._nonces else ""
            raise _Refused(
                str(error), _challenge("DPoP", "use_dpop_nonce"), DPoP_Nonce=fresh
            ) from None
        except dpop.InvalidProof as error:
            raise _Refused(f"proof: {error}", _challenge("DPoP", "invalid_dpop_proof")) from None


def use_proof_with(database: Database) -> UseProof:
    """Marks a proof as used by one statement, which is a transaction of its own."""

    async def use(proof: dpop.Proof) -> bool:
        with database.driver_connection() as connection:
            return dpop.use_proof_alone(connection, proof)

    return use


def handler(gate: Gate) -> type[AbstractSecurityHandler]:
    """Returns the class that Connexion asks for the check of each secured operation."""

    class AccessToken(AbstractSecurityHandler):  # type: ignore[misc]
        def get_fn(self, _scheme: dict[str, Any], required_scopes: list[str]) -> Any:
            return _TokenCheck(gate, [required_scopes])

    return AccessToken


class _TokenCheck:
    """Admits a request if its token holds all scopes of one of the `alternatives`."""

    def __init__(self, gate: Gate, alternatives: Sequence[Sequence[str]]) -> None:
        self._gate = gate
        self.alternatives = alternatives

    def merge_with(self, others: Sequence["_TokenCheck"]) -> "_TokenCheck":
        """Returns one check for all. It verifies token and proof once, and a refusal names every alternative."""
        more = [one for other in others for one in other.alternatives]
        return _TokenCheck(self._gate, [*self.alternatives, *more])

    async def __call__(self, request: Any) -> Any:
        found = await self._gate.caller(request)
        if found is None:
            return NO_VALUE
        scheme, caller = found
        if not any(caller.scopes.issuperset(needed) for needed in self.alternatives):
            await self._gate.note_denied(caller, request)
            raise self._missing_scopes_problem(scheme, caller)
        self._gate.check_sign_in(scheme, caller, request)
        return {"sub": caller.subject, "caller": caller}

    def _missing_scopes_problem(self, scheme: str, caller: Caller) -> Problem:
        named = list(dict.fromkeys(one for needed in self.alternatives for one in needed))
        missing = [one for one in named if one not in caller.scopes]
        challenge = _challenge(scheme, "insufficient_scope", f'scope="{" ".join(named)}"')
        return Problem(
            "forbidden",
            params={"scopes": [contracts.scope_title(one) for one in missing]},
            headers={"WWW-Authenticate": challenge},
        )


class _FirstRefusalEnds(SecurityHandlerFactory):  # type: ignore[misc]
    """Connexion would go on after a refused credential, and let the request in where none is needed."""

    @classmethod
    def verify_security(cls, checks: list[Any]) -> Any:
        """Connexion's hook: the check of an operation, of the checks that can let a request in."""
        tokens = [one for one in checks if isinstance(one, _TokenCheck)]
        if len(tokens) > 1:
            others = [one for one in checks if one not in tokens]
            checks = [tokens[0].merge_with(tokens[1:]), *others]

        async def verify(request: Any) -> None:
            for check in checks:
                found = check(request)
                found = await found if inspect.isawaitable(found) else found
                if found is not NO_VALUE:
                    request.context.update({"user": found.get("sub"), "token_info": found})
                    return
            raise Problem("unauthorized")

        return verify


class _SecurityAPI(SecurityAPI):  # type: ignore[misc]
    def __init__(self, *args: Any, security_map: Any = None, **kwargs: Any) -> None:
        kwargs.pop("auth_all_paths", None)
        RoutedAPI.__init__(self, *args, **kwargs)
        self.security_handler_factory = _FirstRefusalEnds(security_map)
        self.operations: dict[str | None, Any] = {}
        self.add_paths()


class SecurityStep(SecurityMiddleware):  # type: ignore[misc]
    """Connexion's step, for which a credential that was sent and isn't accepted ends the request."""

    api_cls = _SecurityAPI


def _operation_of(request: Any) -> str:
    return str(request.scope["extensions"]["connexion_routing"]["operation_id"])


def _header_values(request: Any, header: bytes) -> list[str]:
    """Every value of a header, in the order sent."""
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
