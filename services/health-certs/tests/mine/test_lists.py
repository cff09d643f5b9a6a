"""Requests by a file: a result for each row, mended and sent again without doubling any."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import func, select

from chassis.core import contracts
from chassis.core.ids import new_id
from chassis.files.attachments import Attachment
from health_certs.commands import applying
from health_certs.domain.sheets import COLUMNS, LANGUAGES, SEXES
from health_certs.models import Request
from saudi.ids import with_check_digit

from .test_mine import PICTURE

LISTS = "/v1/my/health-certificate-request-lists"
pytestmark = pytest.mark.usefixtures("shop")
NUMBERS = [with_check_digit(f"200001{n:03}") for n in range(200)]


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
    client: Any, everybody: Any, photos: Any, session: Any, told: Any
) -> None:
    photos("1.png", "2.png")

    answer = sent(
        client,
        everybody["delegate"],
        row(NUMBERS[0], "1.png"),
        row("2000000001", "2.png"),
        row(NUMBERS[1], "3.png", sex="?"),
    )

    assert answer.status_code == 200, answer.text
    found = answer.json()
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
    assert told("request") == ["submitted"]


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
    first = sent(client, everybody["delegate"], good, bad).json()["rows"]
    assert first[1]["errors"][0]["code"] == "photo-unknown"

    again = sent(client, everybody["delegate"], good, {**bad, "photo": "2.png"}).json()["rows"]

    assert [one["outcome"] for one in again] == ["already", "accepted"]
    assert again[0]["request_no"] == first[0]["request_no"]
    assert count(session) == 2


def test_a_worker_twice_in_a_file_is_asked_for_once(
    client: Any, everybody: Any, photos: Any, session: Any
) -> None:
    photos("1.png", "2.png")

    rows = [row(NUMBERS[0], "1.png"), row(NUMBERS[0], "2.png")]
    done = sent(client, everybody["delegate"], *rows).json()["rows"]

    assert [one["outcome"] for one in done] == ["accepted", "already"]
    assert count(session) == 1


def test_a_worker_whose_certificate_is_valid_is_told_with_its_number(
    client: Any, everybody: Any, in_force: Any, session: Any
) -> None:
    made = in_force()

    (done,) = sent(client, everybody["delegate"], row("2000000006", "1.png")).json()["rows"]

    assert (done["outcome"], done["certificate_no"]) == ("already", made.certificate_no)
    assert count(session) == 1


@pytest.mark.parametrize("who", ["worker", "former delegate", "delegate of another"])
def test_a_file_is_for_who_acts_for_the_establishment(
    client: Any, everybody: Any, session: Any, who: str
) -> None:
    answer = sent(client, everybody[who], row(NUMBERS[0], "1.png"))

    assert answer.status_code == 400
    assert [one["code"] for one in answer.json()["errors"]] == ["not-acted-for"]
    assert count(session) == 0


@pytest.mark.parametrize("form", [{"centre": "saihat-centre"}, {"licence_no": "144804000099"}])
def test_the_establishment_is_named_once_and_is_a_good_one(
    client: Any, everybody: Any, form: dict[str, str]
) -> None:
    answer = sent(client, everybody["delegate"], row(NUMBERS[0], "1.png"), **form)

    assert answer.status_code == 400


@pytest.mark.budget(20, reason="two hundred requests, each with its bill")
def test_a_file_of_many_rows_is_taken_in_one_go(
    client: Any, everybody: Any, photos: Any, session: Any
) -> None:
    """Beside the photo that was sent, its sender has a row for each worker."""
    photos("0.png")
    (sample,) = session.query(Attachment)
    copied = {
        name: getattr(sample, name)
        for name in (one.key for one in Attachment.__table__.columns)
        if name not in ("attachment_id", "key", "name")
    }
    names = [f"{n}.png" for n in range(1, 201)]
    for name in names:
        one = Attachment(attachment_id=new_id(), key=new_id().replace("-", ""), name=name, **copied)
        session.add(one)
        applying.keep_photo(session, one)

    rows = [row(number, name) for number, name in zip(NUMBERS, names, strict=True)]
    done = sent(client, everybody["delegate"], *rows).json()

    assert (done["accepted"], len(done["rows"]), count(session)) == (200, 200, 200)
    assert len({one["request_no"] for one in done["rows"]}) == 200


def test_the_words_of_a_file_are_those_of_the_contract() -> None:
    schemas = contracts.openapi("health-certs")["components"]["schemas"]

    assert set(LANGUAGES) == set(schemas["NewWorker"]["properties"]["language"]["enum"])
    assert set(SEXES) == set(schemas["Sex"]["enum"])
