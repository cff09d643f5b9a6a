"""The pages of inspectors: visits, the check of a licence, and violations that they record."""

import pytest
from licence_desk_shown import (
    APPLICATION,
    FILE_ID,
    ITEMS,
    LICENCE,
    NUMBER,
    UPLOADS,
    VIOLATION_ID,
    VIOLATIONS,
    VISIT,
    VISIT_ID,
    VISITS,
    desk_replies,
)
from licences_shown import MISSING, example, problem

from portal.domain.tasks import LICENCE_OFFICE, SHOP_INSPECTION
from portal.outside.services import Reply

DESK = "/desk/inspections"
SHOWN, SHOPS = f"{DESK}/visits/{VISIT_ID}", f"{DESK}/shops"
RECORDS, NEW = f"{DESK}/violations", f"{DESK}/violations/new"
HELD, SEEN = f"/desk/licences/held/{NUMBER}", f"/desk/licences/violations/{VIOLATION_ID}"
CHECKS = "/v1/public/document-verifications"
CODE = "https://services.example/documents/b5YZ_4uGQBG0LQDPT8lk_w#AdSB"
KEY = "0195ff10-4d00-7b22-9d3f-000000000901"
OF_SHOP = {
    "key": KEY, "item": "3001", "size": "micro", "licence_no": NUMBER, "municipality": "saihat",
    "town": "سيهات", "district": "الكوثر", "pictures": FILE_ID, "note": "عامل بلا شهادة",
}  # fmt: skip
OF_PERSON = {
    "key": KEY, "item": "5001", "name": "بائع بيانات تجريبية", "id_type": "national_id",
    "id_number": "1000000008", "mobile": "0500000001", "place": "سيهات|الكوثر",
    "latitude": "٢٦٫٤٨", "longitude": "50.04",
}  # fmt: skip


@pytest.fixture(autouse=True)
def answering(licences):
    licences.replies |= desk_replies()


@pytest.fixture
def inspector(browser):
    assert browser.sign_in(SHOP_INSPECTION).status_code == 303
    return browser


def asked_of(service, path):
    return [content for asked, content in service.asked if asked == path]


def test_the_list_begins_with_what_is_due_today(inspector, licences):
    shown = inspector.get(DESK).text

    (asked,) = asked_of(licences, VISITS)
    assert set(asked) == {"due_until", "limit"}
    assert "مغسلة الواحة" in shown
    assert "الكوثر" in shown
    assert 'href="geo:26.4834,50.0468?q=26.4834,50.0468"' in shown


def test_another_tab_asks_for_its_result(inspector, licences):
    inspector.get(f"{DESK}?view=failed")

    assert asked_of(licences, VISITS) == [{"result": "failed", "limit": 20}]


def test_while_the_service_is_away_the_list_does_not_say_that_nothing_is_due(inspector, licences):
    licences.replies[VISITS] = None

    answer = inspector.get(DESK)

    assert answer.status_code == 503
    assert "لا معاينات" not in answer.text


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_visit_says_where_to_go_and_whom_to_call(inspector, language):
    shown = inspector.get(f"{SHOWN}?lang={language}").text

    assert 'href="tel:+966500000001"' in shown
    assert f"{SHOWN}/actions/record" in shown
    assert f"{NEW}?visit={VISIT_ID}" in shown
    assert ">visit_" not in shown


def test_a_visit_whose_personal_data_were_emptied_has_no_place(inspector, licences):
    emptied = {"place": None, "contact": None, "trade_name": None}
    licences.replies |= {
        VISIT: Reply(200, example("Inspection", **emptied)),
        VISITS: Reply(200, {"items": [example("Inspection", **emptied)], "next_cursor": None}),
    }

    assert inspector.get(SHOWN).status_code == 200
    assert "geo:" not in inspector.get(DESK).text


def test_the_form_of_a_result_begins_with_today_and_sends_what_was_found(inspector, licences):
    form = inspector.get(f"{SHOWN}/actions/record").text
    answer = inspector.post(
        f"{SHOWN}/actions/record",
        {"passed": "no", "inspected_on": "1448/06/15", "note": "خلاف المرخص"},
    )

    assert 'name="inspected_on" type="text" value="2' in form
    sent = {"passed": False, "inspected_on": "1448/06/15", "note": "خلاف المرخص"}
    assert asked_of(licences, f"{VISIT}/result") == [sent]
    assert answer.headers["location"] == f"{SHOWN}?done=record"


def test_a_typed_number_leads_to_the_licence(inspector):
    typed = {"number": "١٤٤٨٠٤٠٠٠٠١٧"}

    assert inspector.post(SHOPS, typed).headers["location"] == HELD


def test_an_unknown_number_is_a_fault_of_the_field(inspector, licences):
    licences.replies[LICENCE] = MISSING

    answer = inspector.post(SHOPS, {"number": NUMBER})

    assert answer.status_code == 404
    assert 'href="#number"' in answer.text


@pytest.mark.parametrize("typed", ["1000000008", "0500000001", "", "x"])
def test_what_is_no_number_stands_in_no_address(inspector, licences, typed):
    answer = inspector.post(SHOPS, {"number": typed})

    assert answer.status_code == 400
    assert licences.asked == []


