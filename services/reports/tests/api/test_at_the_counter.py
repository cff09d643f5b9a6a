"""What stopped people at the counter of 940, at the desk and at the closing page, played over HTTP."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from chassis.events.contacts import contacts_of
from reports.models import Report
from saudi.days import hijri_text, legal_day

TOWN = {"town": "سيهات", "district": "النسيم", "landmark": "مقابل مسجد الإمام"}
CALLER = {"name": "علي بن حسن آل تجربة (بيانات تجريبية)", "mobile": "0500000001"}

BODY = {
    "channel": "call",
    "category": "light-out",
    "description": "عمود مطفأ (بيانات تجريبية)",
    "location": TOWN,
    "reporter": CALLER,
}


@pytest.fixture
def call(api: Any, new_report: Any) -> Callable[..., Any]:
    """Files a report by telephone: a caller has no coordinates."""

    def call(**changes: Any) -> Any:
        usual = {"channel": "call", "category": "light-out", "location": TOWN, "reporter": CALLER}
        body = new_report(**{**usual, **changes})
        return api.ask("file_report", body, who="operator")

    return call


@pytest.fixture
def photo(client: Any, token: Any) -> Callable[..., str]:
    """Sends a photo to a report, as somebody in a role: → the attachment's id."""

    def send(path: str, headers: dict[str, str]) -> str:
        out = BytesIO()
        Image.new("RGB", (60, 40), "green").save(out, "JPEG")
        file = {"file": ("a.jpg", out.getvalue(), "application/octet-stream")}
        answer = client.post(path, files=file, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["attachment_id"])

    return send


def errors(response: Any) -> list[tuple[str, str]]:
    assert response.status_code == 400, response.text
    return [(one["field"], one["code"]) for one in response.json()["errors"]]


# Duplicates by telephone


def test_an_operator_hears_at_once_that_the_same_mobile_reported_the_same_thing(
    call: Any, api: Any
) -> None:
    first = call()
    other_type, other_mobile = (
        call(category="light-by-day"),
        call(reporter={**CALLER, "mobile": "0500000002"}),
    )

    second = call()

    assert first["earlier_numbers"] == other_type["earlier_numbers"] == []
    assert other_mobile["earlier_numbers"] == []
    assert second["earlier_numbers"] == [first["report_number"]]
    portal = api.ask("file_report", {**BODY, "channel": "app"}, who="observer")
    assert "earlier_numbers" not in portal


def test_reports_by_telephone_are_suggested_by_mobile_landmark_and_district(
    call: Any, api: Any
) -> None:
    other = {"name": CALLER["name"], "mobile": "0500000002"}
    here = call()
    mobile = call(location={"town": "صفوى"})
    landmark = call(reporter=other)
    district = call(reporter=other, location={"town": "سيهات", "district": "حي النسيم"})
    point = call(reporter=other, location={**TOWN, "latitude": 26.4834, "longitude": 50.0468})
    call(reporter=other, location={"town": "سيهات", "district": "الكوثر"})

    found = api.ask("list_possible_duplicates", report_id=here["report_id"])

    assert found["items"] == []
    because = {one["report_number"]: one["because"] for one in found["alike"]}
    assert because == {
        mobile["report_number"]: ["same_mobile"],
        landmark["report_number"]: ["same_landmark", "same_district"],
        district["report_number"]: ["same_district"],
        point["report_number"]: ["same_landmark", "same_district"],
    }
    assert found["alike"][0]["report_number"] == mobile["report_number"]
    of_point = api.ask("list_possible_duplicates", report_id=point["report_id"])
    assert here["report_number"] in {one["report_number"] for one in of_point["alike"]}


def test_two_points_that_are_far_apart_are_not_alike_by_name(call: Any, api: Any) -> None:
    other = {"name": CALLER["name"], "mobile": "0500000002"}
    here = call(location={**TOWN, "latitude": 26.4834, "longitude": 50.0468})
    call(reporter=other, location={**TOWN, "latitude": 26.4884, "longitude": 50.0468})

    assert api.ask("list_possible_duplicates", report_id=here["report_id"])["alike"] == []


def test_the_list_of_reports_is_filtered_by_district(call: Any, api: Any) -> None:
    wanted = call()
    call(location={"town": "سيهات", "district": "الكوثر"})

    found = api.ask("list_reports", query={"town": "سيهات", "district": "حي النسيم"})
    refused = api.send("list_reports", query={"district": "النسيم"})

    assert [one["report_number"] for one in found["items"]] == [wanted["report_number"]]
    assert errors(refused) == [("district", "district-without-town")]


