"""The context of an operation, a handler, a chore or a command: transaction, settings, resources, time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

from chassis.core.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SettingsT = TypeVar("SettingsT", bound=Settings)
ResourcesT = TypeVar("ResourcesT")


@dataclass(frozen=True, kw_only=True)
class Context(Generic[SettingsT, ResourcesT]):
    """`settings` of the process; `resources`, which the process made once; `now`, the same throughout one unit of
    work. A service names its own: `Context = chassis.core.context.Context[Settings, Resources]`."""

    open_session: "Callable[[], Session]"
    settings: SettingsT
    resources: ResourcesT
    now: datetime

    @cached_property
    def session(self) -> "Session":
        """Returns the transaction of this unit of work, begun at the first use: committed when it ends well, else
        rolled back."""
        return self.open_session()
