"""The edge of a request: opens its transaction, gives the operation a Call, shapes what it returns."""

import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import flask

from chassis.access.auth import KEY_HOLDER, Caller
from chassis.call import Call
from chassis.data.idempotency import Answer
from chassis.http import idempotent
from chassis.http.problems import Problem, language_of
from chassis.http.stack import run_in_turn
from chassis.http.streams import SentStream, Stream
from chassis.process import Process


@contextmanager
def open_call(
    process: Process[Any, Any], caller: Caller | None, operation_id: str, scope: Any
) -> Iterator[Call[Any, Any]]:
    """A call of the request `scope`. Its transaction, begun at its first use, is committed at the end of the block."""
    with ExitStack() as stack:
        yield Call(
            open_session=lambda: stack.enter_context(process.database.transaction()),
            caller=caller,
            now=datetime.now(UTC),
            settings=process.settings,
            resources=process.resources,
            language=language_of(scope["chassis.environ"].get("HTTP_ACCEPT_LANGUAGE")),
            operation_id=operation_id,
            address=scope["chassis.address"],
            quotas=process.quotas,
        )


@dataclass(frozen=True)
class StreamedAnswer:
    """An answer that is sent piece by piece."""

    status: int
    headers: dict[str, str]
    body: Stream


AnyAnswer = Answer | StreamedAnswer | flask.Response


class Endpoint:
    """An operation with its transaction, Call and response: `run` for Connexion's scope, `view` for Flask.

    A Problem that is returned, not raised, is answered after its transaction is committed.

    A fast operation is a coroutine that waits for loaders (chassis.fast). It doesn't use `call.session`: no transaction
    is held while a coroutine waits.

    `once`: the operation is carried out once for each Idempotency-Key of a caller (chassis.http.idempotent).
    `is_void`: whether a caller's token has been revoked since it was let in; an answer that is being sent asks again.
    """

    def __init__(
        self,
        operation_id: str,
        function: Callable[..., Any],
        process: Process[Any, Any],
        *,
        once: bool = False,
        is_void: Callable[[Caller], bool] = lambda _caller: False,
    ) -> None:
        self.operation_id = operation_id
        self._function = function
        self._process = process
        self._once = once
        self._is_void = is_void

    async def run(self, scope: Any) -> AnyAnswer:
        """Calls the operation in a transaction of its own."""
        extensions = scope["extensions"]
        # Connexion's router misses some paths that Flask's finds (a path with a newline, say), and then checks no
        # token and no argument: a request that didn't pass its steps for this very operation gets a 404.
        if extensions.get("connexion_routing", {}).get("operation_id") != self.operation_id:
            raise Problem("not-found")
        caller = extensions.get("connexion_context", {}).get("token_info", {}).get("caller")
        arguments = extensions["arguments"]
        with ExitStack() as unless_committed:
            with open_call(self._process, caller, self.operation_id, scope) as call:
                answer = await self._run_operation(call, arguments, scope)
                if isinstance(answer, StreamedAnswer):
                    unless_committed.callback(answer.body.close)
                    self._watch(answer.body, caller)
            unless_committed.pop_all()
        return await self._complete_after_commit(call, arguments, answer)

    def _watch(self, body: Stream, caller: Caller | None) -> None:
        """Ends the stream when the caller's token is revoked. A service's own `key` can't be revoked so."""
        if caller is not None and caller.kind != KEY_HOLDER:
            body.only_while_valid(self.operation_id, lambda: self._is_void(caller))

    async def _run_operation(
        self, call: Call[Any, Any], arguments: dict[str, Any], scope: Any
    ) -> AnyAnswer:
        if not self._once:
            answer: AnyAnswer = await self._carry_out(call, arguments, scope)
            return answer
        noted = self._process.service.on_replayed
        return await idempotent.carry_out_once(
            call, arguments, lambda: self._carry_out(call, arguments, scope), noted
        )

    async def _complete_after_commit(
        self, call: Call[Any, Any], arguments: dict[str, Any], answer: AnyAnswer
    ) -> AnyAnswer:
        """Returns the answer of the service's `afterwards` for this operation, or the answer itself."""
        better = self._process.service.afterwards.get(self.operation_id)
        if better is None or not isinstance(answer, Answer) or answer.status >= 400:
            return answer
        result = await better(call, answer, arguments)
        return answer if result is None else shape(result)

    async def _carry_out(self, call: Call[Any, Any], arguments: dict[str, Any], scope: Any) -> Any:
        result = self._function(call, **arguments)
        result = await result if inspect.isawaitable(result) else result
        if isinstance(result, Problem):
            result = scope["chassis.renderer"].render(result, scope["chassis.environ"])
        return shape(result)

    def view(self) -> Callable[..., flask.Response]:
        """Returns the operation as Flask and Connexion's resolver want it."""

        def view(**_path: Any) -> flask.Response:
            (answer,) = run_in_turn([self.run(flask.request.environ["asgi.scope"])])
            if isinstance(answer, Exception):
                raise answer
            if isinstance(answer, flask.Response):
                return answer
            body = answer.body
            if isinstance(body, Stream):
                body = b"".join(SentStream(body, None))
            return flask.Response(body, answer.status, answer.headers)

        view.__name__ = self.operation_id
        # Connexion would prepare the arguments that this signature names; ours are in the scope.
        view.__wrapped__ = lambda: None  # type: ignore[attr-defined]
        return view


def shape(result: Any) -> AnyAnswer:
    """Returns a response of what an operation returned: a dict, (dict, status), (dict, status, headers) or a response.

    Instead of a dict it may be bytes or a Stream (chassis.http.streams), with their Content-Type in the headers.
    """
    if isinstance(result, flask.Response):
        return result
    parts = result if isinstance(result, tuple) else (result,)
    body = parts[0]
    status: int = parts[1] if len(parts) > 1 else 200
    headers: dict[str, str] = parts[2] if len(parts) > 2 else {}
    if isinstance(body, Stream):
        return StreamedAnswer(status, headers, body)
    if isinstance(body, bytes):
        return Answer(status, {"Content-Type": "application/json", **headers}, body)
    text = "" if body is None else json.dumps(body, ensure_ascii=False, default=str)
    content_type = "application/problem+json" if status >= 400 else "application/json"
    return Answer(status, {"Content-Type": content_type, **headers}, text.encode())
