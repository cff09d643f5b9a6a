"""Occupancy and current over HTTP, operation by operation."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from saudi.days import legal_day

TODAY = legal_day(datetime.now(UTC))
ASKED = {
    "kind": "final",
    "use": "سكن عائلة واحدة",
    "occupants": 8,
    "fire_protection": True,
    "owner_address": "القطيف، الخزامى (بيانات تجريبية)",
}
SEEN = {"result": "pass", "inspected_on": str(TODAY), "inspector": "م. تجربة"}
FAILED = {**SEEN, "result": "fail", "defects": ["مخرج الطوارئ مسدود"]}
SIGNED = {"signatory": {"name": "م. تجربة (بيانات تجريبية)", "capacity": "رئيس البلدية"}}
REASON = {"reason": "سبب مذكور"}


@pytest.fixture
def building(api: Any, permit: dict[str, Any], insulation: dict[str, Any]) -> dict[str, str]:
    """A finished building: its permit, completed today."""
    body = {**api.completion, "inspected_on": str(TODAY)}
    at = {"permit_id": permit["permit_id"]}
    api.ask("issue_completion_certificate", body, **at)
    return at


def test_occupancy_is_asked_for_inspected_and_issued(api: Any, building: dict[str, str]) -> None:
    row = api.ask("request_occupancy_certificate", ASKED, **building)
    at = {"certificate_id": row["certificate_id"]}
    waiting = api.ask("list_occupancy_certificates")["items"]
    assert [one["certificate_id"] for one in waiting][-1:] == [row["certificate_id"]]
    assert (
        api.send("issue_occupancy_certificate", SIGNED, **at).json()["code"] == "inspection-missing"
    )
    failed = api.ask("record_occupancy_inspection", FAILED, **at)
    assert failed["occupancy"]["inspection"]["defects"] == ["مخرج الطوارئ مسدود"]
    api.ask("record_occupancy_inspection", SEEN, **at)

    issued = api.ask("issue_occupancy_certificate", SIGNED, **at)

    assert issued["title"]["ar"] == "شهادة الإشغال"
    assert issued["occupancy"]["signatory"] == SIGNED["signatory"]
    assert issued["occupancy"]["kind_title"] == {"ar": "نهائية", "en": "Final"}
    permit = api.ask("get_permit", **building)
    assert permit["occupancy"]["certificate_number"] == issued["certificate_number"]
    again = api.send("request_occupancy_certificate", ASKED, **building)
    assert (again.status_code, again.json()["code"]) == (409, "occupancy-in-force")
    revoked = api.ask("revoke_occupancy_certificate", REASON, **at)
    assert (revoked["status"], api.ask("get_permit", **building)["occupancy"]) == ("revoked", None)


def test_occupancy_is_refused_with_reasons_and_voided(api: Any, building: dict[str, str]) -> None:
    first = api.ask("request_occupancy_certificate", ASKED, **building)
    rejected = api.ask(
        "reject_occupancy_certificate", REASON, certificate_id=first["certificate_id"]
    )
    second = api.ask("request_occupancy_certificate", ASKED, **building)
    voided = api.ask("void_occupancy_certificate", REASON, certificate_id=second["certificate_id"])

    assert (rejected["status"], rejected["reason"]) == ("rejected", "سبب مذكور")
    assert voided["status"] == "voided"


def test_a_refusal_says_what_is_missing_in_both_languages(api: Any, permit: dict[str, Any]) -> None:
    at = {"permit_id": permit["permit_id"]}

    arabic = api.send("request_occupancy_certificate", ASKED, **at)
    english = api.send("request_occupancy_certificate", ASKED, language="en", **at)

    assert arabic.json()["code"] == "completion-missing"
    assert arabic.json()["detail"].startswith("لم تصدر شهادة إتمام البناء بعد")
    assert english.json()["title"] == "The occupancy certificate is refused"


def test_a_failed_inspection_names_its_defects(api: Any, building: dict[str, str]) -> None:
    row = api.ask("request_occupancy_certificate", ASKED, **building)
    at = {"certificate_id": row["certificate_id"]}

    bare = {**SEEN, "result": "fail"}
    assert api.faults("record_occupancy_inspection", bare, **at) == {"defects": "required"}
    early = {**SEEN, "inspected_on": str(TODAY - timedelta(days=400))}
    assert api.faults("record_occupancy_inspection", early, **at) == {
        "inspected_on": "before-permit"
    }


def test_a_release_over_http_from_request_to_full_approval(
    api: Any, building: dict[str, str]
) -> None:
    row = api.ask("submit_release", {"extent": "partial"}, **building)
    at = {"release_id": row["release_id"]}
    assert row["status"] == "insulation_ok"
    alive = api.send("submit_release", {"extent": "full"}, **building)
    assert alive.json()["type"].endswith("/release-alive")
    api.ask("return_release", {"notes": "أرفقوا مخطط التأريض"}, **at)
    api.ask("resubmit_release", {"note": "أرفق"}, **at)
    assert api.ask("record_site_inspection", FAILED, **at)["status"] == "returned"
    api.ask("resubmit_release", **at)
    api.ask("record_site_inspection", SEEN, **at)
    partial = api.ask("approve_release", {"extent": "partial"}, **at)
    assert partial["status_title"] == {"ar": "معتمد جزئيًا", "en": "Partial release approved"}
    api.ask("ask_full_release", {"note": "الكلي"}, **at)

    refused = api.send("approve_release", {"extent": "full"}, **at)

    assert (refused.status_code, refused.json()["code"]) == (409, "occupancy-missing")
    certificate = api.ask("request_occupancy_certificate", ASKED, **building)
    held = {"certificate_id": certificate["certificate_id"]}
    api.ask("record_occupancy_inspection", SEEN, **held)
    api.ask("issue_occupancy_certificate", SIGNED, **held)
    assert api.ask("get_release", **at)["status"] == "occupancy_issued"
    full = api.ask("approve_release", {"extent": "full"}, **at)
    assert full["approval"]["occupancy_certificate_id"] == certificate["certificate_id"]
    actions = [item["action"] for item in api.ask("get_release_history", **at)["items"]]
    assert actions[:2] == ["submit_release", "return"]
    assert "check" in actions


def test_danger_is_ordered_and_withdrawn_over_http(api: Any, building: dict[str, str]) -> None:
    row = api.ask("submit_release", {"extent": "partial"}, **building)
    at = {"release_id": row["release_id"]}
    assert api.send("order_disconnection", REASON, **at).json()["code"] == "insulation_ok"
    api.ask("record_site_inspection", SEEN, **at)
    api.ask("approve_release", {"extent": "partial"}, **at)

    ordered = api.ask("order_disconnection", REASON, **at)

    assert ordered["disconnection"]["reason"] == "سبب مذكور"
    assert api.send("allow_reconnection", REASON, **at).json()["code"] == "disconnection_requested"
    assert api.ask("withdraw_disconnection", REASON, **at)["status"] == "partial_release_approved"
    assert api.ask("cancel_release", REASON, **at)["status"] == "cancelled"
    query = {"status": "cancelled", "flagged": False, "limit": 200}
    listed = api.ask("list_releases", query=query)["items"]
    assert row["release_id"] in {one["release_id"] for one in listed}


def test_a_release_is_refused_with_its_reason(api: Any, permit: dict[str, Any]) -> None:
    row = api.ask("submit_release", {"extent": "full"}, permit_id=permit["permit_id"])

    refused = api.ask("refuse_release", REASON, release_id=row["release_id"])

    assert (refused["status"], refused["reason"]) == ("refused", "سبب مذكور")


def test_a_branch_sees_no_other_branchs_releases(api: Any, permit: dict[str, Any]) -> None:
    row = api.ask("submit_release", {"extent": "full"}, permit_id=permit["permit_id"])
    api.claims = {"municipality": "tarout"}

    assert api.send("get_release", release_id=row["release_id"]).status_code == 404
    assert api.ask("list_releases", query={"limit": 200})["items"] == []
    assert (
        api.send("submit_release", {"extent": "full"}, permit_id=permit["permit_id"]).status_code
        == 404
    )


def test_a_permit_names_whom_its_completion_is_refused(
    api: Any, permit: dict[str, Any], insulation: dict[str, Any]
) -> None:
    at = {"permit_id": permit["permit_id"]}
    shown = api.ask("get_permit", **at)
    api.ask("issue_completion_certificate", {**api.completion, "inspected_on": str(TODAY)}, **at)

    assert shown["not_completed_by"] == [{"subject": "p_reviewer", "name": "مهندس تجربة"}]
    assert api.ask("get_permit", **at)["not_completed_by"] == []
