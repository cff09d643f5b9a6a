"""The desk for licences: its lists, what a thing shows and offers, and the actions on it."""

import pytest
from licence_desk_shown import (
    APPLICATION,
    APPLICATION_ID,
    APPLICATION_NO,
    APPLICATIONS,
    FILE_ID,
    LICENCE,
    NUMBER,
    VIOLATION,
    VIOLATION_ID,
    VIOLATIONS,
    application,
    desk_replies,
    violation,
)
from licences_shown import MISSING, example, problem

from portal.domain.tasks import LICENCE_OFFICE, LICENCE_REVIEW, SHOP_INSPECTION
from portal.domain.tasks import VIOLATIONS as DECISIONS
from portal.outside.services import Reply

DESK = "/desk/licences"
OF_APPLICATION = f"{DESK}/applications/{APPLICATION_ID}"
HELD, SEEN = f"{DESK}/held/{NUMBER}", f"{DESK}/violations/{VIOLATION_ID}"
KEY = "0195ff10-4d00-7b22-9d3f-000000000901"
THINGS = (OF_APPLICATION, HELD, SEEN)


@pytest.fixture(autouse=True)
def answering(licences):
    licences.replies |= desk_replies()


@pytest.fixture
def officer(browser):
    assert browser.sign_in(LICENCE_OFFICE).status_code == 303
    return browser


@pytest.fixture
def clerk(browser):
    assert browser.sign_in(LICENCE_REVIEW).status_code == 303
    return browser


@pytest.fixture
def inspector(browser):
    assert browser.sign_in(SHOP_INSPECTION).status_code == 303
    return browser


def asked_of(service, path):
    return [content for asked, content in service.asked if asked == path]


@pytest.mark.parametrize("task", [LICENCE_OFFICE, LICENCE_REVIEW, DECISIONS, SHOP_INSPECTION])
def test_each_task_begins_on_a_page_that_its_people_may_see(browser, task):
    browser.sign_in(task)

    assert browser.get(task.first_page).status_code == 200


def test_the_queue_begins_with_what_waits_for_the_officer_the_first_due_first(officer, licences):
    shown = officer.get(DESK).text

    assert asked_of(licences, APPLICATIONS) == [
        {"statuses": ["in_review"], "order": "review_until", "limit": 20, "with_counts": "true"}
    ]
    assert OF_APPLICATION in shown
    assert "مغسلة الواحة" in shown


@pytest.mark.parametrize(
    ("view", "asked"),
    [
        ("overdue", {"overdue": "true", "order": "review_until"}),
        ("applicant", {"statuses": ["returned", "awaiting_payment"]}),
        ("decided", {"statuses": ["issued", "refused", "withdrawn"]}),
    ],
)
def test_a_tab_asks_for_its_applications_and_a_branch_narrows_it(officer, licences, view, asked):
    officer.get(f"{DESK}?view={view}&municipality=saihat&cursor=c1")

    wanted = {**asked, "municipality": "saihat", "limit": 20, "cursor": "c1", "with_counts": "true"}
    assert asked_of(licences, APPLICATIONS) == [wanted]


def test_each_tab_says_how_many_applications_its_states_have(officer, licences):
    counts = {"in_review": 7, "submitted": 3, "waiting": 14, "overdue": 0}
    licences.replies[APPLICATIONS] = Reply(
        200, {"items": [], "next_cursor": None, "counts": counts}
    )

    shown = officer.get(f"{DESK}?lang=en").text

    for count in (7, 17, 0):
        assert f'&nbsp;<bdi dir="ltr">{count}</bdi></a>' in shown
    assert shown.count("&nbsp;<bdi") == 3


def test_the_late_are_marked_and_the_next_page_is_there(officer, licences):
    late = application(review_until="2020-01-01", review_until_hijri=None)
    licences.replies[APPLICATIONS] = Reply(
        200, {"items": [late], "next_cursor": "c2", "counts": {}}
    )

    shown = officer.get(f"{DESK}?lang=en").text

    assert "Overdue" in shown
    assert "cursor=c2" in shown