def test_an_unlisted_district_is_marked(call: Any) -> None:
    places = (TOWN, {"town": "سيهات", "district": "حي لا يوجد"}, {"town": "سيهات"})

    assert [call(location=one)["district_listed"] for one in places] == [True, False, None]


# Words that wait for an officer


def test_an_accusation_on_the_telephone_is_public_once_an_officer_has_read_it(
    call: Any, api: Any, client: Any
) -> None:
    accusation = "جاري فلان ابن فلان هويته 1000000008 يرمي النفايات أمام بيته"
    filed = call(
        category="litter", description=accusation, location={**TOWN, "landmark": "بيت فلان"}
    )

    def read_by_the_public() -> tuple[dict[str, Any], str]:
        one = client.get(f"/open311/v2/requests/{filed['report_number']}.json")
        listed = client.get("/open311/v2/requests.json")
        return one.json()[0], one.text + listed.text

    waiting, words = read_by_the_public()
    api.ask("show_text", report_id=filed["report_id"])
    released, _ = read_by_the_public()

    assert waiting["service_request_id"] == filed["report_number"]
    assert "فلان" not in words
    assert released["description"].startswith("جاري فلان")
    assert "1000000008" not in released["description"]


def test_the_officer_finds_the_reports_whose_words_wait(call: Any, api: Any) -> None:
    waiting, released, private = call(), call(), call(category="shop-unlicensed")
    assert (waiting["words_waiting"], private["words_waiting"]) == (True, False)

    shown = api.ask("show_text", report_id=released["report_id"])
    found = api.ask("list_reports", query={"words_waiting": True})

    assert (shown["words_waiting"], shown["text_withheld"]) == (False, False)
    assert [one["report_number"] for one in found["items"]] == [waiting["report_number"]]
    hidden = api.ask("withhold_text", report_id=released["report_id"])
    assert (hidden["words_waiting"], hidden["text_withheld"]) == (False, True)
    history = api.ask("get_report_history", report_id=released["report_id"])["items"]
    assert [one["action"] for one in history] == ["file", "show_text", "withhold_text"]


def test_the_officer_releases_what_the_page_showed(call: Any, api: Any) -> None:
    report = call()

    refused = api.send("show_text", {"last_remark_read": -1}, report_id=report["report_id"])
    shown = api.ask("show_text", {"last_remark_read": 0}, report_id=report["report_id"])

    assert refused.status_code == 400
    assert not shown["words_waiting"]  # no system has added an update


def test_words_wait_again_when_a_report_gets_a_public_type(call: Any, api: Any) -> None:
    private = call(category="shop-unlicensed")
    api.ask("show_text", report_id=private["report_id"])  # while nobody could read them

    corrected = api.ask("correct_report", {"category": "litter"}, report_id=private["report_id"])

    assert corrected["words_waiting"]


# Callers without a Saudi mobile


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0138552222", "+966138552222"),
        ("+973 3600 0001", "+97336000001"),
        ("٠٠٩٧٣٣٦٠٠٠٠٠١", "+97336000001"),
    ],
)
def test_a_caller_without_a_saudi_mobile_is_called_back_and_inquires_by_a_code(
    call: Any, api: Any, written: str, kept: str
) -> None:
    filed = call(reporter={"name": CALLER["name"], "callback": written})
    code, number = filed["inquiry_code"], filed["report_number"]
    assert filed["reporter"]["callback"] == f"{kept[:4]}{'*' * (len(kept) - 7)}{kept[-3:]}"
    revealed = api.ask("reveal_reporter", {"reason": "معاودة"}, report_id=filed["report_id"])
    assert (revealed["callback"], revealed["mobile"]) == (kept, None)

    found = api.ask("inquire", {"report_number": number, "code": f"{code[:4]} {code[4:]}"})

    assert found["report_number"] == number
    again = api.ask("get_report", report_id=filed["report_id"], who="operator")
    assert again.get("inquiry_code") is None


def test_a_code_rates_and_reopens_as_a_link_does(call: Any, api: Any) -> None:
    filed = call(reporter={})
    report_id = filed["report_id"]
    key = {"report_number": filed["report_number"], "code": filed["inquiry_code"]}
    assert filed["reporter"] is None
    api.ask("resolve_report", {"text": "استُبدل المصباح"}, report_id=report_id)
    api.ask("close_report", report_id=report_id)

    rated = api.ask("rate_by_number", {**key, "stars": 2})
    reopened = api.ask("reopen_by_number", {**key, "text": "انطفأ من جديد"})

    assert (rated["satisfaction"], reopened["status"]) == (2, "assigned")
    remarks = api.ask("list_remarks", report_id=report_id)["items"]
    assert [(one["kind"], one["text"]) for one in remarks] == [("reopening", "انطفأ من جديد")]
    assert api.refused("reopen_by_number", {**key, "text": "مرة أخرى"})[0] == 409


