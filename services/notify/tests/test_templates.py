"""Templates, administered by staff over HTTP."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from notify.domain import templates
from notify.domain.routes import CODE
from notify.models import ApiService
from notify.routes import TOPICS


@pytest.fixture
def staff(client: httpx.Client, token: Callable[..., dict[str, str]]) -> httpx.Client:
    client.headers.update(token("templates.manage", "notify.admin"))
    return client


@pytest.fixture
def service_id(session: Session) -> str:
    row = ApiService(
        api_service_id=new_id(), name="نظام", rate_per_minute=1, messages_per_day=1, version=1
    )
    row.created_at = session.scalar(text("SELECT now()"))
    session.add(row)
    session.flush()
    return row.api_service_id


def of_name(staff: httpx.Client, name: str) -> dict[str, Any]:
    items = staff.get("/v1/templates").json()["items"]
    return next(one for one in items if one["name"] == name)


def codes(answer: httpx.Response) -> set[tuple[str, str]]:
    assert answer.status_code == 400, answer.text
    return {(one["field"], one["code"]) for one in answer.json()["errors"]}


def test_every_shipped_template_passes_the_check(staff: httpx.Client) -> None:
    for one in staff.get("/v1/templates").json()["items"]:
        templates.check_wording(
            {"ar": one["body_ar"], "en": one["body_en"]},
            known=templates.known_parameters(one["name"]),
            needed=templates.needed_parameters(one["name"]),
            hosts=["qatif.gov.sa"],
        )


LINKED = {
    *("report-closed", "report-question"),
    *("appointment-booked", "appointment-requested", "appointment-moved", "appointment-affected"),
    *("appointment-kept", "appointment-request-kept", "appointment-offered", "appointment-link"),
    *("tender-deadline", "tender-amended", "tender-answered", "tender-awarded", "tender-cancelled"),
    *("lease-deadline", "lease-amended", "lease-answered", "lease-awarded", "lease-cancelled"),
}


def test_the_known_parameters_are_those_that_the_events_give() -> None:
    for topic in TOPICS.values():
        for route in topic.routes:
            given = {*route.values, "municipality"}
            if topic.page == CODE:  # sent by the API too, which knows no municipality
                given = {"code"}
            link = {"link"} if route.template in LINKED else set()
            page = {"page"} if topic.public_page else set()
            assert templates.known_parameters(route.template) == given | link | page, route.template


def test_a_new_wording_is_taken_and_the_old_one_is_kept(
    staff: httpx.Client, service_id: str, permit_notes: dict[str, Any]
) -> None:
    before = staff.post("/v1/templates", json={**permit_notes, "api_service_id": service_id}).json()
    path = f"/v1/templates/{before['template_id']}"
    words = {
        "body_ar": "على طلبكم رقم ((number)) ملاحظات",
        "body_en": "Your request ((number)) has remarks",
        "further": {"bn": "আপনার অনুরোধ নম্বর ((number))"},
    }

    answer = staff.post(f"{path}/versions", json={**words, "expires_seconds": 7_200})
    versions = staff.get(f"{path}/versions").json()["items"]
    preview = staff.post(f"{path}/preview", json={"values": {"number": "7"}}).json()

    assert answer.status_code == 201
    assert answer.json()["version"] == 2
    assert (answer.json()["body_ar"], answer.json()["expires_seconds"]) == (words["body_ar"], 7_200)
    assert answer.json()["lengths"]["ar"]["encoding"] == "UCS-2"
    assert answer.json()["lengths"]["bn"]["encoding"] == "UCS-2"
    assert preview["bn"]["text"] == "আপনার অনুরোধ নম্বর 7"
    assert [one["version"] for one in versions] == [2, 1]
    assert versions[1]["body_ar"] == before["body_ar"]
    assert (versions[0]["created_by"], versions[0]["approved_by"]) == ("p_test", None)


def test_a_language_that_no_template_has_is_refused(staff: httpx.Client) -> None:
    before = of_name(staff, "report-received")
    words = {"body_ar": before["body_ar"], "body_en": before["body_en"], "further": {"fr": "reçu"}}

    answer = staff.post(f"/v1/templates/{before['template_id']}/draft", json=words)

    assert answer.status_code == 400


def test_a_wording_with_faults_is_refused_with_all_of_them(staff: httpx.Client) -> None:
    template_id = of_name(staff, "report-closed")["template_id"]

    answer = staff.post(
        f"/v1/templates/{template_id}/draft",
        json={"body_ar": "1448-104 ((surname)) https://evil.example", "body_en": "((number))"},
    )

    assert codes(answer) == {
        ("body_ar", "turned-round"),
        ("body_ar", "unknown-parameter"),
        ("body_ar", "link-host"),
        ("body_ar", "placeholder-missing"),
        ("body_en", "placeholder-missing"),
        ("body_en", "placeholders-differ"),
    }


def test_a_preview_shows_texts_and_lengths_without_keeping_them(staff: httpx.Client) -> None:
    template_id = of_name(staff, "report-received")["template_id"]
    draft = {
        "body_ar": "وصل بلاغكم ((number)) إلى ((municipality))",
        "body_en": "((number)) ((municipality))",
    }

    answer = staff.post(
        f"/v1/templates/{template_id}/preview", json={**draft, "values": {"number": "7"}}
    )

    assert answer.json()["ar"]["text"] == "وصل بلاغكم 7 إلى بلدية محافظة القطيف"
    assert answer.json()["ar"]["parts"] == 1
    assert of_name(staff, "report-received")["version"] == 1
    assert codes(staff.post(f"/v1/templates/{template_id}/preview", json={"body_ar": "((x))"})) >= {
        ("body_ar", "unknown-parameter")
    }


def test_a_preview_shows_a_number_in_each_plural_form(staff: httpx.Client) -> None:
    paths = {
        name: f"/v1/templates/{of_name(staff, name)['template_id']}/preview"
        for name in ("permit-ending", "report-received")
    }

    words = {
        "body_ar": "تنتهي الرخصة ((number)) خلال ((days)) يومًا في ((ends))",
        "body_en": "Permit ((number)) ends in ((days)) days, on ((ends))",
    }
    shown = staff.post(paths["permit-ending"], json=words).json()["counts"]

    assert [(one["form"], one["count"]) for one in shown] == [
        *(("zero", 0), ("one", 1), ("two", 2)),
        *(("few", 3), ("many", 11), ("other", 100)),
    ]
    for one in shown:
        read = f"تنتهي الرخصة 1448/131244 خلال {one['count']} يومًا في 2026/12/24"
        assert (one["text"], one["parts"]) == (read, 1)
    assert staff.post(paths["report-received"], json={}).json()["counts"] == []


def test_a_template_of_another_system_takes_no_draft(
    staff: httpx.Client, service_id: str, permit_notes: dict[str, Any]
) -> None:
    made = staff.post("/v1/templates", json={**permit_notes, "api_service_id": service_id}).json()
    path = f"/v1/templates/{made['template_id']}/draft"
    words = {name: permit_notes[name] for name in ("body_ar", "body_en")}

    answers = [staff.post(path, json=words), staff.post(f"{path}/shipped")]

    for one in answers:
        assert one.status_code == 409
        assert one.json()["type"].endswith("/template-needs-no-approval")


def test_a_preview_of_other_further_texts_leaves_the_current_ones_out(
    staff: httpx.Client, service_id: str, permit_notes: dict[str, Any]
) -> None:
    further = {"ur": "درخواست ((number))"}
    body = {**permit_notes, "api_service_id": service_id, "further": further}
    path = f"/v1/templates/{staff.post('/v1/templates', json=body).json()['template_id']}/preview"

    assert "ur" in staff.post(path, json={}).json()
    assert "ur" not in staff.post(path, json={"further": {}}).json()


def test_a_template_of_another_system_is_added_once(
    staff: httpx.Client, service_id: str, permit_notes: dict[str, Any]
) -> None:
    body = {**permit_notes, "api_service_id": service_id}

    first, second = (staff.post("/v1/templates", json=body) for _ in range(2))
    listed = staff.get("/v1/templates", params={"api_service_id": service_id}).json()["items"]

    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["type"].endswith("/template-name-taken")
    assert [one["template_id"] for one in listed] == [first.json()["template_id"]]
    assert listed[0]["parameters"] == ["number"]
    body["api_service_id"] = new_id()
    assert staff.post("/v1/templates", json=body).status_code == 404


def test_a_template_of_another_system_is_archived(
    staff: httpx.Client, service_id: str, permit_notes: dict[str, Any]
) -> None:
    made = staff.post("/v1/templates", json={**permit_notes, "api_service_id": service_id}).json()
    path = f"/v1/templates/{made['template_id']}"

    archived = staff.post(f"{path}/archive")
    again = staff.post(f"{path}/archive")
    reworded = staff.post(
        f"{path}/versions",
        json={"body_ar": permit_notes["body_ar"], "body_en": permit_notes["body_en"]},
    )

    assert archived.json()["archived"] is True
    assert (again.status_code, reworded.status_code) == (409, 409)


def test_a_template_of_the_municipality_cannot_be_archived(staff: httpx.Client) -> None:
    template_id = of_name(staff, "permit-issued")["template_id"]

    answer = staff.post(f"/v1/templates/{template_id}/archive")

    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/template-is-needed")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/templates"),
        ("POST", "/v1/templates"),
        ("GET", "/v1/api-services"),
        ("POST", "/v1/api-services"),
        ("GET", "/v1/limits"),
        ("POST", "/v1/codes"),
        ("POST", "/v1/codes/check"),
    ],
)
def test_each_operation_asks_for_its_scope(
    client: httpx.Client, token: Callable[..., dict[str, str]], method: str, path: str
) -> None:
    answer = client.request(method, path, headers=token("reports.read"))

    assert answer.status_code == 403