def finding(**changes):
    return Reply(200, {**example("CodeFinding"), **changes})


def numbered(number):
    return {**example("CodeFinding")["document"], "number": number}


def test_a_good_code_leads_to_the_licence_and_says_so(inspector, public_licences):
    public_licences.replies[CHECKS] = finding(
        valid=True, reason=None, reason_title=None, document=numbered(NUMBER)
    )

    answer = inspector.post(SHOPS, {"number": CODE})

    assert public_licences.bodies(CHECKS) == [{"code": CODE}]
    assert answer.headers["location"].startswith(f"{HELD}?checked=")
    assert 'id="checked-title"' in inspector.get(answer.headers["location"]).text


@pytest.mark.parametrize("ending", ["done=code-valid", "checked=yes", "checked="])
def test_an_address_alone_says_of_no_licence_that_its_code_is_good(inspector, ending):
    assert 'id="checked-title"' not in inspector.get(f"{HELD}?{ending}").text


def test_what_was_found_about_one_licence_is_said_of_no_other(inspector, licences, public_licences):
    other = "144804000018"
    public_licences.replies[CHECKS] = finding(
        valid=True, reason=None, reason_title=None, document=numbered(NUMBER)
    )
    found = inspector.post(SHOPS, {"number": CODE}).headers["location"]
    licences.replies |= {
        path.replace(NUMBER, other): reply for path, reply in licences.replies.items()
    }

    answer = inspector.get(found.replace(NUMBER, other))

    assert answer.status_code == 200
    assert 'id="checked-title"' not in answer.text


def test_a_code_that_is_not_good_says_why_and_the_licence_is_one_link_away(
    inspector, public_licences
):
    public_licences.replies[CHECKS] = finding(document=numbered(NUMBER))

    answer = inspector.post(SHOPS, {"number": CODE})

    assert answer.status_code == 400
    assert "وثيقة ملغاة" in answer.text
    assert f'href="{HELD}"' in answer.text


def test_a_code_of_another_document_is_no_licence(inspector, public_licences):
    public_licences.replies[CHECKS] = finding(
        valid=True, reason=None, reason_title=None, document=numbered("1448048000017")
    )

    assert inspector.post(SHOPS, {"number": CODE}).status_code == 400


@pytest.mark.parametrize("typed", [{"number": NUMBER}, {"number": CODE}])
def test_while_the_service_is_away_no_licence_seems_invalid(
    inspector, licences, public_licences, typed
):
    licences.replies[LICENCE] = public_licences.replies[CHECKS] = None

    assert inspector.post(SHOPS, typed).status_code == 503


def test_the_form_for_a_shop_names_no_offender_and_the_other_form_does(inspector, licences):
    of_shop = inspector.get(f"{NEW}?licence_no={NUMBER}").text
    of_person = inspector.get(NEW).text

    assert f'name="licence_no" value="{NUMBER}"' in of_shop
    assert 'name="id_number"' not in of_shop
    assert 'name="id_number"' in of_person
    assert "3001" in of_shop
    assert "300.00" in of_shop
    assert "تختلف بحجم المنشأة وفئة البلدية والتكرار" in of_shop
    assert inspector.get(f"{NEW}?licence_no=1000000008").status_code == 404


def test_a_violation_from_a_visit_to_a_licence_begins_with_licence_and_point(inspector):
    form = inspector.get(f"{NEW}?visit={VISIT_ID}").text

    assert f'name="licence_no" value="{NUMBER}"' in form
    assert 'name="latitude" type="text" value="26.4834"' in form
    assert 'name="longitude" type="text" value="50.0468"' in form
    assert f'href="{NEW}?visit={VISIT_ID}&amp;offender=other"' in form


def test_a_refused_violation_still_leads_to_another_offender_at_the_place_of_the_visit(
    inspector, licences
):
    licences.replies[VIOLATIONS] = problem("invalid-request", 400)

    form = inspector.get(f"{NEW}?visit={VISIT_ID}").text
    refused = inspector.post(RECORDS, {**OF_SHOP, "visit": VISIT_ID}).text

    assert f'name="visit" value="{VISIT_ID}"' in form
    assert f'href="{NEW}?visit={VISIT_ID}&amp;offender=other"' in refused


def test_a_violation_of_another_offender_keeps_the_place_of_the_visit(inspector):
    form = inspector.get(f"{NEW}?visit={VISIT_ID}&offender=other").text

    assert 'name="licence_no" value=""' in form
    assert 'value="سيهات|الكوثر" selected' in form
    assert 'name="id_number" type="text" value=""' in form
    assert 'value="0500000001"' not in form


def test_a_violation_from_a_visit_before_the_licence_begins_with_the_establishment(
    inspector, licences
):
    licences.replies[VISIT] = Reply(200, example("Inspection", licence_no=None))

    form = inspector.get(f"{NEW}?visit={VISIT_ID}").text

    assert 'name="name" type="text" value="مغسلة الواحة (بيانات تجريبية)"' in form
    assert 'value="unified_number" selected' in form
    assert 'name="id_number" type="text" value="7000000005"' in form
    assert 'name="mobile" type="text" value="0500000001"' in form
    assert 'value="سيهات|الكوثر" selected' in form
    assert 'name="latitude" type="text" value="26.4834"' in form