def test_an_inspector_s_violations_begin_with_what_inspectors_have_seen(inspector, licences):
    inspector.get(f"{DESK}/violations")
    inspector.get(f"{DESK}/violations?view=paid")

    asked = [one["status"] for one in asked_of(licences, VIOLATIONS)]
    assert asked == ["observed", "paid"]


@pytest.mark.parametrize(
    ("changes", "day", "past"),
    [
        ({"status": "warned", "object_until": None}, "2026/11/15", "2026/12"),
        ({"status": "unpaid"}, "2026/12/16", "2026/11"),
        ({"status": "paid", "object_until": None}, "", "2026/"),
    ],
)
def test_a_violation_stands_in_the_queue_with_the_day_of_the_step_that_waits(
    inspector, licences, changes, day, past
):
    """The example was warned until 15 November, before it was fined."""
    licences.replies[VIOLATIONS] = Reply(
        200, {"items": [violation(**changes)], "next_cursor": None}
    )

    shown = inspector.get(f"{DESK}/violations?lang=en").text

    assert violation()["violation_no"] in shown
    assert day in shown
    assert past not in shown


@pytest.mark.parametrize("address", [DESK, f"{DESK}/violations"])
def test_while_the_service_is_away_a_list_does_not_say_that_nothing_waits(
    officer, licences, address
):
    licences.replies |= {APPLICATIONS: None, VIOLATIONS: None}

    answer = officer.get(address)

    assert answer.status_code == 503
    assert "لا شيء في هذه القائمة" not in answer.text


def test_a_branch_that_is_not_the_officer_s_is_a_fault_of_its_input(officer, licences):
    licences.replies[APPLICATIONS] = problem(
        "invalid-request", 400, ("municipality", "ليست بلديتكم")
    )

    answer = officer.get(f"{DESK}?municipality=tarout")

    assert answer.status_code == 400
    assert 'href="#municipality"' in answer.text


@pytest.mark.parametrize(
    ("typed", "leads_to"),
    [("١٤٤٨٠٤٠٠٠٠١٧", HELD), (f" {APPLICATION_NO} ", OF_APPLICATION)],
)
def test_a_number_leads_to_its_licence_or_application(officer, licences, typed, leads_to):
    assert officer.post(DESK, {"number": typed}).headers["location"] == leads_to


@pytest.mark.parametrize("typed", ["1000000008", "0500000001", "", "x", "1448049999999"])
def test_what_is_no_number_of_a_licence_stands_in_no_address(officer, licences, typed):
    licences.replies[APPLICATIONS] = Reply(200, {"items": [], "next_cursor": None, "counts": {}})

    answer = officer.post(DESK, {"number": typed})

    assert answer.status_code == 400
    assert 'href="#find"' in answer.text


@pytest.mark.parametrize("address", THINGS)
@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_thing_has_all_its_words(officer, address, language):
    shown = officer.get(f"{address}?lang={language}")

    assert shown.status_code == 200
    for prefix in ("licence_", "violation_", "desk_", "None"):
        assert f">{prefix}" not in shown.text


def test_an_application_says_what_would_decide_it_and_shows_the_whole_form(officer):
    shown = officer.get(OF_APPLICATION).text

    assert "عقد الإيجار: لم يصل ما يثبته بعد" in shown
    assert "اكتبوا في الطلب رقم عقد الإيجار وأيامه." in shown
    assert f"{OF_APPLICATION}/actions/verify_lease" in shown
    assert "10423344550" in shown
    assert "1000000008" in shown
    assert f"{OF_APPLICATION}/files/{FILE_ID}" in shown


def test_the_form_names_the_place_in_the_language_of_the_page(officer):
    shown = officer.get(f"{OF_APPLICATION}?lang=en").text

    assert "Al Kawthar" in shown
    assert "الكوثر" not in shown


def test_who_may_not_review_reads_no_form(inspector, licences):
    shown = inspector.get(OF_APPLICATION).text

    assert asked_of(licences, f"{APPLICATION}/form") == []
    assert "1000000008" not in shown
    assert "/actions/" not in shown