def test_a_wrong_code_and_a_mobile_that_nobody_has_are_refused_alike(call: Any, api: Any) -> None:
    filed, with_mobile = call(reporter={}), call()
    code = filed["inquiry_code"]
    wrong = str(int(code) % 90_000_000 + 10_000_000 + 1)[:8]
    assert with_mobile["inquiry_code"] is None

    refused = {
        api.refused("inquire", {"report_number": number, **known})
        for number, known in (
            (filed["report_number"], {"code": wrong}),
            (filed["report_number"], {"mobile": "0500000001"}),
            (with_mobile["report_number"], {"code": code}),
            ("1448999999", {"code": code}),
        )
    }

    assert refused == {(404, "report-not-matched")}


def test_an_inquiry_names_every_wrong_field_at_once(api: Any) -> None:
    wrong = api.send("inquire", {"report_number": "7", "code": "12"})
    neither = api.send("inquire", {"report_number": "7"})

    assert errors(wrong) == [("report_number", "report-number"), ("code", "inquiry-code")]
    assert errors(neither) == [("report_number", "report-number"), ("mobile", "required")]


def test_a_telephone_that_no_country_has_is_refused(api: Any, call: Any) -> None:
    body = {**BODY, "reporter": {"callback": "12345"}}

    assert errors(api.send("file_report", body, who="operator")) == [
        ("reporter.callback", "telephone")
    ]


# Photos and contractors


@pytest.fixture
def pothole(api: Any, new_report: Any) -> dict[str, Any]:
    report: dict[str, Any] = api.ask("file_report", new_report(category="pothole"), who="portal")
    return report


def start(api: Any, report: dict[str, Any], contractor: str | None = None) -> dict[str, Any]:
    work = {"contractor": contractor, "work_order": "ردم الحفرة"} if contractor else {}
    done: dict[str, Any] = api.ask("start_report", work, report_id=report["report_id"])
    return done


def test_a_photo_that_is_sent_again_is_named_as_such(
    api: Any, pothole: Any, photo: Any, token: Any
) -> None:
    path = f"/v1/reports/{pothole['report_id']}"
    officer = token("reports.refer", "reports.treat", sub="p_officer")
    first = photo(f"{path}/attachments", officer)
    at = {"report_id": pothole["report_id"]}
    api.ask("resolve_report", {"text": "رُدمت", "after_photos": [first]}, **at)
    api.ask("return_report", {"reason": "لم تُردم كاملة"}, **at)

    second = photo(f"{path}/attachments", officer)
    again = api.send("resolve_report", {"text": "رُدمت", "after_photos": [second, first]}, **at)
    stranger = api.send(
        "resolve_report", {"text": "رُدمت", "after_photos": [pothole["report_id"]]}, **at
    )

    assert errors(again) == [("after_photos.1", "photo-used")]
    assert errors(stranger) == [("after_photos.0", "photo-not-sent")]
    assert api.refused("resolve_report", {"text": "رُدمت"}, **at) == (409, "after-photo-missing")
    assert api.ask("resolve_report", {"text": "رُدمت", "after_photos": [second]}, **at)


@pytest.mark.parametrize("then", ["binaa", None])
def test_a_replaced_contractors_photo_shows_nobody_elses_work(
    api: Any, pothole: Any, photo: Any, token: Any, then: str | None
) -> None:
    at = {"report_id": pothole["report_id"]}
    start(api, pothole, "al-amal")
    contractor = token("reports.contract", sub="p_contractor", contractor="al-amal")
    sent = photo(f"/v1/work-orders/{pothole['report_id']}/attachments", contractor)
    done = {"text": "رُدمت", "after_photos": [sent]}
    api.ask("complete_work_order", done, who="contractor", **at)
    start(api, pothole, "al-amal")
    assert api.ask("get_work_order", who="contractor", **at)["photos"]

    taken = start(api, pothole, then)

    assert taken["work_order"] == ({"contractor": then, "text": "ردم الحفرة"} if then else None)
    assert api.refused("resolve_report", {"text": "رُدمت"}, **at) == (409, "after-photo-missing")
    assert api.refused("get_work_order", who="contractor", **at)[0] == 404
    assert api.ask("list_work_orders", who="contractor")["items"] == []


