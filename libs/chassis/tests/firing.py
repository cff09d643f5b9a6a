"""What tests of deadlines share: a clock that's turned by hand, handlers that remember, and things."""

from datetime import UTC, datetime, timedelta
from threading import Event as Stop

from sqlalchemy import text

from chassis.process import Process
from chassis.run.deadlines import Deadlines
from chassis.service import Service

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Clock:
    """Stands still until it's turned."""

    def __init__(self, now=NOON):
        self.now = now

    def __call__(self):
        return self.now


class Fired:
    """A handler that remembers; `then(context, deadline)` is what it does besides."""

    def __init__(self, then=lambda context, deadline: None):
        self.then = then
        self.seen = []

    def __call__(self, context, deadline):
        self.then(context, deadline)
        self.seen.append((deadline.aggregate_id, context.now))

    @property
    def ids(self):
        return [thing for thing, _ in self.seen]


def runner_of(database, clock, **handlers):
    service = Service(name="sample", package="sample", deadlines=handlers)
    return Deadlines(Process(service, None, database), clock=clock)


def fire_all(runner):
    while runner.step(Stop()):
        pass


def make_thing(session, thing):
    session.execute(text("INSERT INTO thing VALUES (:id, 'a', 1)"), {"id": thing})


def touch(context, deadline):
    """The effect of a handler: locks its aggregate and counts."""
    statement = text("UPDATE thing SET version = version + 1 WHERE id = :id")
    context.session.execute(statement, {"id": deadline.aggregate_id})


def version(session, thing):
    return session.scalar(text("SELECT version FROM thing WHERE id = :id"), {"id": thing})


def failure(_context, _deadline):
    raise ZeroDivisionError("of 1012345672")
