"""Civil IDs, names and mobiles leave no trace outside the answers that are meant to show them.

Five hundred people who don't exist go through success, refusal, invalid input, parked events, an event that's too large
and crashes. Then everything that the system left is searched for them.
"""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from sqlalchemy import text

from chassis.core.ids import new_id
from chassis.data.sealed import use_keys
from chassis.events.kafka import Producer, Record, TopicReader
from permits import sample
from permits.models import Permit
from permits.settings import Settings

from .at_sign_in import sign_in
from .aviary import Aviary
from .canaries import MARK, Search, flock

COUNT, OWNERS = 500, 10
TOPIC = "permits.permit"


@pytest.fixture(scope="module")
def aviary(town: Any) -> Aviary:
    return Aviary(town, flock(COUNT))


def applications(aviary: Aviary) -> list[dict[str, Any]]:
    """Applications of ten owners each."""
    groups = [aviary.canaries[n : n + OWNERS] for n in range(0, COUNT, OWNERS)]
    return [
        {**aviary.people.application("new"), "owners": [canary.owner() for canary in group]}
        for group in groups
    ]


def issue_all(aviary: Aviary) -> list[str]:
    settings = Settings.load("permits", aviary.system.environment("permits"))
    use_keys(aviary.databases["permits"], settings)
    ids = []
    for application in applications(aviary):
        with aviary.databases["permits"].transaction() as session:
            issued = sample.issue_one(session, application, datetime.now(UTC))
        ids.append(issued["permit_id"])
    return ids


def search(aviary: Aviary, civil_id: str, who: str = "sec.dispatcher", **changes: Any) -> int:
    body = {
        "civil_id": civil_id,
        "purpose": "meter-connection",
        "case_reference": "SEC-1",
        **changes,
    }
    path = "/v1/building-permit-searches"
    return aviary.send("partner-gateway", path, who=who, json=body).status_code


def succeed(aviary: Aviary, permit_ids: list[str], eventually: Any) -> None:
    first, second = aviary.canaries[:2]
    wanted = f"/v1/permits/{permit_ids[0]}"
    assert aviary.send("permits", wanted, who="qatif.officer", method="GET").status_code == 200
    shown = f"building_permit WHERE permit_id = '{permit_ids[-1]}'"
    eventually(lambda: aviary.waiting("partner-gateway", shown), seconds=20)
    assert search(aviary, first.id_number) == 200
    assert search(aviary, second.arabic) == 200


def be_refused(aviary: Aviary) -> None:
    """Every kind of refusal, with a canary in every place that a value can be put into."""
    for n, canary in enumerate(aviary.canaries):
        if n % 10 == 0:
            search(aviary, canary.id_number, who="sec.viewer")
            search(aviary, canary.arabic, purpose=canary.name)
            search(aviary, canary.id_number + "1")
            search(aviary, base64.b64encode(canary.id_number.encode()).decode())
    canary = aviary.canaries[0]
    basic = base64.b64encode(f"{canary.id_number}:{canary.mobile}".encode()).decode()
    gateway, officer, dispatcher = "partner-gateway", "qatif.officer", "sec.dispatcher"
    for value in (canary.id_number, canary.arabic, canary.name, canary.mobile, basic):
        for path in (
            f"/v1/building-permits/{value}",
            f"/v1/{value}",
            f"/v1/building-permits?limit={value}",
        ):
            aviary.send(gateway, path, who=dispatcher, method="GET")
            aviary.send(gateway, path, method="GET")
        for name in ("issued_from", "cursor", "town", "civil_id"):
            query = {name: value}
            aviary.send(gateway, "/v1/building-permits", who=dispatcher, method="GET", params=query)
        for headers in (
            {"Authorization": f"Bearer {basic}"},
            {"Authorization": f"Basic {basic}"},
            {"User-Agent": basic, "X-Request-Id": canary.id_number, "traceparent": canary.mobile},
        ):
            aviary.send(gateway, "/v1/building-permits", method="GET", headers=headers)
        aviary.send("permits", f"/v1/permits/{value}", who=officer, method="GET")
        aviary.send("identity", "/token", data={"grant_type": value, "client_id": value})
        aviary.send("identity", "/revoke", data={"token": value, "client_assertion": value})
        aviary.send(
            "identity", "/authorize", method="GET", params={"client_id": value, "state": value}
        )