def test_the_photo_of_the_contractor_who_keeps_the_work_is_enough(
    api: Any, pothole: Any, photo: Any, token: Any
) -> None:
    start(api, pothole, "al-amal")
    contractor = token("reports.contract", sub="p_contractor", contractor="al-amal")
    sent = photo(f"/v1/work-orders/{pothole['report_id']}/attachments", contractor)
    done = {"text": "رُدمت", "after_photos": [sent]}
    api.ask("complete_work_order", done, who="contractor", report_id=pothole["report_id"])

    treated = api.ask("resolve_report", {"text": "رُدمت"}, report_id=pothole["report_id"])

    assert treated["status"] == "resolved"


def test_another_department_needs_a_photo_of_its_own(
    api: Any, pothole: Any, photo: Any, token: Any
) -> None:
    at = {"report_id": pothole["report_id"]}
    start(api, pothole, "al-amal")
    contractor = token("reports.contract", sub="p_contractor", contractor="al-amal")
    sent = photo(f"/v1/work-orders/{pothole['report_id']}/attachments", contractor)
    api.ask("complete_work_order", {"text": "رُدمت", "after_photos": [sent]}, who="contractor", **at)

    api.ask("refer_report", {"department": "drainage"}, **at)

    assert api.refused("resolve_report", {"text": "رُدمت"}, **at) == (409, "after-photo-missing")


# Duplicates of what is treated already


def test_a_complaint_after_the_treatment_is_not_closed_by_that_treatment(
    api: Any, light: Any, new_report: Any, client: Any
) -> None:
    api.ask("resolve_report", {"text": "استُبدل المصباح"}, report_id=light["report_id"])
    later = api.ask("file_report", new_report(category="light-out"), who="portal")
    main = {"main_report_id": light["report_id"]}

    refused = api.send("mark_duplicate", main, report_id=later["report_id"])
    api.ask("return_report", {"reason": "انطفأ من جديد"}, report_id=light["report_id"])
    marked = api.ask("mark_duplicate", main, report_id=later["report_id"])

    assert (refused.status_code, refused.json()["code"]) == (409, "main-is-resolved")
    assert marked["main_number"] == light["report_number"]


def test_a_complaint_from_before_the_treatment_is_closed_by_it(
    api: Any, light: Any, new_report: Any
) -> None:
    earlier = api.ask("file_report", new_report(category="light-out"), who="portal")
    api.ask("resolve_report", {"text": "استُبدل المصباح"}, report_id=light["report_id"])

    main = {"main_report_id": light["report_id"]}
    marked = api.ask("mark_duplicate", main, report_id=earlier["report_id"])

    assert marked["status"] == "duplicate"


def test_the_reason_of_a_refused_referral_ends_with_the_next_referral(api: Any, light: Any) -> None:
    at = {"report_id": light["report_id"]}
    returned = api.ask("return_report", {"reason": "ليس من اختصاصنا"}, **at)

    referred = api.ask("refer_report", {"department": "roads"}, **at)

    reasons = [one["treatment"]["reason"] for one in (returned, referred)]
    assert reasons == ["ليس من اختصاصنا", None]


def test_the_reason_of_a_poor_treatment_stays_until_the_next_treatment(
    api: Any, light: Any
) -> None:
    at = {"report_id": light["report_id"]}
    api.ask("resolve_report", {"text": "استُبدل"}, **at)
    api.ask("return_report", {"reason": "ما زال مطفأ"}, **at)
    referred = api.ask("refer_report", {"department": "roads"}, **at)
    treated = api.ask("resolve_report", {"text": "استُبدل ثانية"}, **at)

    reasons = [one["treatment"]["reason"] for one in (referred, treated)]
    assert reasons == ["ما زال مطفأ", None]


# The closing page


@pytest.fixture
def closed(api: Any, pothole: Any, photo: Any, token: Any, session: Any, outbox_rows: Any) -> Any:
    """A treated and closed pothole: its id, the token of its text, and its after-photo."""
    at = {"report_id": pothole["report_id"]}
    officer = token("reports.refer", "reports.treat", sub="p_officer")
    sent = photo(f"/v1/reports/{pothole['report_id']}/attachments", officer)
    api.ask("resolve_report", {"text": "رُدمت <الحفرة> وسُفلتت", "after_photos": [sent]}, **at)
    api.ask("close_report", **at)
    data = outbox_rows()[-1].envelope["data"]
    (contact,) = contacts_of(session).open(data["report_id"], data["contacts"])
    return pothole["report_id"], contact.token, sent