def test_a_violation_from_a_visit_to_a_person_s_place_begins_with_the_person(inspector, licences):
    licences.replies |= {
        VISIT: Reply(200, example("Inspection", licence_no=None, trade_name=None)),
        APPLICATION: Reply(200, example("Application", establishment=None)),
    }

    form = inspector.get(f"{NEW}?visit={VISIT_ID}").text

    assert 'name="name" type="text" value="بيانات تجريبية"' in form
    assert 'name="id_number" type="text" value=""' in form


def test_a_violation_from_an_emptied_visit_begins_empty(inspector, licences):
    emptied = {"place": None, "contact": None, "trade_name": None, "licence_no": None}
    licences.replies |= {VISIT: Reply(200, example("Inspection", **emptied)), APPLICATION: MISSING}

    assert 'name="name" type="text" value=""' in inspector.get(f"{NEW}?visit={VISIT_ID}").text


def test_an_address_that_names_no_visit_has_no_form(inspector):
    assert inspector.get(f"{NEW}?visit=x").status_code == 404


def test_a_violation_of_a_licence_is_recorded_once(inspector, licences):
    licences.replies[VIOLATIONS] = Reply(201, example("Violation"))

    answer = inspector.post(RECORDS, OF_SHOP)

    assert asked_of(licences, VIOLATIONS) == [
        {
            "item": "3001", "note": "عامل بلا شهادة", "municipality": "saihat", "town": "سيهات", "district": "الكوثر",
            "offender": {"kind": "licence", "licence_no": NUMBER, "size": "micro"}, "pictures": [FILE_ID],
        }
    ]  # fmt: skip
    assert licences.keys == [KEY]
    assert answer.headers["location"] == f"{SEEN}?done=observed"


def test_a_violation_of_a_person_has_its_place_and_its_point(inspector, licences):
    licences.replies[VIOLATIONS] = Reply(201, example("Violation"))

    inspector.post(RECORDS, OF_PERSON)

    assert asked_of(licences, VIOLATIONS) == [
        {
            "item": "5001", "municipality": "saihat", "town": "سيهات", "district": "الكوثر",
            "latitude": 26.48, "longitude": 50.04,
            "offender": {
                "kind": "person", "name": "بائع بيانات تجريبية", "id_type": "national_id", "id_number": "1000000008",
                "mobile": "0500000001",
            },
        }
    ]  # fmt: skip


def test_pictures_are_sent_before_the_form_and_kept_in_it(inspector, licences):
    files = {"files": ("shop.jpg", b"\xff\xd8\xff", "image/jpeg")}
    licences.replies[VIOLATIONS] = problem("invalid-request", 400, ("offender.size", "مطلوب"))

    answer = inspector.send_files(RECORDS, {**OF_SHOP, "pictures": ""}, files)

    assert asked_of(licences, UPLOADS) == [("shop.jpg", b"\xff\xd8\xff", "image/jpeg")]
    assert answer.status_code == 400
    assert 'href="#size"' in answer.text
    assert f'name="pictures" value="{FILE_ID}"' in answer.text
    assert "عامل بلا شهادة" in answer.text


def test_pictures_that_are_not_kept_any_more_are_asked_for_anew(inspector, licences):
    refusal = problem("invalid-request", 400, ("pictures", "أحد الملفات لم يعد محفوظًا"))
    licences.replies[VIOLATIONS] = refusal

    answer = inspector.post(RECORDS, OF_SHOP)

    assert answer.status_code == 400
    assert 'name="pictures" value=""' in answer.text
    assert "أحد الملفات لم يعد محفوظًا" in answer.text
    assert "عامل بلا شهادة" in answer.text


def test_a_picture_that_is_refused_loses_no_word(inspector, licences):
    files = {"files": ("shop.txt", b"x", "text/plain")}
    licences.replies[UPLOADS] = problem("invalid-request", 400, ("file", "ليس صورة"))

    answer = inspector.send_files(RECORDS, OF_SHOP, files)

    assert answer.status_code == 400
    assert 'href="#files"' in answer.text
    assert asked_of(licences, VIOLATIONS) == []


def test_while_the_service_is_away_what_was_typed_stays(inspector, licences):
    licences.replies |= {VIOLATIONS: None, ITEMS: None}

    answer = inspector.post(RECORDS, OF_PERSON)

    assert answer.status_code == 503
    assert 'value="1000000008"' in answer.text


def test_an_officer_who_does_not_inspect_has_no_page_of_inspectors(browser):
    browser.sign_in(LICENCE_OFFICE)

    for address in (DESK, SHOWN, SHOPS, NEW):
        assert browser.get(address).status_code == 403
    for address in (SHOPS, RECORDS, f"{SHOWN}/actions/record"):
        assert browser.post(address, {}).status_code == 403
