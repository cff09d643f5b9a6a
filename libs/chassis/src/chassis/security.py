"""Connexion's security step: the one place where an access token is asked for, verified and held against a scope."""

from datetime import UTC, datetime
from typing import Any

from connexion.security import NO_VALUE, AbstractSecurityHandler

from chassis import problems
from chassis.auth import Caller, InvalidToken, Verifier
from chassis.call import Call
from chassis.db import Database
from chassis.problems import Problem
from chassis.service import Service
from chassis.settings import Settings


def handler(service: Service, settings: Settings, database: Database, verifier: Verifier) -> type:
    """The class that Connexion asks for the check of each secured operation."""

    class BearerToken(AbstractSecurityHandler):  # type: ignore[misc]
        """Connexion asks it for a check of each secured operation."""

        def get_fn(self, _scheme: dict[str, Any], required_scopes: list[str]) -> Any:
            def check(request: Any) -> Any:
                kind, token = _authorization(request.headers.getlist("Authorization"))
                if kind is None:
                    return NO_VALUE if token is None else _unauthorized("invalid_request")
                try:
                    caller = verifier.verify(token or "")
                except InvalidToken as error:
                    problems.log.info("auth.refused", reason=str(error))
                    return _unauthorized("invalid_token")
                missing = [scope for scope in required_scopes if scope not in caller.scopes]
                if missing:
                    _tell_denied(service, settings, database, caller, request)
                    challenge = (
                        f'Bearer error="insufficient_scope", scope="{" ".join(required_scopes)}"'
                    )
                    raise Problem("forbidden", headers={"WWW-Authenticate": challenge})
                return {"sub": caller.subject, "caller": caller}

            return check

    return BearerToken


def _authorization(values: list[str]) -> tuple[str | None, str | None]:
    """("bearer", token); (None, None) when nothing was sent; (None, "") when it can't be used."""
    if not values:
        return None, None
    kind, _, token = values[0].partition(" ")
    if len(values) > 1 or kind.lower() != "bearer" or not token.strip():
        return None, ""
    return "bearer", token.strip()


def _unauthorized(error: str) -> Any:
    raise Problem("unauthorized", headers={"WWW-Authenticate": f'Bearer error="{error}"'})


def _tell_denied(
    service: Service, settings: Settings, database: Database, caller: Caller, request: Any
) -> None:
    if service.on_denied is None:
        return
    routing = request.scope["extensions"]["connexion_routing"]
    operation_id = str(routing["operation_id"])
    with database.transaction() as session:
        call = Call(
            session=session, caller=caller, now=datetime.now(UTC), settings=settings,
            language="ar", operation_id=operation_id,
        )  # fmt: skip
        service.on_denied(call, operation_id, "scope-missing")
