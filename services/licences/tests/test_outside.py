"""The worker asks the stand-in of the outside bodies over real HTTP, and really commits the answers."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chassis.core.ids import new_id
from chassis.data import migrations, numbers
from chassis.data.db import Database
from chassis.data.sealed import use_keys
from chassis.data.sealing import CannotUnseal
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from chassis.service import Service
from devstack.outside_bodies.serving import OutsideBodies
from licences import workers
from licences.commands.activities import publish_activities
from licences.commands.recording import SYSTEM
from licences.commands.submit import Submission, submit_application
from licences.models import Application, Licence
from licences.outside import (
    HttpBodies,
    Unanswered,
    are_bodies_configured,
    set_bodies_configured,
)
from licences.workers import OutsideAsker


@pytest.fixture
def bodies() -> Iterator[OutsideBodies]:
    with OutsideBodies() as serving:
        yield serving


@pytest.fixture
def own_database(service: Service, settings: Any, postgres_server: Any) -> Iterator[Database]:
    """A database that really commits, without other tests' rows."""
    url = postgres_server.copied_database(
        service.package, lambda url: migrations.upgrade(service.package, url)
    )
    database = Database(url)
    use_keys(database, settings)
    set_bodies_configured(database, configured=True)
    yield database
    database.dispose()


def settings_for(bodies: OutsideBodies, settings: Any, **changes: Any) -> Any:
    from dataclasses import replace

    host = bodies.url.removeprefix("http://")
    return replace(settings, outside_bodies_url=bodies.url, outgoing_private_hosts=host, **changes)


def test_a_number_is_never_in_the_address(bodies: OutsideBodies, settings: Any) -> None:
    asked = HttpBodies(settings_for(bodies, settings))

    answer = asked.ask("civil_register", {"id_number": "1000000008"})

    assert (answer["found"], answer["nationality"]) == (True, "saudi")


@pytest.mark.parametrize(
    ("fault", "code"),
    [({"status": 503}, "status-503"), ({"text": "<html>"}, "not-json"), ({"delay": 2}, "time-out")],
)
def test_what_cannot_be_read_is_no_answer(
    bodies: OutsideBodies, settings: Any, fault: Any, code: str
) -> None:
    bodies.registers.fail("civil-register", fault)
    asked = HttpBodies(settings_for(bodies, settings, outside_timeout_seconds=1.0))

    with pytest.raises(Unanswered, match=code):
        asked.ask("civil_register", {"id_number": "1000000008"})


def test_the_worker_decides_by_what_it_learns(
    bodies: OutsideBodies,
    settings: Any,
    service: Service,
    own_database: Database,
    officer: Any,
    shop: Any,
    now: Any,
) -> None:
    process: Any = Process(service, settings_for(bodies, settings), own_database)
    late = {**shop()["lease"], "ejar_no": "10423344558"}
    with own_database.transaction() as session:
        publish_activities(UnitOfWork(session, SYSTEM, now))
        keys = [
            submit_application(
                UnitOfWork(session, officer, now),
                Submission(new_id(), "issue", "saihat", "partner", body, {}, now),
            ).application_id
            for body in (shop(), shop(lease=late))
        ]
    OutsideAsker(process, process.resources.bodies, clock=lambda: now).step()
    first = statuses(own_database, keys)
    values = {"starts_on": "2026-01-01", "ends_on": "2028-12-31"}
    bodies.registers.tell("lease-register", "10423344558", values)
    OutsideAsker(process, process.resources.bodies, clock=lambda: now + timedelta(hours=2)).step()

    assert first == ["awaiting_payment", "waiting"]
    assert statuses(own_database, keys) == ["awaiting_payment", "awaiting_payment"]


def test_no_number_is_given_twice_however_many_issue_at_a_time(
    bodies: OutsideBodies,
    settings: Any,
    service: Service,
    own_database: Database,
    officer: Any,
    professional: Any,
    now: Any,
) -> None:
    process: Any = Process(service, settings_for(bodies, settings), own_database)
    with own_database.transaction() as session:
        publish_activities(UnitOfWork(session, SYSTEM, now))
    towns = {
        "saihat": {"town": "سيهات", "district": "الكوثر"},
        "tarout": {"town": "تاروت", "district": "الديرة"},
        "safwa": {"town": "صفوى", "district": "الروابي"},
    }
    for place in range(30):
        with own_database.transaction() as session:
            municipality, town = list(towns.items())[place % 3]
            east = 50.0 + place / 1_000
            body = professional(place={**professional()["place"], **town, "longitude": east})
            submission = Submission(new_id(), "issue", municipality, "partner", body, {}, now)
            submit_application(UnitOfWork(session, officer, now), submission)

    engines = [OutsideAsker(process, process.resources.bodies, clock=lambda: now) for _ in range(2)]
    while sum(one.turn() for one in engines):
        for one in engines:
            one.settle()

    with own_database.transaction() as session:
        numbers_given = session.scalars(select(Licence.licence_no)).all()
        findings = numbers.check(session, service.numbers)
    assert len(set(numbers_given)) == len(numbers_given) == 30
    assert findings == []


@pytest.mark.parametrize("fails", ["questions_about_all", "record_answers"])
def test_an_application_that_cannot_be_dealt_with_keeps_no_other_waiting(
    bodies: OutsideBodies,
    settings: Any,
    service: Service,
    own_database: Database,
    officer: Any,
    shop: Any,
    now: Any,
    monkeypatch: pytest.MonkeyPatch,
    fails: str,
) -> None:
    process: Any = Process(service, settings_for(bodies, settings), own_database)
    with own_database.transaction() as session:
        publish_activities(UnitOfWork(session, SYSTEM, now))
        keys = [
            submit_application(
                UnitOfWork(session, officer, now),
                Submission(new_id(), "issue", "saihat", "partner", body, {}, now),
            ).application_id
            for body in (
                shop(lease={**shop()["lease"], "ejar_no": f"1042334455{last}"}) for last in range(3)
            )
        ]
    poisoned, *others = keys
    does = getattr(workers, fails)

    def breaks(session: Any, about: Any, **named: Any) -> Any:
        if poisoned in (about if isinstance(about, list) else [about.job.application_id]):
            raise CannotUnseal
        return does(session, about, **named)

    with monkeypatch.context() as broken:
        broken.setattr(workers, fails, breaks)
        OutsideAsker(process, process.resources.bodies, clock=lambda: now).step()
    early = OutsideAsker(
        process, process.resources.bodies, clock=lambda: now + timedelta(minutes=59)
    )
    later = OutsideAsker(
        process, process.resources.bodies, clock=lambda: now + timedelta(minutes=61)
    )
    counts = [early.step(), later.step()]

    assert statuses(own_database, others) == ["awaiting_payment"] * 2
    assert counts == [0, 1]
    assert statuses(own_database, [poisoned]) == ["awaiting_payment"]


def statuses(database: Database, keys: list[str]) -> list[str]:
    with database.transaction() as session:
        return [session.get_one(Application, key).status for key in keys]


def test_a_database_without_a_word_about_bodies_is_a_mistake(settings: Any) -> None:
    """A default would let an application wait for ever, or be decided without asking."""
    database = Database(settings.database_url)

    with database.transaction() as session, pytest.raises(LookupError, match="outside bodies"):
        are_bodies_configured(session)
    database.dispose()
