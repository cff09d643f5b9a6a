"""Batches of older permits over HTTP."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.data.db import Database
from permits import workers
from permits.domain.imports import Status

SENDER = {"sub": "p_clerk", "name": "موظف إدخال"}
CHECKER = {"sub": "p_checker", "name": "موظف مطابقة"}


class Batches:
    """Sends files as a browser does, and lets the worker work."""

    def __init__(self, api: Any, client: Any, token: Any, database: Database, files: Any) -> None:
        self.api, self.files = api, files
        self._client, self._token, self._database = client, token, database

    def post(self, path: str, written: Any, **fields: str) -> Any:
        file = self.files.upload(written)
        return self._client.post(
            path,
            data=fields,
            files={"file": (file.name, file.content, "text/csv")},
            headers=self._token("permits.enter", **SENDER),
        )

    def start(self, written: Any) -> dict[str, Any]:
        place = {"municipality": "central-qatif", "origin": "paper"}
        answer = self.post("/v1/permit-imports", written, **place)
        assert answer.status_code == 201, answer.text
        self.work()
        batch: dict[str, Any] = answer.json()
        return batch

    def work(self) -> None:
        for status in (Status.READING, Status.RELEASING):
            more = True
            while more:
                with self._database.transaction() as session:
                    more = workers.take_step(session, status, now=datetime.now(UTC))

    def ask(self, operation: str, body: Any = None, **path: Any) -> Any:
        self.api.claims = CHECKER
        return self.api.ask(operation, body, **path)


@pytest.fixture
def batches(api: Any, client: Any, token: Any, database: Database, files: Any) -> Batches:
    return Batches(api, client, token, database, files)


def test_a_file_is_read_mended_checked_and_released(batches: Batches, files: Any) -> None:
    at = {"import_id": batches.start([files.row(1), files.row(2, town="")])["import_id"]}
    assert batches.ask("get_permit_import", **at)["rows"] == {
        "sent": 2,
        "read": 2,
        "ready": 1,
        "faulty": 1,
        **dict.fromkeys(("duplicate", "replaced", "released", "withheld", "unprocessed"), 0),
    }
    [faulty] = batches.ask("list_permit_import_rows", query={"status": "faulty"}, **at)["items"]
    assert faulty["errors"][0]["column_title"] == {"ar": "البلدة", "en": "Town"}
    assert faulty["errors"][0]["title"]["ar"] == "هذا الحقل مطلوب"

    assert batches.post(f"/v1/permit-imports/{at['import_id']}/files", [files.row(2)]).is_success
    batches.work()
    sample = batches.ask("draw_permit_import_sample", {"reason": "مطابقة بالأصول"}, **at)["items"]
    assert sample[0]["permit"]["owners"][0]["id_number"] == "1000000008"
    assert sample[0]["permit"]["issued_on_hijri"] == "1446/09/01"
    for row in sample:
        judged = {"verdict": "right", "note": "مطابق"}
        batches.ask("judge_permit_import_row", judged, row_number=row["row_number"], **at)
    batches.ask("release_permit_import", **at)
    batches.work()

    done = batches.ask("get_permit_import", **at)
    assert (done["status"], done["rows"]["released"], done["released_by"]) == (
        *("released", 2),
        CHECKER["name"],
    )
    assert done["sample"] == {"rows": 2, "judged": 2, "wrong": 0, "wrong_allowed": 0}
    [row] = batches.ask("find_permits", query={"permit_number": "1445/2"})["items"]
    assert (row["origin"], row["verified"]) == ("paper", True)
    assert at["import_id"] in [
        one["import_id"] for one in batches.ask("list_permit_imports")["items"]
    ]


def test_an_own_number_and_an_owner_without_a_number_are_warned_of_and_released(
    batches: Batches, files: Any, permit: dict[str, Any]
) -> None:
    number = permit["permit_number"]
    numberless = files.row(2, owner_id_type="لا يوجد", owner_id_number="")
    sent = [files.row(1, permit_number=number), numberless]
    at = {"import_id": batches.start(sent)["import_id"]}

    rows = batches.ask("list_permit_import_rows", **at)["items"]
    own, unknown = ({one["code"]: one for one in row["warnings"]} for row in rows)
    for row in batches.ask("draw_permit_import_sample", {"reason": "مطابقة"}, **at)["items"]:
        judged = {"verdict": "right", "note": "مطابق"}
        batches.ask("judge_permit_import_row", judged, row_number=row["row_number"], **at)
    batches.ask("release_permit_import", **at)
    batches.work()

    assert [row["status"] for row in rows] == ["ready", "ready"]
    odd = own["number-of-another-origin"]
    assert odd["column_title"]["ar"] == "رقم الرخصة"
    assert "صادرة من النظام" in odd["title"]["ar"]
    assert permit["issued_on_hijri"] in odd["title"]["ar"]
    assert "number-of-another-origin" not in unknown
    assert unknown["owner-without-number"]["column"] == "owner_id_type"
    assert "owner-without-number" not in own
    done = batches.ask("list_permit_import_rows", **at)["items"]
    assert [(row["status"], row["errors"]) for row in done] == [("released", [])] * 2
    found = batches.ask("find_permits", query={"permit_number": number})["items"]
    assert {one["origin"] for one in found} == {"system", "paper"}


def test_a_file_that_cannot_be_read_is_refused_by_name(batches: Batches, token: Any) -> None:
    answer = batches._client.post(
        "/v1/permit-imports",
        data={"municipality": "central-qatif", "origin": "paper"},
        files={"file": ("x.csv", b"colour,kind\n1,2\n", "text/csv")},
        headers=token("permits.enter", **SENDER),
    )

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "csv-column-unknown"
    assert "colour" in answer.json()["errors"][0]["detail"]


def test_who_sent_the_file_is_told_that_another_person_releases_it(
    batches: Batches, files: Any, api: Any
) -> None:
    at = {"import_id": batches.start([files.row(1)])["import_id"]}
    api.claims = SENDER

    refused = api.send("draw_permit_import_sample", {"reason": "مطابقة"}, **at)

    assert refused.status_code == 409
    assert refused.json()["code"] == "sent-releases"


def test_a_batch_is_withdrawn_with_a_reason_and_not_released_any_more(
    batches: Batches, files: Any, api: Any
) -> None:
    at = {"import_id": batches.start([files.row(1)])["import_id"]}
    api.claims = SENDER

    assert api.ask("withdraw_permit_import", {"reason": "ملف آخر"}, **at)["status"] == "withdrawn"
    again = api.send("withdraw_permit_import", {"reason": "ملف آخر"}, **at)

    assert (again.status_code, again.json()["code"]) == (409, "import-withdrawn")


def test_what_is_not_in_the_sample_is_not_judged(batches: Batches, files: Any) -> None:
    at = {"import_id": batches.start(files.rows(1, 30))["import_id"]}
    sample = batches.ask("draw_permit_import_sample", {"reason": "مطابقة"}, **at)["items"]
    other = min({*range(1, 31)} - {row["row_number"] for row in sample})

    refused = batches.api.send(
        "judge_permit_import_row", {"verdict": "right"}, row_number=str(other), **at
    )

    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/not-in-sample")


def test_signs_that_nobody_sees_are_taken_from_a_file_as_from_a_form(
    batches: Batches, files: Any
) -> None:
    """No text of the database holds a NUL: the batch would never be released, nor the rows beside it."""
    unseen = {"permit_number": "1445\x00/1", "remarks": "مواقف\x00 \x1b[31m\u202eداخلية"}
    at = {"import_id": batches.start([files.row(1, **unseen), files.row(2)])["import_id"]}
    for row in batches.ask("draw_permit_import_sample", {"reason": "مطابقة"}, **at)["items"]:
        judged = {"verdict": "right", "note": "مطابق"}
        batches.ask("judge_permit_import_row", judged, row_number=row["row_number"], **at)

    batches.ask("release_permit_import", **at)
    batches.work()

    released = batches.ask("list_permit_import_rows", query={"status": "released"}, **at)["items"]
    permits = [batches.ask("get_permit", permit_id=row["permit_id"]) for row in released]
    assert [one["permit_number"] for one in permits] == ["1445/1", "1445/2"]
    assert permits[0]["remarks"] == "مواقف [31mداخلية"
