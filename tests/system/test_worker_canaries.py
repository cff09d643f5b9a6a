"""What is known of workers, and the result of no examination, leaves a trace outside the answers that are meant to show
it.

Three hundred people who don't exist ask for health certificates, by lists and one by one. They're found fit and unfit
and corrected, refused, lost in crashes and parked. Then everything that the system left is searched
for their names, numbers, mobiles, days of birth, their examiners' practice numbers, and for what was found.
"""

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from sqlalchemy import text

from chassis.core.ids import new_id
from chassis.data.sealing import Keyring, Sealer
from chassis.events.kafka import Producer, Record, TopicReader
from saudi.days import hijri_text

from . import workers as flight
from .aviary import Aviary
from .canaries import RESULTS, WORKERS_MARKS, Search, WorkerCanary, workers
from .workers import DELEGATE, DESK, GATEWAY, HEALTH, MINE, OTHER_DESK, SHOP, Workplace

COUNT = 300
ENTRIES, ANSWERS = "partner-gateway.health-examination", "health-certs.examination"


@pytest.fixture(scope="module")
def aviary(town: Any) -> Aviary:
    return Aviary(town, workers(COUNT))


@pytest.fixture(scope="module")
def shop(aviary: Aviary) -> Workplace:
    return Workplace(aviary, workers(COUNT))


def ask(aviary: Aviary, shop: Workplace, eventually: Any) -> None:
    """Most by a list, in whose midst its process is killed; some one by one."""
    shop.open()
    listed = shop.workers[:270]
    shop.send_photos(listed)
    sent = shop.send_list(flight.row_of(one) for one in listed)
    settled = "request_list_row WHERE outcome IS NOT NULL"
    flight.killed(aviary, f"{HEALTH}/work", lambda: 0 < aviary.waiting(HEALTH, settled) < 200)
    shop.note(listed, eventually(lambda: shop.done(sent), seconds=60)["rows"])
    flight.at_once(shop.ask, shop.workers[270:])


def examine(
    aviary: Aviary, shop: Workplace, groups: dict[str, list[WorkerCanary]], eventually: Any
) -> None:
    """Kills the service that records the results in between; corrections follow."""
    eventually(lambda: shop.find(shop.workers[-1]).status_code == 200, seconds=60)

    def entering() -> None:
        for result, chosen in groups.items():
            answers = flight.at_once(lambda one, r=result: _examined(shop, one, r), chosen)
            assert set(answers) == {202}

    recorded = "health_examination WHERE status = 'accepted'"
    with ThreadPoolExecutor(1) as pool:
        entered = pool.submit(entering)
        flight.killed(aviary, f"{HEALTH}/work", lambda: aviary.waiting(GATEWAY, recorded) > 5)
        entered.result()
    _await_answers(aviary, eventually)
    for worker, result in ((groups["fit"][0], "unfit"), (groups["unfit"][0], "fit")):
        assert shop.enter(worker, result, correction_reason="entry-error").status_code == 202
    _await_answers(aviary, eventually)


def _examined(shop: Workplace, worker: WorkerCanary, result: str) -> int:
    assert shop.find(worker).status_code == 200
    return shop.enter(worker, result).status_code


def _await_answers(aviary: Aviary, eventually: Any) -> None:
    waiting = "health_examination WHERE status = 'pending'"
    eventually(lambda: aviary.waiting(GATEWAY, waiting) == 0, seconds=60)


def let_time_run_out(
    aviary: Aviary, shop: Workplace, chosen: list[WorkerCanary], eventually: Any
) -> None:
    """Their last days are over: one after the other ends without a certificate."""
    numbers = [shop.numbers[one.id_number] for one in chosen]
    over = text(
        "UPDATE deadline SET due_at = now(), try_at = now() WHERE kind = 'examination' AND aggregate_id IN"
        " (SELECT CAST(request_id AS text) FROM request WHERE request_no = ANY(:numbers))"
    )
    with aviary.databases[HEALTH].transaction() as session:
        session.execute(over, {"numbers": numbers})
    eventually(lambda: shop.count("status = 'not_issued'", chosen) == len(chosen), seconds=60)


