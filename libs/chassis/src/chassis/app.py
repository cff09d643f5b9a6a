"""The composition root of a web process: contract, security, validation, operations, problems."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import connexion
import flask
import werkzeug.exceptions
from connexion.exceptions import ProblemException
from connexion.middleware.context import ContextMiddleware
from connexion.middleware.exceptions import ExceptionMiddleware
from connexion.middleware.routing import RoutingMiddleware
from connexion.middleware.security import SecurityMiddleware
from connexion.middleware.server_error import ServerErrorMiddleware
from connexion.resolver import Resolver
from starlette.exceptions import HTTPException
from werkzeug.wrappers import Request

from chassis import contracts, docs, problems, security
from chassis.auth import Jwks, Verifier
from chassis.bridge import End, WsgiBridge
from chassis.call import Endpoint
from chassis.db import Database
from chassis.lane import Lane
from chassis.observed import Observed
from chassis.revocations import Revocations
from chassis.service import Service
from chassis.settings import Settings
from chassis.validation import ValidationMiddleware

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Any]


@dataclass(frozen=True)
class App:
    """A built service. `wsgi` is what a server serves; `lane` what it may serve many at a time; `parts` what the
    service's operations share."""

    wsgi: Wsgi
    lane: Lane | None
    parts: Any
    flask: flask.Flask
    database: Database
    verifier: Verifier


def build(
    service: Service, settings: Settings, database: Database | None = None, jwks: Jwks | None = None
) -> App:
    """Builds the web application of a service. Nothing happens at import, everything here."""
    database = database or Database(
        settings.database_url,
        pool_size=settings.threads + 2,
        statement_timeout_ms=settings.statement_timeout_ms,
        name=f"{service.name}/serve",
    )
    verifier = Verifier(
        issuer=settings.issuer,
        audience=service.name,
        jwks=jwks or Jwks(settings.jwks_url),
        revocations=Revocations(database, staleness_seconds=settings.revocation_staleness_seconds),
    )
    parts = service.parts(database, settings) if service.parts else None
    endpoints = _endpoints(service, settings, database, parts)
    views = {name: one.view() for name, one in endpoints.items()}
    app = connexion.FlaskApp(
        service.package,
        server_args={"static_folder": None},
        middlewares=[
            ServerErrorMiddleware,
            ExceptionMiddleware,
            RoutingMiddleware,
            SecurityMiddleware,
            ValidationMiddleware,
            ContextMiddleware,
        ],
        security_map={"oauth2": security.handler(service, settings, database, verifier, parts)},
        resolver=Resolver(lambda operation_id: views[operation_id]),
    )
    direct = {} if service.configure else {name: one.answer for name, one in endpoints.items()}
    app._middleware_app.asgi_app = End(app.app.wsgi_app, direct)
    app.add_api(contracts.openapi(service.name))
    _answer_errors(app)
    app.app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    docs.register(app.app, service.name)
    if service.configure:
        service.configure(app.app, settings)
    bridge = WsgiBridge(Observed(app.middleware), max_body_bytes=settings.max_body_bytes)
    _prime(bridge)
    batched = [name for name in direct if endpoints[name].batched]
    lane = Lane(service.name, batched, bridge, verifier) if batched else None
    return App(
        wsgi=bridge, lane=lane, parts=parts, flask=app.app, database=database, verifier=verifier
    )


def _answer_errors(app: connexion.FlaskApp) -> None:
    """Every error becomes a problem, whoever raised it."""
    for kind in (Exception, ProblemException):
        app.add_error_handler(kind, problems.answer)
    app.add_error_handler(HTTPException, _http_error_handler(app.app))
    app.app.register_error_handler(werkzeug.exceptions.HTTPException, _as_starlette)


def _as_starlette(error: werkzeug.exceptions.HTTPException) -> None:
    """Lets Connexion's exception step answer for Flask's errors too."""
    raise HTTPException(error.code or 500)


def _http_error_handler(app: flask.Flask) -> Any:
    """Connexion has a route for each method, so that it names one method in `Allow`; Flask knows them all."""

    async def answer(request: Any, error: HTTPException) -> Any:
        if error.status_code == 405:
            methods = app.url_map.bind("").allowed_methods(request.url.path)
            error.headers = {"Allow": ", ".join(sorted(set(methods) - {"OPTIONS"}))}
        return await problems.answer(request, error)

    return answer


def _endpoints(
    service: Service, settings: Settings, database: Database, parts: Any
) -> dict[str, Endpoint]:
    """Each operation of the contract by its id."""
    api = importlib.import_module(f"{service.package}.api")
    ids = contracts.operation_ids(service.name)
    return {name: Endpoint(name, getattr(api, name), database, settings, parts) for name in ids}


def _prime(wsgi: Wsgi) -> None:
    """Connexion builds its stack at the first request; that one is ours, before any thread can race for it."""
    environ = Request.from_values("/", method="GET").environ
    wsgi(environ, lambda *_: None)
