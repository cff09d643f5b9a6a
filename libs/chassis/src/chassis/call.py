"""The edge of a request: opens its transaction, gives the operation a Call, shapes what it returns."""

import inspect
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import flask
from sqlalchemy.orm import Session

from chassis import batching
from chassis.auth import Caller
from chassis.db import Database
from chassis.problems import Problem, language_of


@dataclass(frozen=True, kw_only=True)
class Call:
    """What an operation needs of the request besides its arguments.

    `caller` is None on a public operation only.
    """

    open_session: Callable[[], Session]
    caller: Caller | None
    now: datetime
    settings: Any
    language: str
    operation_id: str
    parts: Any = None

    @cached_property
    def session(self) -> Session:
        """The request's transaction, begun at the first use: committed when the operation returns, rolled back when it
        raises."""
        return self.open_session()

    @property
    def actor(self) -> Caller:
        """The caller of an operation that isn't public."""
        if self.caller is None:
            raise LookupError(f"{self.operation_id} is public and has no caller")
        return self.caller


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished response."""

    status: int
    headers: dict[str, str]
    body: bytes


class Endpoint:
    """An operation with its edge: `answer` for Connexion's scope, `view` for Flask.

    An operation that is a coroutine goes to the database together with others (chassis.batching); it has no use for
    `call.session`, because a transaction isn't held while others are waited for.
    """

    def __init__(
        self,
        operation_id: str,
        function: Callable[..., Any],
        database: Database,
        settings: Any,
        parts: Any = None,
    ) -> None:
        self.operation_id = operation_id
        self._function = function
        self.batched = inspect.iscoroutinefunction(function)
        self._database = database
        self._settings = settings
        self._parts = parts

    async def answer(self, scope: Any) -> Answer | flask.Response:
        """Calls the operation in a transaction of its own."""
        extensions = scope["extensions"]
        # Connexion's router misses some paths that Flask's finds (a newline in one, say), and then checks no token and
        # no argument: whatever did not come through its steps for this very operation isn't here.
        if extensions.get("connexion_routing", {}).get("operation_id") != self.operation_id:
            raise Problem("not-found")
        caller = extensions.get("connexion_context", {}).get("token_info", {}).get("caller")
        with ExitStack() as stack:
            call = Call(
                open_session=lambda: stack.enter_context(self._database.transaction()),
                caller=caller,
                now=datetime.now(UTC),
                settings=self._settings,
                language=language_of(scope["chassis.environ"].get("HTTP_ACCEPT_LANGUAGE")),
                operation_id=self.operation_id,
                parts=self._parts,
            )
            result = self._function(call, **extensions["arguments"])
            return shape(await result if self.batched else result, call.language)

    def view(self) -> Callable[..., flask.Response]:
        """The operation as Flask and Connexion's resolver want it."""

        def view(**_path: Any) -> flask.Response:
            (task,) = batching.complete([self.answer(flask.request.environ["asgi.scope"])])
            answer = task.result()
            if isinstance(answer, flask.Response):
                return answer
            return flask.Response(answer.body, answer.status, answer.headers)

        view.__name__ = self.operation_id
        # Connexion looks here for arguments to prepare, and finds none: ours are in the scope.
        view.__wrapped__ = lambda: None  # type: ignore[attr-defined]
        return view


def shape(result: Any, language: str = "ar") -> Answer | flask.Response:
    """A response of what an operation returned: a dict, (dict, status), (dict, status, headers) or a response.

    A Problem that is returned, not raised, is answered after its transaction is committed.
    """
    if isinstance(result, Problem):
        result = (result.document(language), result.status, result.headers)
    if isinstance(result, flask.Response):
        return result
    parts = result if isinstance(result, tuple) else (result,)
    body = parts[0]
    status: int = parts[1] if len(parts) > 1 else 200
    headers: dict[str, str] = parts[2] if len(parts) > 2 else {}
    if isinstance(body, bytes):
        return Answer(status, {"Content-Type": "application/json", **headers}, body)
    text = "" if body is None else json.dumps(body, ensure_ascii=False, default=str)
    content_type = "application/problem+json" if status >= 400 else "application/json"
    return Answer(status, {"Content-Type": content_type, **headers}, text.encode())