def test_an_application_without_personal_data_says_so(officer, licences):
    licences.replies[f"{APPLICATION}/form"] = MISSING

    assert "أُفرغت البيانات الشخصية" in officer.get(OF_APPLICATION).text


def test_the_page_offers_what_the_service_names_and_the_scopes_allow(clerk, licences):
    licences.replies[APPLICATION] = Reply(200, application() | {"staff_actions": ["return"]})

    shown = clerk.get(OF_APPLICATION).text

    assert f"{OF_APPLICATION}/actions/return" in shown
    assert f"{OF_APPLICATION}/actions/approve" not in shown
    assert f"{HELD}/actions/renew" in clerk.get(HELD).text
    assert f"{HELD}/actions/suspend" not in clerk.get(HELD).text


def test_another_municipality_s_application_is_not_found(officer, licences):
    licences.replies[APPLICATION] = MISSING

    assert officer.get(OF_APPLICATION).status_code == 404


@pytest.mark.parametrize(
    ("address", "typed", "path", "sent"),
    [
        (f"{OF_APPLICATION}/actions/approve", {"reason": "مستوفى"}, f"{APPLICATION}/approve", {"reason": "مستوفى"}),
        (
            f"{OF_APPLICATION}/actions/return", {"reasons": "صورة العقد\r\n\r\nالمخطط"}, f"{APPLICATION}/return",
            {"reasons": [{"ar": "صورة العقد"}, {"ar": "المخطط"}]},
        ),
        (
            f"{OF_APPLICATION}/actions/order_inspection", {"due_on": "1448/06/20"}, f"{APPLICATION}/inspection-order",
            {"due_on": "1448/06/20"},
        ),
        (
            f"{OF_APPLICATION}/actions/verify_health", {"workers": "٢", "certified": "1", "document": "شهادات"},
            f"{APPLICATION}/documents",
            {"fact": "health", "value": {"workers": 2, "certified": 1}, "document": "شهادات"},
        ),
        (f"{HELD}/actions/suspend", {"reason": "خطر"}, f"{LICENCE}/suspend", {"reason": "خطر"}),
        (
            f"{HELD}/actions/correct", {"name_ar": "مغسلة النخيل", "reason": "خطأ"}, f"{LICENCE}/correction",
            {"trade_name": {"ar": "مغسلة النخيل"}, "reason": "خطأ"},
        ),
        (
            f"{SEEN}/actions/decide", {"outcome": "reduce", "reduce_to_percent": "٥٠", "reasons": "صُححت"},
            f"{VIOLATION}/decide", {"outcome": "reduce", "reduce_to_percent": 50, "reasons": "صُححت"},
        ),
        (
            f"{SEEN}/actions/close_place", {"seal_number": "5512", "reason": "خطر"}, f"{VIOLATION}/close-place",
            {"seal_number": "5512", "reason": "خطر"},
        ),
    ],
)  # fmt: skip
def test_an_action_sends_its_body_and_leads_to_the_thing(
    officer, licences, address, typed, path, sent
):
    answer = officer.post(address, {"key": KEY, **typed})

    name, thing = address.rpartition("/")[2], address.rpartition("/actions/")[0]
    assert asked_of(licences, path) == [sent]
    assert answer.headers["location"] == f"{thing}?done={name}"
    shown = officer.get(answer.headers["location"])
    assert 'id="done-title"' in shown.text


@pytest.mark.parametrize(
    ("fact", "field", "leads_to"),
    [("lease", "value.ends_on", "ends_on"), ("classification", "value.valid_until", "valid_to")],
)
def test_a_fault_of_a_document_leads_to_its_input(officer, licences, fact, field, leads_to):
    licences.replies[f"{APPLICATION}/documents"] = problem(
        "invalid-request", 400, (field, "التاريخ غير صحيح")
    )

    answer = officer.post(f"{OF_APPLICATION}/actions/verify_{fact}", {"document": "عقد"})

    assert answer.status_code == 400
    assert f'href="#{leads_to}"' in answer.text
    assert "عقد" in answer.text


