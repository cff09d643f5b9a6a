"""The composition root of a web process: contract, security, validation, operations, problems."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import connexion
import flask
import werkzeug.exceptions
from connexion.exceptions import ProblemException
from connexion.middleware.context import ContextMiddleware
from connexion.middleware.exceptions import ExceptionMiddleware
from connexion.middleware.server_error import ServerErrorMiddleware
from connexion.resolver import Resolver
from starlette.exceptions import HTTPException
from werkzeug.wrappers import Request

from chassis.access.auth import Jwks, Verifier
from chassis.access.kept_keys import KeptKeys
from chassis.access.revocations import Revocations
from chassis.core import contracts
from chassis.core.settings import is_key
from chassis.data.db import Database
from chassis.http import docs, idempotent, limits, problems, security, validation
from chassis.http.bodies import BodyLimits
from chassis.http.credentials import Credentials
from chassis.http.endpoint import Endpoint
from chassis.http.observed import ObservedApp
from chassis.http.problems import Renderer
from chassis.http.routing import RoutingStep
from chassis.http.security import UseProof
from chassis.http.stack import Dispatch, Drive, WsgiBridge, run_in_turn
from chassis.process import Process

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Any]


@dataclass(frozen=True)
class App:
    """A built web application. `wsgi` is what a server serves."""

    wsgi: WsgiBridge
    flask: flask.Flask
    process: Process[Any, Any]
    verifier: Verifier

    @property
    def database(self) -> Database:
        return self.process.database


def build(
    process: Process[Any, Any],
    jwks: Jwks | None = None,
    *,
    drive: Drive = run_in_turn,
    use_proof: UseProof | None = None,
) -> App:
    """Builds the web application of a service. Nothing happens at import, everything here.

    The package `fast` gives its own `drive` and `use_proof`, for operations that are answered together.
    """
    service, settings = process.service, process.settings
    verifier = _verifier(process, jwks)
    gate = security.Gate(process, verifier, use_proof or security.use_proof_with(process.database))
    endpoints = _endpoints(process, verifier)
    views = {name: one.view() for name, one in endpoints.items()}
    app = connexion.FlaskApp(
        service.package,
        server_args={"static_folder": None},
        middlewares=_steps(process),
        security_map={"oauth2": security.handler(gate), **Credentials(process).handlers()},
        resolver=Resolver(lambda operation_id: views[operation_id]),
    )
    direct = {} if service.configure else {name: one.run for name, one in endpoints.items()}
    app._middleware_app.asgi_app = Dispatch(app.app.wsgi_app, direct)
    app.add_api(contracts.openapi(service.name))
    _answer_errors(app)
    app.app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    docs.register(app.app, service.name, settings.issuer)
    if service.configure:
        service.configure(app.app, settings)
    if service.pages:
        service.pages(app.app, process)
    bridge = WsgiBridge(
        ObservedApp(app.middleware),
        limits=_body_limits(process),
        renderer=Renderer(service.error_shapes),
        trusted_proxies=settings.trusted_proxies,
        vouching_key=is_key(settings.vouching_key) if settings.vouching_key else None,
        drive=drive,
    )
    _prime(bridge)
    return App(wsgi=bridge, flask=app.app, process=process, verifier=verifier)


def _steps(process: Process[Any, Any]) -> list[Any]:
    """Returns the steps that a request takes before its operation, in this order."""
    return [
        ServerErrorMiddleware,
        ExceptionMiddleware,
        RoutingStep,
        limits.step(process),
        security.SecurityStep,
        validation.step(process),
        ContextMiddleware,
    ]


def _body_limits(process: Process[Any, Any]) -> BodyLimits:
    service, settings = process.service, process.settings
    return BodyLimits(
        service.name,
        settings.max_body_bytes,
        places=settings.threads // 2,
        forms=service.large_forms,
    )


def _verifier(process: Process[Any, Any], jwks: Jwks | None) -> Verifier:
    settings = process.settings
    staleness = settings.revocation_staleness_seconds
    return Verifier(
        issuer=settings.issuer,
        audience=process.service.name,
        jwks=jwks or Jwks(settings.jwks_url, KeptKeys(process.database, settings.jwks_url)),
        revocations=Revocations(process.database, staleness_seconds=staleness),
    )


def _answer_errors(app: connexion.FlaskApp) -> None:
    """Every error becomes a problem, no matter which layer raised it."""
    for kind in (Exception, ProblemException):
        app.add_error_handler(kind, problems.handle_error)
    app.add_error_handler(HTTPException, _http_error_handler(app.app))
    app.app.register_error_handler(werkzeug.exceptions.HTTPException, _as_starlette)


def _as_starlette(error: werkzeug.exceptions.HTTPException) -> None:
    """Lets Connexion's exception step answer for Flask's errors too."""
    raise HTTPException(error.code or 500)


def _http_error_handler(app: flask.Flask) -> Any:
    """Connexion has a route for each method, so that it names one method in `Allow`; Flask knows them all."""

    async def handle(request: Any, error: HTTPException) -> Any:
        if error.status_code == 405:
            methods = app.url_map.bind("").allowed_methods(request.url.path)
            error.headers = {"Allow": ", ".join(sorted(set(methods) - {"OPTIONS"}))}
        return await problems.handle_error(request, error)

    return handle


def _endpoints(process: Process[Any, Any], verifier: Verifier) -> dict[str, Endpoint]:
    """Each operation of the contract by its id."""
    service = process.service
    modules = [importlib.import_module(name) for name in service.operation_modules()]
    once = idempotent.operations(service.name)
    if once & set(service.fast):
        raise ValueError(f"{service.name}: an operation that is carried out once can't be fast")
    return {
        name: Endpoint(
            name, _operation(name, modules), process, once=name in once, is_void=verifier.is_void
        )
        for name in contracts.operation_ids(service.name)
    }


def _operation(operation_id: str, modules: Sequence[ModuleType]) -> Callable[..., Any]:
    """Returns the function of that name. Raises LookupError when no module has it, or several do."""
    found = {getattr(module, operation_id) for module in modules if hasattr(module, operation_id)}
    if len(found) != 1:
        names = ", ".join(module.__name__ for module in modules)
        raise LookupError(f"{len(found)} functions {operation_id} in {names}")
    function: Callable[..., Any] = found.pop()
    return function


def _prime(wsgi: Wsgi) -> None:
    """Connexion builds its stack at the first request: we send it that request, before threads can race for it."""
    environ = Request.from_values("/", method="GET").environ
    wsgi(environ, lambda *_: None)
