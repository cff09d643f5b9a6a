"""Operations of the sample."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from chassis.batching import Loader
from chassis.call import Call
from chassis.ids import new_id
from chassis.outbox import Event, publish


class IllegalTransition(Exception):
    problem = "illegal-transition"

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.params = {"state": state}


class Scales:
    """Weighs several things at once; `weighings` says which."""

    def __init__(self) -> None:
        self.weighings: list[list[str]] = []
        self.loader: Loader[str, int] = Loader(self._weigh)

    def _weigh(self, things: Sequence[str]) -> list[int | Exception]:
        self.weighings.append(list(things))
        return [IllegalTransition("broken") if one == "broken" else len(one) for one in things]


async def weigh_thing(call: Call, thing_id: str) -> dict[str, Any]:
    return {"weight": await call.parts.loader.load(thing_id), "by": call.actor.subject}


def make_thing(call: Call, body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    thing_id = new_id()
    call.session.execute(
        text("INSERT INTO thing (id, name, version) VALUES (:id, :name, 1)"),
        {"id": thing_id, "name": body["name"]},
    )
    publish(call.session, event(thing_id, 1, {"name": body["name"]}, call.now))
    if body["name"] == "explode":
        raise ValueError("the secret value 1012345672")
    return {"thing_id": thing_id, "by": call.actor.subject}, 201


def find_things(call: Call, limit: int, made_from: Any = None) -> dict[str, Any]:
    return {"limit": limit, "made_from": str(made_from), "kind": type(made_from).__name__}


def break_thing(call: Call, thing_id: str) -> dict[str, Any]:
    raise IllegalTransition("broken")


def open_door(call: Call) -> dict[str, Any]:
    return {"caller": call.caller, "language": call.language}


def event(thing_id: str, version: int, data: dict[str, Any], now: Any) -> Event:
    return Event(
        type="sa.gov.qatif.sample.thing.made.v1", topic="sample.thing", aggregate_type="thing",
        aggregate_id=thing_id, version=version, data=data, time=now,
    )  # fmt: skip