def be_invalid(aviary: Aviary) -> None:
    one, two = aviary.canaries[:2]
    good = applications(aviary)[0]
    owners: list[dict[str, Any]] = [
        {**one.owner(), "id_type": "iqama"},
        {**one.owner(), "id_number": one.id_number[:-1]},
        {**one.owner(), "mobile": one.id_number},
        {**one.owner(), "name": one.name * 9},
        {**one.owner(), one.id_number: one.mobile},
        {**one.owner(), "owner_type": one.name},
    ]
    bodies: list[Any] = [{**good, "owners": [owner]} for owner in owners]
    bodies += [
        {**good, "owners": [one.owner(), one.owner()]},
        {**good, "owners": one.owner()},
        {**good, one.name: two.name},
        [one.id_number],
        one.mobile,
    ]
    path = "/v1/permit-requests"
    for body in bodies:
        answer = aviary.send("permits", path, who="qatif.officer", json=body)
        assert answer.status_code == 400, answer.text
    raw = json.dumps({**good, "owners": [one.owner()]}, ensure_ascii=False).encode()
    as_json = {"Content-Type": "application/json"}
    for content, headers in (
        (raw[:-1], as_json),
        (raw, {"Content-Type": "text/plain"}),
        (raw.decode().encode("utf-16"), as_json),
        (one.name.encode() * 20_000, as_json),
    ):
        answer = aviary.send("permits", path, who="qatif.officer", data=content, headers=headers)
        assert answer.status_code in {400, 413, 415}


def crash(aviary: Aviary, eventually: Any) -> None:
    """Handlers that hold canaries in their variables lose a table beneath them."""
    good = applications(aviary)[1]
    with aviary.broken("permits", "permit_request_owner"):
        body = {**good, "request_number": "449000001"}
        answer = aviary.send("permits", "/v1/permit-requests", who="qatif.officer", json=body)
        assert answer.status_code >= 500
    parked = aviary.waiting("partner-gateway", "parked")
    with aviary.broken("partner-gateway", "building_permit"):
        assert search(aviary, aviary.canaries[5].id_number) >= 500
        with aviary.databases["permits"].transaction() as session:
            body = {**good, "request_number": "449000002"}
            sample.issue_one(session, body, datetime.now(UTC))
        eventually(lambda: aviary.waiting("partner-gateway", "parked") > parked, seconds=20)


def damage_a_row(aviary: Aviary, permit_id: str) -> None:
    """A sealed text in another column can't be opened: the reader crashes."""
    with aviary.databases["permits"].transaction() as session:
        damage = text("UPDATE permit_owner SET name = id_number WHERE permit_id = :id")
        session.execute(damage, {"id": permit_id})
    path = f"/v1/permits/{permit_id}"
    assert aviary.send("permits", path, who="qatif.officer", method="GET").status_code == 500


