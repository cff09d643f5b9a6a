"""A process of a service: its settings, its database, its resources, and the contexts made of them."""

import gc
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cached_property, wraps
from typing import Any, Generic, cast

import click
from sqlalchemy.orm import Session

from chassis.access.quotas import Quotas, counting_with
from chassis.core.context import Context, ResourcesT, SettingsT
from chassis.data import sealed
from chassis.data.db import Database
from chassis.service import Service

COLLECTED_AFTER = 20_000  # objects


def collect_seldom() -> None:
    """Makes the collector of cycles run seldom, and never look at what there is by now. Requests and events leave few
    cycles behind. With Python's 700 objects the collector takes a tenth of the time of a short answer."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER)


class Process(Generic[SettingsT, ResourcesT]):
    """Made once by `serve` (before its fork), `work` or a command. `close` ends its resources and its connections."""

    def __init__(self, service: Service, settings: SettingsT, database: Database) -> None:
        self.service = service
        self.settings = settings
        self.database = database
        sealed.use_keys(database, settings)

    @classmethod
    def load(cls, service: Service) -> "Process[Any, Any]":
        """Returns the process of a command: settings of the environment. Raises SettingsError."""
        settings = service.settings.load(service.name)
        return Process(
            service, settings, Database(settings.database_url, name=f"{service.name}/command")
        )

    @cached_property
    def resources(self) -> ResourcesT:
        """Returns what the service shares within the process; made at the first use."""
        make = self.service.resources
        made: Any = make(self.database, self.settings) if make else None
        return cast(ResourcesT, made)

    @property
    def has_resources(self) -> bool:
        """Returns whether the resources were used, and so made."""
        return "resources" in self.__dict__

    @cached_property
    def quotas(self) -> Quotas:
        """Returns the limits as this process takes them."""
        return Quotas(counting_with(self.database))

    def context(self, session: Session) -> Context[SettingsT, ResourcesT]:
        """Returns a context over a transaction that's open already."""
        return Context(
            open_session=lambda: session,
            settings=self.settings,
            resources=self.resources,
            now=datetime.now(UTC),
        )

    @contextmanager
    def transaction(self) -> Iterator[Context[SettingsT, ResourcesT]]:
        """A context over a transaction of its own, committed at the end."""
        with self.database.transaction() as session:
            yield self.context(session)

    def close(self) -> None:
        """Closes the resources, if they have a `close`, and the pools."""
        if self.has_resources:
            getattr(self.resources, "close", lambda: None)()
        self.database.dispose()


def pass_process(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a service's own command its process as the first argument, and closes it at the end."""

    @wraps(function)
    def command(*args: Any, **options: Any) -> Any:
        service = click.get_current_context().find_object(Service)
        if service is None:
            raise LookupError("a command of a service runs below `python -m <service>`")
        with closing(Process.load(service)) as process:
            return function(process, *args, **options)

    return command
