"""What the company's staff come for. Pure.

A person may only sign in for scopes that the person holds, and the sign-in page of identity names them. So the person
chooses the task first, and each task asks for its scopes only.
"""

from collections.abc import Mapping
from dataclasses import dataclass

READ, SEARCH, STATUS, LOG, INSPECT = (
    "building-permits.read",
    "building-permits.search",
    "gateway.status",
    "access-log.read",
    "insulation-inspections.write",
)


@dataclass(frozen=True)
class Task:
    """A task with the scopes that it needs and the page on which it begins."""

    name: str
    scopes: tuple[str, ...]
    first_page: str

    @property
    def scope(self) -> str:
        return " ".join(self.scopes)


DISPATCH = Task("dispatch", (READ, SEARCH, STATUS), "/sec/permits")
LOOK_UP = Task("look-up", (READ,), "/sec/permits")
INSPECTION = Task("inspection", (INSPECT, READ), "/sec/permits")
AUDIT = Task("audit", (LOG, STATUS), "/sec/access-log")
TASKS: Mapping[str, Task] = {task.name: task for task in (DISPATCH, INSPECTION, LOOK_UP, AUDIT)}