def test_a_refused_approval_names_what_is_missing(officer, licences):
    detail = "سجلوا أولًا: عقد النظافة؛ ثم اعتمدوا الطلب."
    licences.replies[f"{APPLICATION}/approve"] = problem("approval-incomplete", 409, detail=detail)

    answer = officer.post(f"{OF_APPLICATION}/actions/approve", {"reason": "مستوفى"})

    assert answer.status_code == 409
    assert detail in answer.text
    assert "مستوفى" in answer.text


def test_the_objection_and_its_term_stand_before_the_decision(officer, licences):
    objection = {
        "channel": "citizen", "reasons": "الشهادة كانت سارية", "filed_at": "2026-11-20T08:00:00Z",
        "decide_until": "2020-01-05", "decide_until_hijri": None, "overdue": True, "outcome": None,
        "decision_reasons": None, "decided_at": None,
    }  # fmt: skip
    licences.replies[VIOLATION] = Reply(200, violation(objection=objection, status="objected"))

    page = officer.get(f"{SEEN}?lang=en").text
    form = officer.get(f"{SEEN}/actions/decide?lang=en").text

    for shown in (page, form):
        assert "الشهادة كانت سارية" in shown
        assert "5 January 2020" in shown
    assert "Overdue" in page


def test_an_action_asks_for_the_scope_of_its_operation(clerk):
    assert clerk.get(f"{HELD}/actions/suspend").status_code == 403
    assert clerk.post(f"{HELD}/actions/suspend", {"reason": "خطر"}).status_code == 403


@pytest.mark.parametrize(
    ("address", "begins_with"),
    [
        (f"{OF_APPLICATION}/files/{FILE_ID}", b"\xff\xd8\xff"),
        (f"{HELD}/document", b"%PDF"),
        (f"{SEEN}/files/{FILE_ID}", b"\xff\xd8\xff"),
    ],
)
def test_a_file_is_fetched_with_the_person_s_own_token(officer, address, begins_with):
    answer = officer.get(address)

    assert answer.status_code == 200
    assert answer.content.startswith(begins_with)


@pytest.mark.parametrize("number", ["1000000008", "x", "14480400001", "144804000017x"])
def test_what_is_no_number_of_a_licence_is_asked_nowhere(officer, licences, number):
    assert officer.get(f"{DESK}/held/{number}").status_code == 404
    assert officer.get(f"{DESK}/held/{number}/document").status_code == 404
    assert licences.asked == []


def test_a_seen_violation_shows_the_fine_to_expect_and_why_no_record_is_offered(
    inspector, licences
):
    fine = violation()["fine"]
    seen = {**violation(status="observed", fine=None, bill=None), "staff_actions": ["warn"]}
    licences.replies[VIOLATION] = Reply(200, {**seen, "expected_fine": fine})

    shown = inspector.get(SEEN).text

    assert f"{SEEN}/actions/confirm" not in shown
    assert "لا يُحرر محضر الضبط الآن" in shown
    assert "الغرامة إن حُرر المحضر" in shown
    assert fine["amount"] in shown


def test_a_violation_whose_record_may_be_made_says_nothing_of_a_warning(inspector, licences):
    seen = {**violation(status="observed"), "staff_actions": ["confirm"]}
    licences.replies[VIOLATION] = Reply(200, seen)

    assert "لا يُحرر محضر الضبط الآن" not in inspector.get(SEEN).text


def test_the_days_of_a_form_stand_in_both_calendars(officer, licences):
    sent = example("ApplicationForm")
    lease = {"ejar_no": "10423344550", "starts_on": "2026-11-01", "ends_on": "kept as typed"}
    form = {**sent, "form": {**sent["form"], "lease": lease}}
    licences.replies[f"{APPLICATION}/form"] = Reply(200, form)

    shown = officer.get(OF_APPLICATION).text

    assert "21 جمادى الأولى 1448" in shown
    assert "1 نوفمبر 2026" in shown
    assert "kept as typed" in shown
    assert "2026-11-01" not in shown