def be_refused_as_workers(aviary: Aviary, shop: Workplace, eventually: Any) -> None:
    """Values at the wrong place, in what a delegate sends."""
    one, two, three = shop.workers[:3]
    good = {**flight.body_of(one), "photo": new_id()}
    worker = good["worker"]
    for wrong in (
        {**worker, "id_number": one.id_number[:-1]},
        {**worker, "id_number": two.latin_name},
        {**worker, "mobile": one.id_number},
        {**worker, "name": {"ar": one.id_number, "en": None}},
        {**worker, "birth_date": one.latin_name},
        {**worker, "sex": one.id_number},
        {**worker, "id_type": one.mobile},
        {**worker, "nationality": one.name},
        {**worker, one.latin_name: one.mobile},
    ):
        _require_refusal(aviary.send(HEALTH, MINE, who=DELEGATE, json={**good, "worker": wrong}))
    for more in ({"profession": one.name}, {"centre": one.id_number}, {"photo": one.latin_name}):
        _require_refusal(aviary.send(HEALTH, MINE, who=DELEGATE, json={**good, **more}))
    rows = [
        flight.row_of(one, id_number=one.id_number[:-1]),
        flight.row_of(one, id_number=one.latin_name, mobile=one.id_number, sex=one.name),
        flight.row_of(two, birth_date=two.id_number, photo=f"{two.id_number}-away.png"),
        flight.row_of(three, profession=three.name, centre=three.id_number, language=three.mobile),
        flight.row_of(three, id_type=three.id_number, nationality=three.id_number),
    ]
    sent = shop.send_list(rows)
    assert eventually(lambda: shop.done(sent), seconds=60)["refused"] == len(rows)
    lines = "\r\n".join(",".join(row.values()) for row in rows).encode()  # without their headings
    for content in (lines, lines.decode().encode("utf-16")[:-1], b'"' + lines + b'"'):
        _require_refusal(shop.send_file(content))


def _require_refusal(answer: requests.Response) -> None:
    assert 400 <= answer.status_code < 500, answer.text


def be_refused_at_a_centre(aviary: Aviary, shop: Workplace) -> None:
    """Values at the wrong place, in what a centre sends, and another centre's tries."""
    one, two = shop.workers[:2]
    number, at = shop.numbers[one.id_number], "/v1/health-examinations"
    assert shop.find(one, OTHER_DESK).status_code == 404
    for sent in (
        {"number": number, "id_number": two.id_number},
        {"number": one.id_number, "id_number": one.id_number},
        {"number": number, "id_number": one.latin_name},
        {"number": number, one.latin_name: one.mobile},
    ):
        _require_refusal(aviary.send(GATEWAY, flight.SEARCHES, who=DESK, json=sent))
    good = {
        "result": "unfit",
        "examined_on": "2026-01-01",
        "practice_number": one.practice_number,
    }
    for wrong in (
        {**good, "diagnosis": one.name},
        {**good, one.latin_name: "x"},
        {**good, "practice_number": one.latin_name},
        {**good, "practice_number": f"{one.practice_number}-{one.id_number}"},
        {**good, "examined_on": one.id_number},
        {**good, "examined_on": "2099-01-01"},
        {**good, "correction_reason": one.name},
    ):
        headers = {"Idempotency-Key": new_id()}
        for path in (f"{at}/{number}/result", f"{at}/{one.id_number}/result"):
            for who in (DESK, OTHER_DESK):
                _require_refusal(
                    aviary.send(GATEWAY, path, who=who, method="PUT", json=wrong, headers=headers)
                )


