"""A web application whose fast operations are answered many at a time."""

from collections.abc import Coroutine, Sequence
from typing import Any

from chassis.access.auth import Jwks
from chassis.fast import batching
from chassis.fast.lane import Lane
from chassis.fast.proofs import UsedProofs
from chassis.http import app
from chassis.process import Process


def build(process: Process[Any, Any], jwks: Jwks | None = None) -> tuple[app.App, Lane]:
    """Returns the application and its lane, for a service with `fast` operations."""
    built = app.build(
        process, jwks, drive=_complete_all, use_proof=UsedProofs(process.database).use
    )
    service = process.service
    lane = Lane(
        service.name, service.fast, built.wsgi, built.verifier, afterwards=service.afterwards
    )
    return built, lane


def _complete_all(coroutines: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    return [task.error or task.result() for task in batching.complete(coroutines)]