def test_the_closing_page_says_what_was_done_and_shows_it(client: Any, closed: Any) -> None:
    _, token, sent = closed

    page = client.get(f"/r/{token}")
    picture = client.get(f"/r/{token}/photos/{sent}")

    assert "رُدمت &lt;الحفرة&gt; وسُفلتت" in page.text
    assert "النسيم" in page.text
    assert f'src="{token}/photos/{sent}"' in page.text
    assert "img-src 'self'" in page.headers["content-security-policy"]
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")


def test_the_department_reads_what_the_reporter_says_is_still_wrong(
    client: Any, api: Any, closed: Any
) -> None:
    report_id, token, sent = closed
    assert 'name="text" rows="3" maxlength="1000"' in client.get(f"/r/{token}").text

    said = client.post(f"/r/{token}", data={"text": "  هبطت من جديد  "})

    assert "أُعيد فتح البلاغ" in said.text
    report = api.ask("get_report", report_id=report_id)
    assert (report["status"], report["treatment"]["reason"]) == ("assigned", "هبطت من جديد")
    remarks = api.ask("list_remarks", report_id=report_id)["items"]
    assert [(one["kind"], one["text"]) for one in remarks] == [("reopening", "هبطت من جديد")]
    assert client.get(f"/r/{token}/photos/{sent}").status_code == 404


def test_an_empty_field_reopens_as_well(client: Any, api: Any, closed: Any) -> None:
    report_id, token, _ = closed

    client.post(f"/r/{token}", data={"text": ""})

    report = api.ask("get_report", report_id=report_id)
    assert (report["status"], report["treatment"]["reason"]) == ("assigned", None)


def test_a_link_shows_no_other_photo(client: Any, closed: Any, pothole: Any) -> None:
    _, token, sent = closed

    assert client.get(f"/r/{token}/photos/{pothole['report_id']}").status_code == 404
    assert client.get(f"/r/{'x' * 22}/photos/{sent}").status_code == 404


def test_a_duplicates_page_shows_the_treatment_of_its_main_report(
    api: Any, client: Any, new_report: Any, pothole: Any, photo: Any, token: Any, session: Any,
    outbox_rows: Any,
) -> None:  # fmt: skip
    other = {"name": CALLER["name"], "mobile": "0500000002"}
    duplicate = api.ask("file_report", new_report(reporter=other), who="portal")
    main = {"main_report_id": pothole["report_id"]}
    api.ask("mark_duplicate", main, report_id=duplicate["report_id"])
    officer = token("reports.refer", "reports.treat", sub="p_officer")
    sent = photo(f"/v1/reports/{pothole['report_id']}/attachments", officer)
    at = {"report_id": pothole["report_id"]}
    api.ask("resolve_report", {"text": "رُدمت", "after_photos": [sent]}, **at)
    api.ask("close_report", **at)

    data = outbox_rows()[-2].envelope["data"]
    (contact,) = contacts_of(session).open(data["report_id"], data["contacts"])

    assert (data["report_id"], contact.mobile) == (duplicate["report_id"], "+966500000002")
    assert sent in client.get(f"/r/{contact.token}").text
    assert client.get(f"/r/{contact.token}/photos/{sent}").status_code == 200


def test_the_rating_page_asks_once_in_each_language(client: Any, closed: Any) -> None:
    arabic, english = (
        client.get(f"/r/{closed[1]}/rating", params=language).text
        for language in ({}, {"lang": "en"})
    )

    assert arabic.count("اختاروا من نجمة إلى خمس نجوم") == 1
    assert english.count("Choose from one star to five") == 1


# Days and types


def test_days_are_told_in_riyadh_and_in_both_calendars(api: Any, light: Any, session: Any) -> None:
    row = session.get(Report, light["report_id"])
    due = legal_day(row.due_at)

    key = {"report_number": light["report_number"], "mobile": "0500000001"}
    for shown in (light, api.ask("inquire", key)):
        assert (shown["due_on"], shown["due_on_hijri"]) == (due.isoformat(), hijri_text(due))
        assert shown["filed_on_hijri"] == hijri_text(legal_day(row.filed_at))


def test_what_has_no_type_goes_to_the_reports_office_and_is_not_public(call: Any) -> None:
    filed = call(category="other-problem")

    assert (filed["department"], filed["public"]) == ("reports-office", False)
