"""Operations of the sample."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.event import listen as listen_to

from chassis.call import Call
from chassis.core.cloudevents import Event
from chassis.core.ids import new_id
from chassis.core.refusals import IllegalTransition
from chassis.core.uploads import Upload
from chassis.events.outbox import publish
from chassis.fast.batching import Loader
from chassis.http.lines import Line
from chassis.http.problems import Problem
from chassis.http.streams import Stream


class Scales:
    """Weighs several things at once; `weighings` says which."""

    def __init__(self) -> None:
        self.weighings: list[list[str]] = []
        self.loader: Loader[str, int] = Loader(self._weigh)

    def _weigh(self, things: Sequence[str]) -> list[int | Exception]:
        self.weighings.append(list(things))
        return [
            IllegalTransition("break", "broken") if one == "broken" else len(one) for one in things
        ]


async def weigh_thing(call: Call[Any, Any], thing_id: str) -> dict[str, Any]:
    return {"weight": await call.resources.loader.load(thing_id), "by": call.actor.subject}


def make_thing(call: Call[Any, Any], body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    thing_id = new_id()
    call.session.execute(
        text("INSERT INTO thing (id, name, version) VALUES (:id, :name, 1)"),
        {"id": thing_id, "name": body["name"]},
    )
    publish(call.session, event(thing_id, 1, {"name": body["name"]}, call.now))
    if body["name"] == "explode":
        raise ValueError("the secret value 1012345672")
    return {"thing_id": thing_id, "by": call.actor.subject}, 201


def order_thing(call: Call[Any, Any], thing_id: str, body: dict[str, Any], prefer: str = "") -> Any:
    how = body["how"]
    if how == "refused":
        raise IllegalTransition("order", "broken")
    if how == "conflict":
        return Problem("conflict")
    order_id = new_id()
    call.session.execute(
        text("INSERT INTO thing (id, name, version) VALUES (:id, :name, 1)"),
        {"id": order_id, "name": thing_id},
    )
    if how == "slowly":
        Path(body["wait_for"]).with_suffix(".begun").touch()
        deadline = time.monotonic() + 20
        while not Path(body["wait_for"]).exists() and time.monotonic() < deadline:
            time.sleep(0.01)
    if how == "killed before the commit":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "killed after the commit":
        listen_to(call.session, "after_commit", lambda _: os.kill(os.getpid(), signal.SIGKILL))
    return {"order_id": order_id, "by": call.actor.subject}, 201, {"Location": f"/o/{order_id}"}


def find_things(
    call: Call[Any, Any], limit: int, made_from: Any = None, size: Any = None
) -> dict[str, Any]:
    sizes = {} if size is None else {"sizes": size}
    return {"limit": limit, "made_from": str(made_from), "kind": type(made_from).__name__, **sizes}


def break_thing(call: Call[Any, Any], thing_id: str) -> dict[str, Any]:
    raise IllegalTransition("break", "broken")


def send_picture(call: Call[Any, Any], body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    def shown(value: Any) -> Any:
        if isinstance(value, Upload):
            return [value.name, value.content_type, len(value.content)]
        return [shown(one) for one in value] if isinstance(value, list) else value

    return {name: shown(value) for name, value in body.items()}, 201


def ring(call: Call[Any, Any], body: Any = None) -> tuple[bytes, int, dict[str, str]]:
    said = f"{call.actor.subject} rang {(body or {}).get('times', 1)}"
    return said.encode(), 200, {"Content-Type": "text/plain"}


def listen(call: Call[Any, Any], **arguments: Any) -> Any:
    if arguments.get("break") is False:
        return Problem("conflict")
    if arguments.get("break"):
        raise ValueError("the secret value 1012345672")
    return {"caller": call.caller and call.caller.subject, "address": call.address}


def send_letters(call: Call[Any, Any], body: Sequence[Line]) -> dict[str, Any]:
    return {
        "lines": [
            [one.number, one.value["to"] if one.problem is None else one.problem.slug]
            for one in body
        ]
    }


SENT: list[object] = []


def export_letters(call: Call[Any, Any], limit: int) -> tuple[Stream, int, dict[str, str]]:
    def pieces() -> Iterator[bytes]:
        for number in range(limit):
            SENT.append(number)
            yield b"letter %d\n" % number
        if limit == 9:
            raise ValueError("the secret value 1012345672")

    stream = Stream(pieces(), lambda: SENT.append("end"))
    return stream, 200, {"Content-Type": "text/plain"}


def read_letters(call: Call[Any, Any]) -> dict[str, Any]:
    return {"to": call.actor.subject}


def take_notice(call: Call[Any, Any], body: dict[str, Any]) -> dict[str, Any]:
    return {"by": call.actor.subject, "rings": body["rings"]}


def open_door(call: Call[Any, Any]) -> dict[str, Any]:
    return {"caller": call.caller, "language": call.language}


def event(thing_id: str, version: int, data: dict[str, Any], now: Any) -> Event:
    return Event(
        type="sa.gov.qatif.sample.thing.made.v1", topic="sample.thing", aggregate_type="thing",
        aggregate_id=thing_id, version=version, data=data, time=now,
    )  # fmt: skip
