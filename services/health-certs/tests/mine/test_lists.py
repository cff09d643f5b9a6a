"""Requests by a file: a result for each row, mended and sent again without doubling any."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from threading import Event as Stop
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from chassis.access import revocations
from chassis.core import contracts
from chassis.core.ids import new_id
from chassis.data.deadlines import Deadline, drop_deadlines, pending
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import Attachment
from chassis.run.deadlines import Deadlines
from health_certs.chores import DEADLINES
from health_certs.commands import apply, retention
from health_certs.domain.worker_lists import COLUMNS, LANGUAGES, SEXES
from health_certs.models import Request, RequestList, RequestListRow
from saudi.days import legal_day
from saudi.ids import with_check_digit

from .conftest import DELEGATE
from .test_mine import PICTURE

LISTS = "/v1/my/health-certificate-request-lists"
pytestmark = pytest.mark.usefixtures("shop")
NUMBERS = [with_check_digit(f"200001{n:03}") for n in range(60)]


@pytest.fixture
def photos(client: Any, everybody: Any) -> Any:
    """`photos("a.png", …)`: the delegate sends them."""

    def send(*names: str) -> None:
        for name in names:
            files = {"file": (name, PICTURE, "image/png")}
            place, header = "/v1/my/health-certificate-photos", everybody["delegate"]
            assert client.post(place, files=files, headers=header).status_code == 201

    return send


def row(number: str, photo: str, **changes: str) -> dict[str, str]:
    return {
        "name_ar": "",
        "name_en": "Sample Worker",
        "id_type": "إقامة",
        "id_number": number,
        "nationality": "IND",
        "birth_date": "1994-03-02",
        "sex": "ذكر",
        "mobile": "٠٥٠٠٠٠٠٠٠١",
        "language": "en",
        "profession": "عامل مغسلة",
        "residence_permit_until": "1449/03/01",
        "centre": "",
        "photo": photo,
        **changes,
    }


def settles(session: Any, list_id: str, most: int = 30) -> int:
    """The list's deadline fires until it's done; answers how often."""
    for time in range(most):
        if not pending(session, "request_list", list_id):
            return time
        one_turn(session, list_id)
    raise AssertionError(f"it isn't done after {most} times")


def one_turn(session: Any, list_id: str) -> None:
    """Its deadline fires, which is gone by then."""
    deadline = Deadline("request_list", list_id, "list", datetime.now(UTC))
    drop_deadlines(session, "request_list", list_id)
    context: Any = SimpleNamespace(session=session, now=deadline.due_at)
    DEADLINES[deadline.kind](context, deadline)
    session.flush()


def done(client: Any, session: Any, header: Any, *rows: Mapping[str, str]) -> Any:
    """What became of the rows, once all have had their turn."""
    answer = sent(client, header, *rows)
    assert answer.status_code == 202, answer.text
    kept = answer.json()
    assert (kept["done"], kept["waiting"]) == (False, len(rows))
    settles(session, kept["list_id"])
    return client.get(f"{LISTS}/{kept['list_id']}", headers=header).json()


def sent(client: Any, header: Any, *rows: Mapping[str, str], **form: str) -> Any:
    names = ";".join(words.ar for words in COLUMNS.values())
    lines = [names, *(";".join(one[name] for name in COLUMNS) for one in rows)]
    content = "\r\n".join(lines).encode("utf-8-sig")
    data = form or {"licence_no": "144804000017", "centre": "saihat-centre"}
    files = {"file": ("workers.csv", content, "text/csv")}
    return client.post(LISTS, files=files, data=data, headers=header)


def count(session: Any) -> int:
    return int(session.scalar(select(func.count()).select_from(Request)) or 0)


def test_each_row_has_its_result_and_good_ones_are_taken(
    client: Any, everybody: Any, photos: Any, session: Any, event_names: Any
) -> None:
    photos("1.png", "2.png")

    found = done(
        client,
        session,
        everybody["delegate"],
        row(NUMBERS[0], "1.png"),
        row("2000000001", "2.png"),
        row(NUMBERS[1], "3.png", sex="?"),
    )

    assert (found["done"], found["waiting"]) == (True, 0)
    assert (found["accepted"], found["already"], found["refused"]) == (1, 0, 2)
    assert [(one["row"], one["outcome"]) for one in found["rows"]] == [
        *((2, "accepted"), (3, "refused"), (4, "refused")),
    ]
    (fault,) = found["rows"][1]["errors"]
    assert (fault["column"], fault["column_title"]["ar"], fault["code"]) == (
        *("id_number", "رقم الهوية", "check-digit"),
    )
    assert {one["code"] for one in found["rows"][2]["errors"]} == {"not-of-list"}
    assert count(session) == 1
    assert event_names("request") == ["submitted"]


def test_of_a_photo_neither_its_name_nor_its_place_is_kept(
    client: Any, everybody: Any, session: Any
) -> None:
    files = {"file": ("Sample Worker 2000000006.png", PICTURE, "image/png")}
    sent_to, header = "/v1/my/health-certificate-photos", everybody["delegate"]

    told = client.post(sent_to, files=files, headers=header).json()

    (kept,) = session.query(Attachment)
    assert told["name"] == "Sample Worker 2000000006.png"
    assert kept.name.startswith("v1:")
    assert kept.position is None


def test_a_file_without_headings_is_refused_without_its_first_worker(
    client: Any, everybody: Any
) -> None:
    content = ",".join(row(NUMBERS[0], "1.png").values()).encode()
    files = {"file": ("workers.csv", content, "text/csv")}

    answer = client.post(
        LISTS, files=files, data={"licence_no": "144804000017"}, headers=everybody["delegate"]
    )

    assert answer.status_code == 400
    assert {one["code"] for one in answer.json()["errors"]} >= {"column-unknown"}
    assert NUMBERS[0] not in answer.text
    assert "Sample Worker" not in answer.text


def test_mended_and_sent_again_nothing_is_doubled(
    client: Any, everybody: Any, photos: Any, session: Any
) -> None:
    photos("1.png", "2.png")
    good, bad = row(NUMBERS[0], "1.png"), row(NUMBERS[1], "x.png")
    first = done(client, session, everybody["delegate"], good, bad)["rows"]
    assert first[1]["errors"][0]["code"] == "photo-unknown"

    mended = {**bad, "photo": "2.png"}
    again = done(client, session, everybody["delegate"], good, mended)["rows"]

    assert [one["outcome"] for one in again] == ["already", "accepted"]
    assert again[0]["request_no"] == first[0]["request_no"]
    assert count(session) == 2


def test_a_worker_twice_in_a_file_is_asked_for_once(
    client: Any, everybody: Any, photos: Any, session: Any
) -> None:
    photos("1.png", "2.png")

    rows = [row(NUMBERS[0], "1.png"), row(NUMBERS[0], "2.png")]
    found = done(client, session, everybody["delegate"], *rows)["rows"]

    assert [one["outcome"] for one in found] == ["accepted", "already"]
    assert count(session) == 1


def test_a_worker_whose_certificate_is_valid_is_told_with_its_number(
    client: Any, everybody: Any, in_force: Any, session: Any
) -> None:
    made = in_force()

    (found,) = done(client, session, everybody["delegate"], row("2000000006", "1.png"))["rows"]

    assert (found["outcome"], found["certificate_no"]) == ("already", made.certificate_no)
    assert count(session) == 1


@pytest.mark.parametrize("who", ["worker", "former delegate", "delegate of another"])
def test_a_file_is_for_who_acts_for_the_establishment(
    client: Any, everybody: Any, session: Any, who: str
) -> None:
    answer = sent(client, everybody[who], row(NUMBERS[0], "1.png"))

    assert answer.status_code == 400
    assert [one["code"] for one in answer.json()["errors"]] == ["not-acted-for"]
    assert count(session) == 0


def test_a_file_for_an_unknown_establishment_has_the_answer_of_anothers(
    client: Any, everybody: Any
) -> None:
    stranger, line = everybody["delegate of another"], row(NUMBERS[0], "1.png")

    answers = [
        sent(client, stranger, line),
        sent(client, stranger, line, licence_no="144804000099"),
    ]

    told = [(one.status_code, one.json()["errors"]) for one in answers]
    assert told[0] == told[1]


@pytest.mark.parametrize("form", [{"centre": "saihat-centre"}, {"licence_no": "144804000099"}])
def test_the_establishment_is_named_once_and_is_a_good_one(
    client: Any, everybody: Any, form: dict[str, str]
) -> None:
    answer = sent(client, everybody["delegate"], row(NUMBERS[0], "1.png"), **form)

    assert answer.status_code == 400


@pytest.fixture
def loop(web: Any, session: Any) -> Callable[..., None]:
    """`loop(after=…)`: the loop of deadlines takes what is due so long after now."""

    def run(*, after: timedelta = timedelta()) -> None:
        Deadlines(web.app.process, clock=lambda: datetime.now(UTC) + after).step(Stop())
        session.expire_all()

    return run


@pytest.fixture
def many(photos: Any, session: Any) -> list[dict[str, str]]:
    """Rows of sixty workers. Beside the photo that was sent, its sender has a row for each worker."""
    photos("0.png")
    (sample,) = session.query(Attachment)
    copied = {
        name: getattr(sample, name)
        for name in (one.key for one in Attachment.__table__.columns)
        if name not in ("attachment_id", "key", "name")
    }
    names = [f"{n}.png" for n in range(1, 61)]
    for name in names:
        one = Attachment(attachment_id=new_id(), key=new_id().replace("-", ""), name=name, **copied)
        session.add(one)
        apply.anonymise_photo(session, one)
    return [row(number, name) for number, name in zip(NUMBERS, names, strict=True)]


def test_a_file_of_many_rows_is_taken_some_at_a_time(
    client: Any, everybody: Any, many: Any, session: Any, loop: Any
) -> None:
    header = everybody["delegate"]
    kept = sent(client, header, *many).json()
    place = f"{LISTS}/{kept['list_id']}"
    assert count(session) == 0

    counts = []
    while pending(session, "request_list", kept["list_id"]):
        loop()
        found = client.get(place, headers=header).json()
        counts.append((found["waiting"], found["accepted"], found["done"]))

    assert counts == [(35, 25, False), (10, 50, False), (0, 60, True)]
    assert [one["row"] for one in found["rows"]] == list(range(2, 62))
    assert len({one["request_no"] for one in found["rows"]}) == count(session) == 60


def test_a_file_that_is_sent_again_before_it_is_done_doubles_nothing(
    client: Any, everybody: Any, many: Any, session: Any
) -> None:
    header = everybody["delegate"]
    first, second = (sent(client, header, *many).json()["list_id"] for _ in range(2))

    one_turn(session, first)
    settles(session, second)
    settles(session, first)

    assert count(session) == 60
    found = [client.get(f"{LISTS}/{one}", headers=header).json() for one in (first, second)]
    assert [(one["accepted"], one["already"]) for one in found] == [(25, 35), (35, 25)]
    numbers = [[row["request_no"] for row in one["rows"]] for one in found]
    assert numbers[0] == numbers[1]


def test_what_a_row_said_is_gone_when_it_is_done_and_what_became_of_it_after_some_weeks(
    client: Any, everybody: Any, session: Any
) -> None:
    header = everybody["delegate"]
    found = done(client, session, header, row(NUMBERS[0], "1.png"))
    kept, said = session.get(RequestList, found["list_id"]), session.query(RequestListRow).one()
    assert (kept.sent_by, said.cells, said.outcome) == (None, None, "refused")

    retention.drop_lists(
        UnitOfWork(session, retention.RETENTION, datetime.now(UTC)),
        legal_day(datetime.now(UTC)) + timedelta(days=1),
    )

    answer = client.get(f"{LISTS}/{found['list_id']}", headers=header)
    assert (answer.status_code, session.query(RequestListRow).count()) == (404, 0)


@pytest.mark.parametrize("who", ["worker", "former delegate", "delegate of another", "officer"])
def test_what_became_of_a_file_is_for_its_sender(
    client: Any, everybody: Any, session: Any, who: str
) -> None:
    found = done(client, session, everybody["delegate"], row(NUMBERS[0], "1.png"))

    answer = client.get(f"{LISTS}/{found['list_id']}", headers=everybody[who])

    assert answer.status_code == 404


def test_who_acts_for_the_establishment_no_more_does_not_read_what_he_sent(
    client: Any, everybody: Any, citizen: Any, session: Any
) -> None:
    found = done(client, session, everybody["delegate"], row(NUMBERS[0], "1.png"))

    answer = client.get(f"{LISTS}/{found['list_id']}", headers=citizen(DELEGATE))

    assert answer.status_code == 404


def refused(session: Any, list_id: str) -> list[tuple[str, list[str]]]:
    rows = session.scalars(select(RequestListRow).order_by(RequestListRow.row))
    return [(one.outcome, [fault["code"] for fault in one.faults]) for one in rows][25:]


@pytest.mark.parametrize(
    ("kind", "of"), [("delegation", "{sender}/7000000005"), ("person", "{sender}")]
)
def test_rows_are_taken_no_more_once_the_senders_right_has_ended(
    client: Any, everybody: Any, many: Any, session: Any, loop: Any, kind: str, of: str
) -> None:
    kept = sent(client, everybody["delegate"], *many).json()
    loop()
    assert count(session) == 25
    sender = session.get(RequestList, kept["list_id"]).sender
    now = datetime.now(UTC)
    revocations.keep(
        session,
        {
            "kind": kind,
            "value": of.format(sender=sender),
            "not_before": now + timedelta(seconds=1),
            "expires_at": now - timedelta(minutes=1),  # the tokens of then have expired
        },
    )

    loop()

    assert count(session) == 25
    assert refused(session, kept["list_id"]) == [("refused", ["not-acted-for"])] * 35
    assert session.get(RequestList, kept["list_id"]).done_at is not None
    assert pending(session, "request_list", kept["list_id"]) == {}


def test_the_end_of_another_delegation_leaves_the_list_alone(
    client: Any, everybody: Any, photos: Any, session: Any, loop: Any
) -> None:
    photos("1.png")
    kept = sent(client, everybody["delegate"], row(NUMBERS[0], "1.png")).json()
    sender = session.get(RequestList, kept["list_id"]).sender
    now = datetime.now(UTC)
    for value in (f"{sender}/7000000013", "c_other/7000000005"):
        revocations.keep(
            session,
            {"kind": "delegation", "value": value, "not_before": now + timedelta(seconds=2),
             "expires_at": now + timedelta(minutes=15)},
        )  # fmt: skip

    loop()

    assert count(session) == 1


def test_a_file_that_waited_for_an_hour_is_to_be_sent_again(
    client: Any, everybody: Any, many: Any, loop: Any
) -> None:
    kept = sent(client, everybody["delegate"], *many).json()
    loop()

    loop(after=timedelta(minutes=61))

    shown = client.get(f"{LISTS}/{kept['list_id']}", headers=everybody["delegate"]).json()
    assert (shown["done"], shown["accepted"], shown["refused"]) == (True, 25, 35)
    assert {one["code"] for one in shown["rows"][-1]["errors"]} == {"list-waited"}


def test_the_words_of_a_file_are_those_of_the_contract() -> None:
    schemas = contracts.openapi("health-certs")["components"]["schemas"]

    assert set(LANGUAGES) == set(schemas["NewWorker"]["properties"]["language"]["enum"])
    assert set(SEXES) == set(schemas["Sex"]["enum"])
