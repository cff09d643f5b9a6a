"""A service's own credentials beside the issuer's tokens: API keys, and bearer tokens that callers sign.

The contract's security scheme says where a credential stands. The service's function says who the caller is.
A scheme of the type `apiKey` may also stand in a field of the form (`x-form-field`). With `x-signs-body` it's a
signature, and the function also gets the raw body, before anything parses it.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from connexion.security import NO_VALUE, AbstractSecurityHandler

from chassis.core import contracts
from chassis.core.refusals import Fault
from chassis.http import forms
from chassis.http.endpoint import open_call
from chassis.http.problems import Problem
from chassis.process import Process

Check = Callable[[Any], Awaitable[Any]]


class Credentials:
    """The credentials of one service. Raises LookupError for a scheme of the contract that has no function."""

    def __init__(self, process: Process[Any, Any]) -> None:
        self._process = process
        document = contracts.openapi(process.service.name)
        declared = document.get("components", {}).get("securitySchemes", {})
        self._schemes = {
            name: scheme
            for name, scheme in declared.items()
            if scheme["type"] in {"apiKey", "http"}
        }
        if self._schemes.keys() != process.service.credentials.keys():
            raise LookupError(f"{process.service.name}: schemes and credentials aren't the same")
        self._operations_with_one_way = _operations_with_one_way(document)

    def handlers(self) -> dict[str, type[AbstractSecurityHandler]]:
        """Returns what Connexion asks, by type of scheme."""
        ours = self

        class Handler(AbstractSecurityHandler):  # type: ignore[misc]
            def get_fn(self, scheme: dict[str, Any], _scopes: list[str]) -> Check:
                return ours._check_of(scheme)

        return dict.fromkeys(("apiKey", "bearer"), Handler)

    def _check_of(self, scheme: dict[str, Any]) -> Check:
        name = next(name for name, one in self._schemes.items() if one == scheme)

        async def check(request: Any) -> Any:
            operation_id = str(request.scope["extensions"]["connexion_routing"]["operation_id"])
            presented = _find_credential(scheme, request.scope)
            if presented is None and operation_id not in self._operations_with_one_way:
                return NO_VALUE
            more = [request.scope["chassis.body"].read()] if scheme.get("x-signs-body") else []
            with open_call(self._process, None, operation_id, request.scope) as call:
                caller = self._process.service.credentials[name](call, presented, *more)
            return {"sub": caller.subject, "caller": caller}

        return check


def _operations_with_one_way(document: dict[str, Any]) -> set[str]:
    """Returns the operations for which a credential of one scheme is needed: its function also refuses a request
    without."""
    return {
        operation["operationId"]
        for item in document["paths"].values()
        for method in contracts.METHODS
        if (operation := item.get(method))
        and len(operation.get("security", document.get("security", []))) == 1
    }


def _find_credential(scheme: dict[str, Any], scope: Any) -> str | None:
    """Returns the credential where its scheme says it stands, or None. Reads the form last. Raises Problem for two."""
    found = list(_values_in_head(scheme, scope)) or list(_values_in_form(scheme, scope))
    if len(found) > 1:
        name = scheme.get("name", "authorization")
        raise Problem("invalid-request", errors=[Fault(name, "duplicated")])
    return found[0] if found else None


def _values_in_head(scheme: dict[str, Any], scope: Any) -> Iterable[str]:
    headers = [(name, value.decode("latin-1")) for name, value in scope["headers"]]
    if scheme["type"] == "http":
        for name, value in headers:
            kind, _, token = value.partition(" ")
            if name == b"authorization" and kind.lower() == "bearer":
                yield token.strip()
    elif scheme["in"] == "header":
        key = scheme["name"].lower().encode()
        yield from (value for name, value in headers if name == key)
    elif scheme["in"] == "query":
        query = parse_qsl(scope["query_string"].decode("latin-1"))
        yield from (value for name, value in query if name == scheme["name"])


def _values_in_form(scheme: dict[str, Any], scope: Any) -> Iterable[str]:
    if field := scheme.get("x-form-field"):
        for name, value in forms.fields(scope):
            if name == field and isinstance(value, str) and value:
                yield value


def places(operation: Any) -> set[str]:
    """Returns the names of the query and the form that hold an operation's credential, so that they're no arguments of
    it."""
    named = {name for need in operation.security or () for name in need}
    keys = [one for name, one in operation.security_schemes.items() if name in named]
    return {one["x-form-field"] for one in keys if "x-form-field" in one} | {
        one["name"] for one in keys if one["type"] == "apiKey" and one["in"] == "query"
    }