def poison(aviary: Aviary, eventually: Any) -> None:
    """Events that can't be applied: sealed for another permit, with a field too many, too large to be sent."""
    before = aviary.waiting("partner-gateway", "parked")
    reader = TopicReader(aviary.description["kafka"], TOPIC)
    [event] = [json.loads(record.value) for record in reader.batch(1)]
    reader.close()
    producer = Producer(aviary.description["kafka"], client_id="canaries")
    for change in ({}, {"status": "frozen"}):
        permit_id = new_id()
        data = {**event["data"], "permit_id": permit_id, **change}
        letter = {**event, "id": new_id(), "subject": permit_id, "data": data}
        [error] = producer.publish([Record(TOPIC, permit_id, json.dumps(letter).encode())])
        assert error is None
    producer.close()
    eventually(lambda: aviary.waiting("partner-gateway", "parked") >= before + 2, seconds=20)
    with aviary.databases["permits"].transaction() as session:
        session.execute(
            text(
                "INSERT INTO outbox (shard, aggregate_type, aggregate_id, version, event_id, type, topic, key, data)"
                " SELECT shard, aggregate_type, :id, 1, :id, type, topic, :id, data || convert_to(repeat(' ', 950000),"
                " 'UTF8') FROM outbox ORDER BY id LIMIT 1"
            ),
            {"id": new_id()},
        )
    eventually(lambda: aviary.waiting("permits", "parked"), seconds=20)


def test_no_canary_is_found_where_it_should_not_be(aviary: Aviary, eventually: Any) -> None:
    permit_ids = issue_all(aviary)
    succeed(aviary, permit_ids, eventually)
    be_refused(aviary)
    be_invalid(aviary)
    sign_in(aviary, aviary.canaries[:5])
    poison(aviary, eventually)
    crash(aviary, eventually)
    damage_a_row(aviary, permit_ids[-1])
    aviary.ask_metrics()
    eventually(lambda: len(aviary.traces.bodies) > 10)

    seek = Search(aviary.canaries)
    found = {
        **{f"table {service} {table}": seek.hits(rows) for service, table, rows in aviary.tables()},
        **{f"log {name}": seek.hits(content) for name, content in aviary.logs()},
        "topics": seek.hits(b"\n".join(aviary.records())),
        "errors": seek.hits(b"\n".join(aviary.bodies)),
        "metrics": seek.hits(b"\n".join(aviary.metrics)),
        "traces": seek.hits(b"\n".join(aviary.traces.bodies)),
    }

    assert {place: values for place, values in found.items() if values} == {}
    assert {303, 400, 401, 403, 404, 413, 415, 500} <= aviary.statuses
    assert len(aviary.bodies) > 200
    assert len(found) > 40
    with aviary.databases["permits"].transaction() as session:
        owners = session.get_one(Permit, permit_ids[0]).owners
        assert owners[0].id_number == aviary.canaries[0].id_number  # it was there all the time


FORMS = {
    "plain": lambda canary: canary.id_number.encode(),
    "arabic digits": lambda canary: canary.arabic.encode(),
    "a name": lambda canary: canary.name.encode(),
    "a mobile": lambda canary: canary.mobile.encode(),
    "a local mobile": lambda canary: b"0" + canary.mobile.removeprefix("+966").encode(),
    "base64": lambda canary: base64.b64encode(canary.id_number.encode()),
    "base64 within a text": lambda canary: base64.b64encode(b'{"id":"' + canary.id_number.encode()),
    "base64 of a name": lambda canary: base64.urlsafe_b64encode(canary.name.encode()),
    "a bytea in a COPY": lambda canary: b"a\t\\\\x" + canary.id_number.encode().hex().encode(),
    "hexadecimal": lambda canary: canary.id_number.encode().hex().encode(),
    "escaped in JSON": lambda canary: json.dumps(canary.name).encode(),
    "arabic digits escaped in JSON": lambda canary: json.dumps(canary.arabic).encode(),
    "escaped in a URL": lambda canary: requests.utils.quote(canary.name).encode(),
    "next to other digits": lambda canary: b"99" + canary.id_number.encode() + b"99",
}


@pytest.mark.parametrize("form", FORMS)
def test_the_search_finds_a_canary_in_every_form(form: str) -> None:
    canaries = flock(3)

    data = b"\x00\xff some bytes " + FORMS[form](canaries[1]) + b" and others"

    assert Search(canaries).hits(data) != set()
    assert Search(canaries).hits(b"some bytes 1000000008 and others") == set()
    assert MARK not in "بن تجربة (بيانات تجريبية)"