def be_asked_for(aviary: Aviary, shop: Workplace) -> None:
    """Values in every place of a path and a query, by everybody; and the questions that have answers."""
    one = shop.workers[0]
    basic = base64.b64encode(f"{one.id_number}:{one.practice_number}".encode()).decode()
    establishment = f"/v1/my/establishments/{SHOP}/health-certificates"
    for value in (one.id_number, one.arabic, one.latin_name, one.practice_number, basic):
        for who, path in (
            (DELEGATE, f"{MINE}/{value}"),
            (DELEGATE, f"{MINE}?limit={value}"),
            (DELEGATE, f"{MINE}?cursor={value}"),
            (DELEGATE, f"/v1/my/health-certificates/{value}/document"),
            (DELEGATE, f"/v1/my/establishments/{value}/health-certificates"),
            (DELEGATE, f"{establishment}.csv?state={value}"),
            ("qatif.officer", f"/v1/health-certificate-requests/{value}/examination"),
            ("qatif.officer", f"/v1/health-certificate-requests?status={value}"),
            ("qatif.inspector", f"/v1/health-certificates/{value}/photo"),
            ("", f"/v1/public/documents/{value}"),
            ("", f"/documents/{value}"),
        ):
            _require_refusal(aviary.send(HEALTH, path, who=who, method="GET"))
        for body in ({"certificate_no": value, "id_number": value}, {value: value}, value):
            path = "/v1/public/health-certificate-verifications"
            _require_refusal(aviary.send(HEALTH, path, json=body))
        _require_refusal(
            aviary.send(GATEWAY, f"/v1/health-examinations/{value}", who=DESK, method="GET")
        )
        odd = {"User-Agent": basic, "X-Request-Id": one.id_number, "traceparent": one.mobile}
        _require_refusal(aviary.send(HEALTH, MINE, method="GET", headers=odd))
    check = {"id_number": one.id_number}
    for who, path in (
        ("qatif.inspector", "/v1/health-certificate-checks"),
        (DELEGATE, f"{establishment}/find"),
    ):
        assert aviary.send(HEALTH, path, who=who, json=check).status_code == 200
    for path in (MINE, establishment, f"{establishment}.csv", f"{establishment}/summary"):
        assert aviary.send(HEALTH, path, who=DELEGATE, method="GET").status_code == 200


def look_as_himself(aviary: Aviary, unfit: WorkerCanary) -> None:
    """He signs in with the national login, and reads what nobody else may."""
    who = flight.signed_in(aviary, unfit)
    mine = aviary.send(HEALTH, MINE, who=who, method="GET").json()["items"]
    path = f"{MINE}/{mine[0]['request_id']}/examination"
    found = aviary.send(HEALTH, path, who=who, method="GET").json()
    assert (found["result"], found["end_reason"]) == ("unfit", "unfit")
    assert aviary.send(HEALTH, path, who=DELEGATE, method="GET").status_code == 404


def crash(aviary: Aviary, shop: Workplace, worker: WorkerCanary, eventually: Any) -> None:
    """Handlers that hold canaries in their variables lose a table beneath them."""
    body = {**flight.body_of(worker), "photo": new_id()}
    body |= {"establishment": {"licence_no": flight.LICENCE_NO}, "profession": "waiter"}
    with aviary.broken(HEALTH, "invoice"):
        assert aviary.send(HEALTH, MINE, who=DELEGATE, json=body).status_code >= 500
        sent = shop.send_list([flight.row_of(worker, profession="waiter")])
        failed = "deadline WHERE kind = 'list' AND attempts > 0"
        eventually(lambda: aviary.waiting(HEALTH, failed) > 0, seconds=60)
    eventually(lambda: shop.done(sent), seconds=60)
    with aviary.broken(GATEWAY, "health_examination"):
        assert shop.find(worker).status_code >= 500
        assert shop.enter(worker, "unfit").status_code >= 500
    before = aviary.waiting(HEALTH, "parked")
    with aviary.broken(HEALTH, "examination"):
        assert shop.enter(worker, "unfit").status_code == 202
        eventually(lambda: aviary.waiting(HEALTH, "parked") > before, seconds=60)


def poison(aviary: Aviary, shop: Workplace, eventually: Any) -> None:
    """Events that can't be applied: sealed for another one, and well sealed nonsense that says all about a worker."""
    for topic, service in ((ENTRIES, HEALTH), (ANSWERS, GATEWAY)):
        aside = aviary.waiting(service, "parked") + 3
        for subject, sealed in poisonous(aviary, topic, shop.workers[0]):
            put(aviary, topic, subject, sealed)
        eventually(lambda s=service, a=aside: aviary.waiting(s, "parked") >= a, seconds=60)


def poisonous(aviary: Aviary, topic: str, worker: WorkerCanary) -> Iterator[tuple[str, str]]:
    """Subject and sealed text."""
    yield new_id(), first_of(aviary, topic)["data"]["sealed"]
    said = {
        "request_id": worker.latin_name,
        "result": "unfit",
        "practice_number": worker.practice_number,
        "entered_at": worker.birth_date.isoformat(),
        "name": worker.name,
    }
    key = aviary.system.environment(HEALTH)["HEALTH_CERTS_EXAMINATION_KEY"]
    sealer = Sealer(Keyring.parse(key))
    for words in (json.dumps(said, ensure_ascii=False), f"{worker.name} unfit {worker.id_number}"):
        subject = new_id()
        yield subject, sealer.seal_text(words, f"{topic}/{subject}")


