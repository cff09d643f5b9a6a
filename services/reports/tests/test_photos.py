"""Photos by HTTP: sent, claimed by a report or its treatment, looked at by those whose part it is, released."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from chassis.data.aggregates import history
from chassis.files.attachments import Attachment, Files
from reports import queries
from reports.models import Photo

FOREIGN = "0195ff10-4d00-7b22-9d3f-000000009999"


def picture(colour: str = "red", kind: str = "JPEG") -> bytes:
    out = BytesIO()
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (26.0, 29.0, 0.24), 3: "E", 4: (50.0, 2.0, 48.48)}
    Image.new("RGB", (60, 40), colour).save(out, kind, exif=exif)
    return out.getvalue()


def form(content: bytes, name: str = "../علي بن حسن.jpg") -> dict[str, Any]:
    return {"file": (name, content, "application/octet-stream")}


@pytest.fixture
def people(token: Any) -> dict[str, dict[str, str]]:
    """Headers of those who may see something of a report, and of some who may not."""
    return {
        "officer": token("reports.read", "reports.refer", "reports.file", sub="p_officer"),
        "department": token("reports.read", "reports.treat", sub="p_roads", departments="roads"),
        "other_department": token("reports.read", "reports.treat", sub="p_x", departments="parks"),
        "operator": token("reports.read", "reports.file", sub="p_940"),
        "observer": token("reports.file", sub="p_observer"),
        "other_observer": token("reports.file", sub="p_other"),
        "contractor": token("reports.contract", sub="p_amal", contractor="al-amal"),
        "other_contractor": token("reports.contract", sub="p_b", contractor="binaa"),
        "branch": token("reports.read", "reports.refer", sub="p_safwa", municipality="safwa"),
    }


@pytest.fixture
def send(client: Any, people: Any) -> Callable[..., Any]:
    def send(who: str, path: str = "/v1/attachments", content: bytes | None = None) -> Any:
        return client.post(path, files=form(content or picture()), headers=people[who])

    return send


@pytest.fixture
def report(client: Any, people: Any, send: Any, new_report: Any) -> dict[str, Any]:
    """A report by an observer, with a photo before, given to a contractor."""
    sent = send("observer").json()
    body = new_report(channel="observer", photos=[sent["attachment_id"]])
    filed = client.post("/v1/reports", json=body, headers=people["observer"])
    assert filed.status_code == 201, filed.text
    start = {"contractor": "al-amal", "work_order": "ردم الحفرة"}
    path = f"/v1/reports/{filed.json()['report_id']}/start"
    assert client.post(path, json=start, headers=people["department"]).status_code == 200
    return {**filed.json(), "photo": sent["attachment_id"]}


def photo_path(report: dict[str, Any], under: str = "reports") -> str:
    return f"/v1/{under}/{report['report_id']}/photos/{report['photo']}"


def test_an_upload_tells_where_it_was_taken_and_keeps_nothing_of_it(send: Any) -> None:
    answer = send("observer")

    assert answer.status_code == 201, answer.text
    sent = answer.json()
    assert sent["position"] == {"latitude": 26.483400, "longitude": 50.046800}
    assert (sent["media_type"], sent["width"], sent["height"]) == ("image/jpeg", 60, 40)
    assert sent["name"] == "علي بن حسن.jpg"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"<svg/>", "file-type"), (b"\xff\xd8\xff", "file-damaged"), (b"%PDF-1.7", "file-damaged")],
)
def test_a_file_that_is_not_kept_is_a_field_at_fault(
    send: Any, session: Any, content: bytes, code: str
) -> None:
    answer = send("observer", content=content)

    assert answer.status_code == 400
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [("file", code)]
    assert session.query(Attachment).count() == 0


def test_more_than_ten_megabytes_are_refused_before_they_are_read(send: Any) -> None:
    assert send("observer", content=b"\xff\xd8\xff" + b"0" * 11_000_000).status_code == 413


WHO_SEES_A_PHOTO = [
    ("officer", "reports", 200),
    ("department", "reports", 200),
    ("other_department", "reports", 404),
    ("operator", "reports", 404),
    ("branch", "reports", 404),
    ("observer", "filed-reports", 200),
    ("other_observer", "filed-reports", 404),
    ("contractor", "work-orders", 200),
    ("other_contractor", "work-orders", 404),
    ("observer", "reports", 403),
    ("contractor", "reports", 403),
    ("department", "work-orders", 403),
]


@pytest.mark.parametrize(("who", "under", "status"), WHO_SEES_A_PHOTO)
def test_a_photo_is_seen_by_those_whose_part_it_is(
    client: Any, people: Any, report: Any, who: str, under: str, status: int
) -> None:
    answer = client.get(photo_path(report, under), headers=people[who])

    assert answer.status_code == status


def test_a_photo_is_served_without_its_names_and_inert(
    client: Any, people: Any, report: Any
) -> None:
    answer = client.get(photo_path(report, "work-orders"), headers=people["contractor"])

    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"].startswith("private")
    assert report["report_number"] in answer.headers["content-disposition"]
    assert "%D8%B9%D9%84%D9%8A" not in answer.headers["content-disposition"]
    assert Image.open(BytesIO(answer.content)).getexif().get_ifd(0x8825) == {}


def test_the_list_names_a_photo_for_those_who_may_know_the_reporter(
    client: Any, people: Any, report: Any
) -> None:
    path = f"/v1/reports/{report['report_id']}/photos"

    (found,) = client.get(path, headers=people["officer"]).json()["items"]

    assert (found["attachment_id"], found["kind"]) == (report["photo"], "before")
    assert found["name"] == "علي بن حسن.jpg"
    assert client.get(path, headers=people["operator"]).status_code == 404


def test_a_report_is_not_filed_with_somebody_elses_photo(
    client: Any, people: Any, send: Any, new_report: Any, session: Any, outbox_rows: Any
) -> None:
    others = send("operator").json()["attachment_id"]

    for attachment_id in (others, FOREIGN):
        body = new_report(channel="observer", photos=[attachment_id])
        answer = client.post("/v1/reports", json=body, headers=people["observer"])
        assert answer.status_code == 400
        assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [
            ("photos.0", "photo-not-sent")
        ]
    assert session.query(Photo).count() == 0
    assert outbox_rows() == []


def test_a_photo_of_one_report_is_no_photo_of_another(
    client: Any, people: Any, report: Any, new_report: Any
) -> None:
    body = new_report(channel="observer", photos=[report["photo"]])

    answer = client.post("/v1/reports", json=body, headers=people["observer"])

    assert answer.status_code == 400


def test_the_contractor_sends_the_after_photo_and_the_department_treats_with_its_own(
    client: Any, people: Any, report: Any, send: Any
) -> None:
    order = f"/v1/work-orders/{report['report_id']}"
    own = f"/v1/reports/{report['report_id']}"
    after = send("contractor", f"{order}/attachments").json()["attachment_id"]
    another = send("department", f"{own}/attachments").json()["attachment_id"]

    done = client.post(
        f"{order}/complete",
        json={"text": "رُدمت", "after_photos": [after]},
        headers=people["contractor"],
    )
    stolen = client.post(
        f"{own}/resolve",
        json={"text": "تم", "after_photos": [FOREIGN]},
        headers=people["department"],
    )
    treated = client.post(
        f"{own}/resolve",
        json={"text": "تم", "after_photos": [another]},
        headers=people["department"],
    )

    assert (done.status_code, stolen.status_code, treated.status_code) == (201, 400, 200)
    found = client.get(f"{own}/photos", headers=people["officer"]).json()["items"]
    assert [(one["attachment_id"], one["kind"]) for one in found] == [
        (report["photo"], "before"),
        (after, "after"),
        (another, "after"),
    ]


def test_a_photo_from_before_shows_no_treatment(
    client: Any, token: Any, new_report: Any, session: Any
) -> None:
    both = token("reports.read", "reports.file", "reports.treat", departments="roads")
    sent = client.post("/v1/attachments", files=form(picture()), headers=both).json()
    body = new_report(photos=[sent["attachment_id"]])
    filed = client.post("/v1/reports", json=body, headers=both).json()

    path = f"/v1/reports/{filed['report_id']}/resolve"
    treated = {"text": "تم", "after_photos": [sent["attachment_id"]]}

    refused = client.post(path, json=treated, headers=both)
    assert refused.status_code == 400
    assert [(one["field"], one["code"]) for one in refused.json()["errors"]] == [
        ("after_photos.0", "photo-used")
    ]


def test_nobody_sends_files_to_a_report_out_of_reach(send: Any, report: Any) -> None:
    own, order = (f"/v1/{one}/{report['report_id']}" for one in ("reports", "work-orders"))

    assert send("other_department", f"{own}/attachments").status_code == 404
    assert send("other_contractor", f"{order}/attachments").status_code == 404


def test_the_public_sees_a_photo_from_its_release_until_it_is_withdrawn(
    client: Any, people: Any, report: Any, session: Any
) -> None:
    public = f"/v1/public/photos/{report['photo']}"
    seen = []

    for action in (None, "release", "release", "withdraw"):
        if action:
            path = f"{photo_path(report)}/{action}"
            assert client.post(path, headers=people["officer"]).status_code == 200
        seen.append(client.get(public).status_code)

    assert seen == [404, 200, 200, 404]
    actions = [one.action for one in history(session, ("report", report["report_id"]))]
    assert actions[-2:] == ["release_photo", "withdraw_photo"]


def test_only_an_officer_releases_and_only_what_the_report_has(
    client: Any, people: Any, report: Any
) -> None:
    release = f"{photo_path(report)}/release"

    assert client.post(release, headers=people["department"]).status_code == 403
    assert client.post(release, headers=people["branch"]).status_code == 404
    foreign = photo_path({**report, "photo": FOREIGN})
    assert client.post(f"{foreign}/release", headers=people["officer"]).status_code == 404


def test_a_photo_of_a_report_that_is_not_public_stays_unseen_though_it_is_released(
    client: Any, people: Any, send: Any, new_report: Any
) -> None:
    photo = send("observer").json()["attachment_id"]
    body = new_report(channel="observer", category="advert-unlicensed", photos=[photo])
    filed = client.post("/v1/reports", json=body, headers=people["observer"]).json()
    assert filed["public"] is False

    path = f"/v1/reports/{filed['report_id']}/photos/{photo}/release"
    assert client.post(path, headers=people["officer"]).status_code == 200

    assert client.get(f"/v1/public/photos/{photo}").status_code == 404


def test_a_paper_is_not_released_for_its_metadata_would_be(
    client: Any, people: Any, send: Any, new_report: Any
) -> None:
    out = BytesIO()
    Image.new("RGB", (60, 40), "red").save(out, "PDF", author="علي بن حسن")
    paper = send("observer", content=out.getvalue()).json()["attachment_id"]
    body = new_report(channel="observer", photos=[paper])
    filed = client.post("/v1/reports", json=body, headers=people["observer"]).json()

    path = f"/v1/reports/{filed['report_id']}/photos/{paper}/release"
    refused = client.post(path, headers=people["officer"])

    assert (refused.status_code, refused.json()["type"].rsplit("/", 1)[-1]) == (
        409,
        "only-pictures-released",
    )
    assert client.get(f"/v1/public/photos/{paper}").status_code == 404


def test_a_file_for_a_treatment_is_looked_through_before_the_transaction_begins(
    send: Any, report: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A paper may take seconds, and the database ends a transaction that idles for ten."""
    steps: list[str] = []

    def seen(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:
            steps.append(name)
            return step(*args, **named)

        return run

    monkeypatch.setattr(Files, "keep", seen("kept", Files.keep))
    monkeypatch.setattr(queries, "get_report", seen("looked up", queries.get_report))

    sent = send("department", f"/v1/reports/{report['report_id']}/attachments")

    assert (sent.status_code, steps) == (201, ["kept", "looked up"])
