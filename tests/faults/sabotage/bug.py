"""What a deliberate bug is, and what the bugs have in common."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session


@dataclass(frozen=True, kw_only=True)
class Sabotage:
    """One bug: which promise it breaks, in which process of which service.

    `process`: "serve", a worker of `work` such as "relay" or "consumer", or "writer", a process of the feed's load.
    `nemesis` names the faults without which the bug may not show; empty when load alone is enough. `processes`: how
    many of that role must run. `world`: in which world the checker has to name the bug.
    """

    name: str
    promise: str
    service: str
    process: str
    description: str
    apply: Callable[[], None]
    nemesis: tuple[str, ...] = ()
    processes: int = 1
    world: str = "permits"

    @property
    def role(self) -> str:
        """Returns the role of the seats that run the bug; nothing for a process that the load starts."""
        return {"serve": "serve", "writer": ""}.get(self.process, "work")


SABOTAGES: dict[str, Sabotage] = {}


def bug(
    promise: str,
    service: str,
    process: str,
    *,
    nemesis: tuple[str, ...] = (),
    processes: int = 1,
    world: str = "permits",
) -> Callable[[Callable[[], None]], Callable[[], None]]:
    def note(apply: Callable[[], None]) -> Callable[[], None]:
        name = apply.__name__.replace("_", "-")
        SABOTAGES[name] = Sabotage(
            name=name, promise=promise, service=service, process=process, nemesis=nemesis,
            description=" ".join((apply.__doc__ or "").split()), apply=apply, processes=processes,
            world=world,
        )  # fmt: skip
        return apply

    return note


def command(name: str, package: str, role: str, *more: str) -> list[str]:
    """Returns the command line of the process with the bug, to run in the repository's root."""
    if name not in SABOTAGES:
        raise ValueError(f"{name!r} is none of {', '.join(SABOTAGES)}")
    return [sys.executable, "-m", "tests.faults.sabotage", name, package, role, *more]


@cache
def _apart(url: str) -> Engine:
    """Connections beside the process's own, so that a bug can commit rows of another transaction."""
    return create_engine(url, pool_size=16, connect_args={"connect_timeout": 2})


def beside(session: Session) -> Session:
    bind = session.get_bind()
    return Session(_apart(bind.engine.url.render_as_string(hide_password=False)))


# Every place of the product that this process has patched.
PATCHED: list[tuple[Any, str]] = []


def patch(target: Any, name: str, value: Any) -> None:
    """Puts a bug in the place of a function or a constant, for this process only.

    Raises AttributeError when there's no such thing any more: then the bug has to follow the product.
    """
    getattr(target, name)
    PATCHED.append((target, name))
    setattr(target, name, value)