def first_of(aviary: Aviary, topic: str) -> dict[str, Any]:
    reader = TopicReader(aviary.description["kafka"], topic)
    event: dict[str, Any] = json.loads(next(iter(reader.batch(1))).value)
    reader.close()
    return event


def put(aviary: Aviary, topic: str, subject: str, sealed: str) -> None:
    """An event like the topic's first one, of something new."""
    data = {"examination_id": subject, "sealed": sealed}
    letter = {**first_of(aviary, topic), "id": new_id(), "subject": subject, "data": data}
    producer = Producer(aviary.description["kafka"], client_id="canaries")
    [error] = producer.publish([Record(topic, subject, json.dumps(letter).encode())])
    producer.close()
    assert error is None


def found_in(aviary: Aviary, shop: Workplace, seek: Search) -> dict[str, set[str]]:
    """Place → what was found there."""
    return {
        **{f"table {service} {table}": seek.hits(rows) for service, table, rows in aviary.tables()},
        **{f"log {name}": seek.hits(content) for name, content in aviary.logs()},
        "topics": seek.hits(b"\n".join(aviary.records())),
        "errors": seek.hits(b"\n".join(aviary.bodies)),
        "lists": seek.hits(b"\n".join(shop.listed)),
        "metrics": seek.hits(b"\n".join(aviary.metrics)),
        "traces": seek.hits(b"\n".join(aviary.traces.bodies)),
    }


def test_no_worker_and_no_result_is_found_where_it_should_not_be(
    aviary: Aviary, shop: Workplace, eventually: Any
) -> None:
    ask(aviary, shop, eventually)
    groups = {"fit": list(shop.workers[:120]), "unfit": list(shop.workers[120:240])}
    shop.pay(shop.workers[:250])
    examine(aviary, shop, groups, eventually)
    eventually(lambda: shop.count("status = 'issued'", shop.workers) >= 120, seconds=60)
    let_time_run_out(aviary, shop, groups["unfit"][1:21] + shop.workers[240:245], eventually)
    look_as_himself(aviary, groups["unfit"][1])
    be_refused_as_workers(aviary, shop, eventually)
    be_refused_at_a_centre(aviary, shop)
    be_asked_for(aviary, shop)
    poison(aviary, shop, eventually)
    crash(aviary, shop, shop.workers[-1], eventually)
    aviary.ask_metrics()

    found = found_in(aviary, shop, Search(shop.workers, *WORKERS_MARKS, *RESULTS))

    assert {place: values for place, values in found.items() if values} == {}
    # Whoever reads of an entry for a request that isn't issued would know what it said.
    said = b"".join([dict(aviary.logs())["services"], *aviary.traces.bodies, *aviary.metrics])
    assert [one for one in shop.numbers.values() if one.encode() in said] == []
    assert {202, 400, 401, 404, 500} <= aviary.statuses
    assert len(aviary.traces.bodies) > 10
    assert len(aviary.bodies) > 100
    assert len(found) > 40


FORMS = {
    "a name in capitals": lambda one: one.latin_name.upper().encode(),
    "an Arabic name": lambda one: one.name.encode(),
    "a number": lambda one: one.id_number.encode(),
    "a mobile": lambda one: one.mobile.encode(),
    "a birth day": lambda one: one.birth_date.isoformat().encode(),
    "a birth day in the Hijri calendar": lambda one: hijri_text(one.birth_date).encode(),
    "a practice number": lambda one: one.practice_number.encode(),
    "a practice number as it's written": lambda one: b"77-KN-" + one.practice_number[4:].encode(),
    "a result": lambda _: b'{"result": "fit"}',
    "a result in a line of the log": lambda _: b"result=unfit request=1",
    "an Arabic result": lambda _: "النتيجة: غير لائق".encode(),
}


@pytest.mark.parametrize("encoded", [bytes, base64.b64encode, lambda plain: plain.hex().encode()])
@pytest.mark.parametrize("form", FORMS)
def test_the_search_finds_what_is_known_of_a_worker(form: str, encoded: Any) -> None:
    three = workers(3)
    seek = Search(three, *WORKERS_MARKS, *RESULTS)

    data = b"\x00\xff some bytes " + encoded(b"in front of it " + FORMS[form](three[1]) + b" .")

    assert seek.hits(data) != set()
    assert seek.hits(b"2000000006 born on 1994-03-02, 12RM0012345, benefit and fitness") == set()
