"""What people do with permits, over HTTP."""

from collections.abc import Callable
from typing import Any

from saudi.testing import arabic_digits


def test_a_request_becomes_a_permit_over_http(api: Any, paid: Callable[..., str]) -> None:
    request_id = paid(building__built_area_m2=5000)

    permit = api.ask("issue_permit", {"note": "سلمت"}, request_id=request_id)

    assert permit["kind_title"] == {"ar": "إنشاء جديد", "en": "New building"}
    assert permit["effective_status"] == "valid"
    assert permit["owners"][0]["mobile"] == "+966******567"
    row = api.ask("get_permit_request", request_id=request_id)
    assert (row["status"], row["permit_id"]) == ("issued", permit["permit_id"])
    assert (row["payment"]["amount"], row["invoice"]["status"]) == ("12000.00", "paid")
    assert row["warnings"][:1] == [
        {
            "field": "building.built_area_m2",
            "code": "larger-than-plot",
            "title": {
                "ar": "مساحة البناء أكبر مما تتسع له القطعة",
                "en": "The built area is larger than the plot allows",
            },
        }
    ]
    # Another permit of the same plot may be told behind them.
    assert [one["code"] for one in row["warnings"][1:2]] == ["components-sum"]
    assert api.ask("get_permit", permit_id=permit["permit_id"]) == permit
    history = api.ask("get_permit_request_history", request_id=request_id)
    assert history["items"][0]["action_title"]["ar"] == "تقديم الطلب"
    assert [item["note"] for item in history["items"][1:3]] == ["للتصميم", None]


def test_the_contracts_own_example_is_accepted(api: Any) -> None:
    example = api.contract["components"]["examples"]["Application"]["value"]

    answer = api.ask("submit_permit_request", example)

    assert answer["owners"][1]["id_number"] == "10******08"
    assert answer["owners"][1]["mobile"] == "+966******567"


def test_whole_numbers_are_shown_for_a_reason_that_is_kept(
    api: Any, application: Callable[..., dict[str, Any]]
) -> None:
    row = api.ask("submit_permit_request", application())
    at = {"request_id": row["request_id"]}

    faults = api.faults("reveal_permit_request_owners", {"reason": "   "}, **at)
    assert faults == {"reason": "required"}
    shown = api.ask("reveal_permit_request_owners", {"reason": "مطابقة الهوية مع الصك"}, **at)

    assert shown["owners"][0]["id_number"] == "1000000008"
    assert shown["owners"][0]["mobile"] == "+966501234567"
    history = api.ask("get_permit_request_history", **at)["items"]
    assert (history[-1]["action"], history[-1]["note"]) == ("reveal", "مطابقة الهوية مع الصك")
    assert api.ask("get_permit_request", **at) == row


def test_a_request_is_returned_with_notes_and_resubmitted(
    api: Any, application: Callable[..., dict[str, Any]]
) -> None:
    row = api.ask("submit_permit_request", application())
    at = {"request_id": row["request_id"]}
    api.ask("send_permit_request_to_office", **at)
    api.ask("send_permit_request_to_technical_review", **at)

    assert api.faults("return_permit_request", {}, **at) == {"notes": "required"}
    assert api.faults("return_permit_request", {"notes": "    "}, **at) == {"notes": "required"}
    returned = api.ask("return_permit_request", {"notes": "عدلوا الارتداد الأمامي"}, **at)
    assert (returned["status"], returned["notes"]) == ("returned", "عدلوا الارتداد الأمامي")

    changes = {"note": "عُدل", "use_class": "residential_commercial"}
    assert api.ask("resubmit_permit_request", changes, **at)["use_class"] == changes["use_class"]


def test_a_request_ends_by_rejection_cancellation_or_time(
    api: Any, application: Callable[..., dict[str, Any]], paid: Callable[..., str]
) -> None:
    draft = api.ask("submit_permit_request", application())
    cancelled = api.ask("cancel_permit_request", request_id=draft["request_id"])
    assert cancelled["status_title"]["ar"] == "ملغى"

    reviewed = api.ask("submit_permit_request", application())["request_id"]
    api.ask("send_permit_request_to_office", request_id=reviewed)
    api.ask("send_permit_request_to_technical_review", request_id=reviewed)
    reason = {"reason": "خارج النطاق العمراني"}
    assert (
        api.ask("reject_permit_request", reason, request_id=reviewed)["reason"] == reason["reason"]
    )

    late = api.send("expire_unpaid_permit_request", request_id=paid())
    assert late.status_code == 409
    assert late.json()["type"].endswith("/illegal-transition")


