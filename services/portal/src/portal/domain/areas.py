"""The areas of the portal, each for the people of one client of identity. Pure.

An area is a row here. Path, cookie and sessions belong to one area, so that a person of two areas has two sessions that
don't know each other. Elsewhere an area has its client (`settings`), its pages, their guards and its
navigation (`api.table`), and its words (`<name>_area`, `<name>_staff`, `<name>_tasks_title`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.domain.tasks import (
    AFFILIATED_TASKS,
    CENTRE_TASKS,
    COMPANY_TASKS,
    DESK_TASKS,
    MY_TASKS,
    Task,
)


@dataclass(frozen=True)
class Area:
    """The pages below `/<name>`. `tasks`: what the people come for. `exchanges`: whether the area's client may exchange
    tokens; a partner's client may not. `has_one_role`: whether all its people hold the scopes of every task."""

    name: str
    tasks: Mapping[str, Task]
    exchanges: bool = True
    has_one_role: bool = False

    def other_task(self, scope: str) -> Task | None:
        """Returns the task for which anybody of the area may sign in to get the scope; None where roles differ."""
        return next(iter(self.tasks_with(scope)), None) if self.has_one_role else None

    def tasks_with(self, scope: str) -> list[Task]:
        """Returns the tasks that have the scope at their service. Not everybody may sign in for each."""
        return [task for task in self.tasks.values() if scope in task.scopes]

    def sign_in_for(self, task: Task) -> str:
        """Returns the address at which people sign in for a task."""
        return f"{self.path}/sign-in/{task.name}"

    @property
    def services(self) -> frozenset[str]:
        """Returns the services that the area's pages ask with the person's token."""
        return frozenset(name for task in self.tasks.values() for name in task.services)

    @property
    def path(self) -> str:
        return f"/{self.name}"

    @property
    def cookie(self) -> str:
        return f"__Host-{self.name}"

    @property
    def sign_in_cookie(self) -> str:
        """Returns the cookie of the browser that begins a sign-in."""
        return f"__Host-{self.name}-sign-in"

    @property
    def callback(self) -> str:
        """Returns the path to which identity sends the browser back."""
        return f"{self.path}/signed-in"


SEC = Area("sec", COMPANY_TASKS, exchanges=False)
DESK = Area("desk", DESK_TASKS)
MY = Area("my", MY_TASKS, has_one_role=True)
CENTRE = Area("centre", CENTRE_TASKS)
AFFILIATED = Area("affiliated", AFFILIATED_TASKS)
AREAS: Mapping[str, Area] = {area.name: area for area in (SEC, DESK, MY, CENTRE, AFFILIATED)}