def test_a_request_says_who_acts_next_and_how_its_bill_is_paid(
    api: Any, application: Callable[..., dict[str, Any]], pay: Callable[..., None]
) -> None:
    row = api.ask("submit_permit_request", application())
    at, steps = {"request_id": row["request_id"]}, [row]
    for step in (
        *("send_permit_request_to_office", "send_permit_request_to_technical_review"),
        *("pass_technical_review", "approve_permit_request"),
    ):
        steps.append(api.ask(step, **at))
    steps.append(api.ask("request_payment", {"amount": "744.60"}, **at))
    pay(steps[-1])
    steps.append(api.ask("get_permit_request", **at))

    assert [step["next_step"] for step in steps] == [
        *("applicant", "applicant", "municipality", "municipality", "municipality"),
        *("payment", "municipality"),
    ]
    assert steps[-1]["status_title"] == {"ar": "مسددة بانتظار الإصدار", "en": "Paid"}
    billed = steps[-2]["invoice"]
    assert (billed["status"], billed["bill_number"], billed["amount"]) == (
        *("requested", None, "744.60"),
    )
    assert len(billed["due_on_hijri"]) == 10


def test_a_permit_is_suspended_reinstated_amended_and_cancelled(
    api: Any, permit: dict[str, Any]
) -> None:
    at = {"permit_id": permit["permit_id"]}

    suspended = api.ask(
        "suspend_permit", {"reason": "ملاحظات السلامة", "body": "الدفاع المدني"}, **at
    )
    assert suspended["status_title"]["ar"] == "موقوفة"
    api.ask("reinstate_permit", {"reason": "عولجت"}, **at)
    amended = api.ask("amend_permit", {"reason": "حسب الصك", "land": {"plots": ["9"]}}, **at)
    assert amended["land"]["plots"] == ["9"]
    cancelled = api.ask("cancel_permit", {"reason": "خارج المخطط"}, **at)
    assert cancelled["effective_status"] == "cancelled"
    history = api.ask("get_permit_history", **at)
    assert [item["action"] for item in history["items"]][-4:] == [
        "suspend",
        "reinstate",
        "amend",
        "cancel",
    ]


def test_certificates_follow_each_other_over_http(
    api: Any, permit: dict[str, Any], insulation: dict[str, Any]
) -> None:
    at = {"permit_id": permit["permit_id"]}
    body = {**api.completion, "insulation_certificate_id": insulation["certificate_id"]}

    completion = api.ask("issue_completion_certificate", body, **at)
    assert completion["title"]["ar"] == "شهادة إتمام البناء"
    api.ask(
        "revoke_insulation_certificate",
        {"reason": "استبدل العزل"},
        certificate_id=insulation["certificate_id"],
    )
    flagged = api.ask("get_certificate", certificate_id=completion["certificate_id"])
    assert (flagged["flagged"], flagged["flag_reason"]) == (True, "insulation-revoked")
    told = {"ar": "سُحبت شهادة العزل الحراري", "en": "The insulation certificate was revoked"}
    assert flagged["flag_title"] == told
    assert api.ask("get_permit", **at)["completion"]["flag_title"] == told
    listed = api.ask("list_permit_certificates", **at)
    assert [item["kind"] for item in listed["items"]] == ["insulation", "completion"]
    revoked = api.ask(
        "revoke_completion_certificate",
        {"reason": "بلا عزل"},
        certificate_id=completion["certificate_id"],
    )
    assert revoked["status"] == "revoked"
    assert api.ask("get_permit", **at)["effective_status"] == "valid"


def test_what_the_gate_refused_is_kept_and_the_reason_is_shown(
    api: Any, permit: dict[str, Any]
) -> None:
    at = {"permit_id": permit["permit_id"]}

    for _ in range(2):
        refused = api.send("issue_completion_certificate", api.completion, **at)
        assert (refused.status_code, refused.json()["code"]) == (409, "insulation-missing")

    [kept] = api.ask("list_permit_certificates", **at)["items"]
    assert (kept["kind"], kept["status"], kept["certificate_number"]) == (
        "completion",
        "rejected",
        None,
    )
    assert [one["code"] for one in kept["refusals"]] == ["insulation-missing"]
    assert kept["reason"] == kept["refusals"][0]["ar"]
    history = api.ask("get_permit_history", **at)["items"]
    assert history[-1]["action_title"]["ar"] == "رفض شهادة إتمام البناء"
    assert api.ask("get_permit", **at)["effective_status"] == "valid"


def test_a_completion_is_refused_with_its_defects_and_issued_once_they_are_mended(
    api: Any, permit: dict[str, Any], insulation: dict[str, Any]
) -> None:
    at = {"permit_id": permit["permit_id"]}
    found = {**api.completion, "reason": "ملاحظات السلامة", "defects": ["درج بلا درابزين"]}

    refused = api.ask("refuse_completion", found, **at)
    done = api.ask("issue_completion_certificate", api.completion, **at)

    assert (refused["status"], refused["defects"]) == ("rejected", ["درج بلا درابزين"])
    assert refused["refusals"] == []
    assert done["status"] == "issued"
    assert done["insulation_certificate_id"] == insulation["certificate_id"]
    again = api.send("refuse_completion", found, **at)
    assert (again.status_code, again.json()["code"]) == (409, "completed")
    personal = {**found, "defects": ["اتصلوا على 0501234567"]}
    assert api.faults("refuse_completion", personal, **at) == {"defects.0": "personal-number"}


def test_a_failed_stage_is_a_record_with_its_defects(api: Any, permit: dict[str, Any]) -> None:
    opened = api.ask("open_insulation_certificate", permit_id=permit["permit_id"])
    at = {"certificate_id": opened["certificate_id"]}
    failed = {**api.visit("walls"), "result": "fail"}

    assert api.faults("record_insulation_inspection", failed, **at) == {"defects": "required"}
    api.ask("record_insulation_inspection", {**failed, "defects": ["فراغ في العزل"]}, **at)
    row = api.ask("record_insulation_inspection", api.visit("walls"), **at)

    assert [(one["result"], one["defects"]) for one in row["visits"]] == [
        ("fail", ["فراغ في العزل"]),
        ("pass", []),
    ]
    assert [one["result"] for one in row["stages"]] == ["pass"]


def test_an_owner_has_a_permit_cancelled(api: Any, permit: dict[str, Any]) -> None:
    asked = {"reason": "عدول المالك عن البناء", "papers": ["طلب المالك"]}

    cancelled = api.ask("cancel_permit_for_owner", asked, permit_id=permit["permit_id"])

    assert cancelled["effective_status"] == "cancelled"


def test_a_cancellation_is_undone_on_appeal_and_leaves_the_suspension(
    api: Any, permit: dict[str, Any]
) -> None:
    at = {"permit_id": permit["permit_id"]}
    api.ask("suspend_permit", {"reason": "ملاحظات السلامة", "body": "الدفاع المدني"}, **at)
    cancelled = api.ask("cancel_permit", {"reason": "خارج المخطط"}, **at)
    filing = {"against": "cancellation", "of": permit["permit_id"], "grounds": "المخطط معتمد"}
    appeal = api.ask("file_appeal", filing)

    accepted = api.ask("accept_appeal", {"reason": "ثبت"}, appeal_id=appeal["appeal_id"])

    restored = api.ask("get_permit", **at)
    assert (appeal["status"], accepted["status"]) == ("received", "accepted")
    assert cancelled["suspension"]["body"] == "الدفاع المدني"
    assert (restored["effective_status"], restored["cancellation"]) == ("suspended", None)
    assert api.ask("reinstate_permit", {"reason": "عولجت"}, **at)["effective_status"] == "valid"


def test_a_finished_building_is_suspended_for_safety_and_finished_again(
    api: Any, permit: dict[str, Any], insulation: dict[str, Any]
) -> None:
    at = {"permit_id": permit["permit_id"]}
    api.ask("issue_completion_certificate", api.completion, **at)

    suspended = api.ask("suspend_permit", {"reason": "تصدع", "body": "الدفاع المدني"}, **at)
    again = api.ask("reinstate_permit", {"reason": "دُعم المبنى"}, **at)

    assert (suspended["effective_status"], again["effective_status"]) == ("suspended", "completed")
    assert suspended["completion"] == again["completion"]
    assert insulation["status"] == "issued"


def test_a_renewal_of_another_house_is_refused_as_another_kind_of_request(
    api: Any, permit: dict[str, Any], application: Callable[..., dict[str, Any]]
) -> None:
    renewal = {"kind": "renewal", "previous_permit_id": permit["permit_id"]}
    other = application(**renewal, land__plots=["999"], building__floors=3)

    assert api.faults("submit_permit_request", other) == {
        "land.plots": "other-land",
        "building.floors": "other-building",
    }
    row = api.ask("submit_permit_request", application(**renewal))
    assert row["construction_state"] == "under_construction"


def test_a_request_without_the_insulation_pledge_is_returned_and_not_approved(
    api: Any, application: Callable[..., dict[str, Any]]
) -> None:
    row = api.ask("submit_permit_request", application(insulation_pledge=False))
    at = {"request_id": row["request_id"]}
    for step in (
        "send_permit_request_to_office",
        "send_permit_request_to_technical_review",
        "pass_technical_review",
    ):
        api.ask(step, **at)

    refused = api.send("approve_permit_request", **at)
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/insulation-pledge-missing")
    api.ask("return_permit_request", {"notes": "ينقص تعهد العزل"}, **at)
    api.ask("resubmit_permit_request", {"insulation_pledge": True}, **at)
    api.ask("send_permit_request_to_technical_review", **at)
    api.ask("pass_technical_review", **at)
    assert api.ask("approve_permit_request", **at)["status"] == "approved"


def test_insulation_can_be_rejected_and_voided(api: Any, permit: dict[str, Any]) -> None:
    at = {"permit_id": permit["permit_id"]}
    first = api.ask("open_insulation_certificate", {"note": "بدأ العزل"}, **at)
    rejected = api.ask(
        "reject_insulation_certificate",
        {"reason": "لم ينفذ"},
        certificate_id=first["certificate_id"],
    )
    second = api.ask("open_insulation_certificate", **at)
    voided = api.ask(
        "void_insulation_certificate",
        {"reason": "فتحت بالخطأ"},
        certificate_id=second["certificate_id"],
    )

    assert (rejected["status"], voided["status"]) == ("rejected", "voided")


def test_lists_come_in_pages_bound_to_their_filters(
    api: Any, application: Callable[..., dict[str, Any]], paid: Callable[..., str]
) -> None:
    for _ in range(2):
        api.ask("submit_permit_request", application(municipality="anak"))
        api.ask("issue_permit", request_id=paid(land__plan_number="٦٦٦ / ٦"))

    requests = {"municipality": "anak", "status": "draft", "limit": 1}
    first = api.ask("list_permit_requests", query=requests)
    again = {**requests, "cursor": first["next_cursor"]}
    second = api.ask("list_permit_requests", query=again)
    assert first["items"][0]["request_id"] != second["items"][0]["request_id"]

    permits = {"plan_number": "666/6", "limit": 1}
    first = api.ask("find_permits", query=permits)
    second = api.ask("find_permits", query={**permits, "cursor": first["next_cursor"]})
    assert first["items"][0]["permit_id"] != second["items"][0]["permit_id"]
    assert second["next_cursor"] is None
    other = {"plan_number": "777/7", "limit": 1, "cursor": first["next_cursor"]}
    assert api.faults("find_permits", query=other) == {"cursor": "cursor"}


def test_numbers_may_be_typed_in_arabic_digits_and_as_papers_have_them(
    api: Any, application: Callable[..., dict[str, Any]]
) -> None:
    body = application(land__deed={"type": "legacy", "number": "٣٣١", "date_hijri": "١٢/٠٨/١٣٧٤"})
    number = body["request_number"]
    body |= {"request_number": arabic_digits(number)}
    body["owners"][0]["id_number"] = "١٠٠٠ ٠٠٠ ٠٠٨"

    row = api.ask("submit_permit_request", body)

    assert row["request_number"] == number
    assert row["owners"][0]["id_number"] == "10******08"
    assert row["land"]["deed"]["number"] == "331"
    assert row["land"]["deed"]["date_hijri"] == "1374/08/12"
    at = {"request_id": row["request_id"]}
    for step in ("send_permit_request_to_office", "send_permit_request_to_technical_review"):
        api.ask(step, **at)
    for step in ("pass_technical_review", "approve_permit_request"):
        api.ask(step, **at)
    payer = {"name": "وصي", "id_type": "national_id", "id_number": "١٠٠٠ ٠٠٠ ٠٠٨"}
    bill = {"amount": "٧٤٤٫٦", "due_on": "2099-12-24", "payer": payer}
    invoice = api.ask("request_payment", bill, **at)["invoice"]
    assert (invoice["due_on"], invoice["amount"]) == ("2099-12-24", "744.60")


def test_a_person_is_looked_for_over_http(api: Any, permit: dict[str, Any]) -> None:
    found = api.ask("search_by_person", {"id_number": "١٠٠٠٠٠٠٠٠٨", "reason": "مراجع"})
    nobody = api.ask("search_by_person", {"name": "صادق مثال", "reason": "مراجع"})

    assert permit["permit_id"] in [row["permit_id"] for row in found["permits"]]
    assert permit["request_id"] in [row["request_id"] for row in found["requests"]]
    assert nobody == {"permits": [], "requests": [], "more": False}
    assert api.faults("search_by_person", {"name": "جعفر", "reason": "مراجع"}) == {
        "name": "name-parts"
    }
