"""The desk for permits: what is found, what a thing shows, and which actions a person sees."""

import pytest
from desk_permits_shown import (
    KINDS,
    PATHS,
    asked_at,
    example,
    permit_replies,
    shown_at,
    thing,
)

from pages.origins import csrf_token
from portal.domain.areas import DESK
from portal.domain.tasks import (
    PERMIT_COUNTER,
    PERMIT_DECISIONS,
    PERMIT_LOOKS,
    PERMIT_OFFICE,
    PERMIT_REVIEW,
)
from portal.outside.services import Reply

SEARCH, OWNERS, LOOKS = "/desk/permits", "/desk/permits/owners", "/desk/permits/looks"
REQUESTS = "/desk/permits/queues/requests"
_LOOKS = "/v1/person-searches"
LOOK = {
    "search_id": "0197bb20-4d00-7b22-9d3f-000000000011",
    "at": "2026-11-24T09:00:00Z",
    "subject": "p_1",
    "name": "موظف الاستقبال (بيانات تجريبية)",
    "client_id": "qatif-desk",
    "municipality": "qatif",
    "kind": "name",
    "kind_title": {"ar": "بحث بالاسم", "en": "Search by name"},
    "reason": "مراجع يسأل عن رخصته",
    "found": 2,
}


@pytest.fixture(autouse=True)
def answering(permits):
    permits.replies |= permit_replies()


@pytest.fixture
def desk(browser):
    """The browser of the permit officer."""
    assert browser.sign_in(PERMIT_OFFICE).status_code == 303
    return browser


def asked_paths(service):
    return [path for path, _ in service.asked]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_thing_shows_its_state_its_parts_and_its_actions(desk, kind, language):
    shown = desk.get(f"{shown_at(kind)}?lang={language}")

    assert shown.status_code == 200
    assert thing(kind)["status_title"][language] in shown.text
    assert f"{shown_at(kind)}/actions/" in shown.text
    assert "None" not in shown.text
    assert "permit_" not in shown.text


def test_owners_are_masked_on_the_page(desk):
    shown = desk.get(shown_at("permits")).text

    assert "10******08" in shown
    assert "1000000008" not in shown


def test_a_permit_leads_to_its_request_its_certificates_and_its_release(desk, permits):
    shown = desk.get(shown_at("permits")).text

    certificate = example("CertificateList")["items"][0]["certificate_id"]
    release = example("ReleasePage")["items"][0]["release_id"]
    assert f"/desk/permits/certificates/{certificate}" in shown
    assert f"/desk/permits/releases/{release}" in shown
    assert f"/desk/permits/requests/{thing('permits')['request_id']}" in shown
    assert (PATHS["releases"], {"permit_id": thing("permits")["permit_id"]}) in permits.asked


def insulation_of(until):
    row = example("InsulationCertificate")
    return Reply(200, {"items": [{**row, "status": "issued", "valid_until": until}]})


@pytest.mark.parametrize(("until", "met"), [(None, 1), ("2999-01-01", 1), ("2020-01-01", 0)])
def test_insulation_whose_days_are_over_is_no_ground(desk, permits, until, met):
    permits.replies[asked_at("permits")] = Reply(
        200, thing("permits", completion=None, occupancy=None)
    )
    permits.replies[f"{asked_at('permits')}/certificates"] = insulation_of(until)

    shown = desk.get(shown_at("permits")).text

    assert shown.count(">متحقق<") == met


@pytest.mark.parametrize("part", [f"{asked_at('permits')}/certificates", PATHS["releases"]])
def test_a_part_that_the_service_does_not_give_does_not_seem_absent(desk, permits, part):
    permits.replies[part] = None

    assert desk.get(shown_at("permits")).status_code == 503


def test_a_request_says_which_papers_and_which_money_are_missing(desk, permits):
    paper = {
        "code": "survey-report",
        "ar": "تقرير مساحي",
        "en": "Survey report",
        "handed_in": False,
    }
    row = thing("requests", documents_needed=[paper], payment=None)
    permits.replies[asked_at("requests")] = Reply(200, row)

    shown = desk.get(shown_at("requests")).text

    assert "تقرير مساحي" in shown
    assert "لم يتحقق" in shown


def _request_without(**changes):
    paper = {
        "code": "survey-report",
        "ar": "تقرير مساحي",
        "en": "Survey report",
        "handed_in": False,
    }
    return Reply(200, thing("requests", documents_needed=[paper], **changes))


def test_a_missing_paper_is_said_to_block_nothing(desk, permits):
    permits.replies[asked_at("requests")] = _request_without(payment={"paid_at": None})

    shown = desk.get(shown_at("requests")).text

    assert "متطلبات إصدار الرخصة" in shown
    assert "لم تُسلَّم؛ لا يمنع" in shown
    assert "لم يتحقق" not in shown


@pytest.mark.parametrize(("action", "is_said"), [("approve", 1), ("issue", 1), ("return", 0)])
def test_whoever_approves_or_issues_without_a_paper_reads_which(desk, permits, action, is_said):
    permits.replies[asked_at("requests")] = _request_without()

    shown = desk.get(f"{shown_at('requests')}/actions/{action}").text

    assert shown.count("<li>تقرير مساحي</li>") == is_said
    assert shown.count("لا يمنع نقصها هذه الخطوة") == is_said


@pytest.mark.parametrize(
    "warnings", [[], [{"field": "insulation_pledge", "code": "pledge-missing"}]]
)
def test_only_works_that_need_insulation_lack_the_pledge(desk, permits, warnings):
    titled = [{**one, "title": {"ar": "لم يقدم", "en": "Missing"}} for one in warnings]
    row = thing("requests", insulation_pledge=False, warnings=titled, documents_needed=[])
    permits.replies[asked_at("requests")] = Reply(200, row)

    shown = desk.get(shown_at("requests")).text

    assert shown.count("تعهد العزل الحراري") == len(warnings)


def test_a_reviewer_sees_no_action_of_the_officer(browser):
    browser.sign_in(PERMIT_REVIEW)

    request, permit = browser.get(shown_at("requests")).text, browser.get(shown_at("permits")).text

    assert "/actions/approve" in request
    assert "/actions/suspend" not in permit
    assert "/actions/open_insulation" in permit


def test_whoever_decides_appeals_begins_with_the_appeals_that_wait(browser, permits):
    leading = browser.sign_in(PERMIT_DECISIONS)
    shown = browser.get(leading.headers["location"])

    assert shown.status_code == 200
    assert permits.asked[-1] == ("/v1/appeals", {"status": "received", "limit": 20})


def test_whoever_inspected_the_insulation_is_not_offered_the_completion(desk, permits):
    barred = [{"subject": "p_officer", "name": "موظف (بيانات تجريبية)"}]
    permits.replies[asked_at("permits")] = Reply(200, thing("permits", not_completed_by=barred))

    shown = desk.get(shown_at("permits")).text
    form = desk.get(f"{shown_at('permits')}/actions/complete").text

    assert "/actions/complete" not in shown
    assert "/actions/refuse_completion" in shown
    assert "يصدرها زميل لم يعاينه" in shown
    assert "لا يمكن هذا الإجراء الآن" in form


def test_a_colleague_who_did_not_inspect_is_offered_the_completion(desk, permits):
    barred = [{"subject": "p_other", "name": None}]
    permits.replies[asked_at("permits")] = Reply(200, thing("permits", not_completed_by=barred))

    shown = desk.get(shown_at("permits")).text

    assert "/actions/complete" in shown
    assert "يصدرها زميل لم يعاينه" not in shown


def test_the_form_of_an_insulation_inspection_says_that_it_bars_from_completion(desk):
    form = desk.get(f"{shown_at('certificates')}/actions/record_inspection_insulation").text

    assert "من يعاين العزل لا يصدر شهادة الإتمام" in form


def test_a_release_says_that_its_permit_is_suspended(desk, permits):
    words = {"ar": "موقوفة", "en": "Suspended"}
    release = thing("releases", status="submitted", extent="full")
    suspended = thing("permits", effective_status="suspended", status_title=words, occupancy=None)
    path = f"{PATHS['permits']}/{release['permit_id']}"
    permits.replies |= {
        asked_at("releases"): Reply(200, release),
        path: Reply(200, suspended),
        f"{path}/certificates": Reply(200, {"items": []}),
    }

    shown = desk.get(shown_at("releases")).text

    gates = shown.partition('<h2 id="gates">')[2].partition("</ul>")[0]
    assert "موقوفة" in gates
    for gate in ("رخصة سارية أو منجزة", "شهادة عزل حراري سارية", "شهادة إشغال نهائية"):
        assert gate in gates


def test_partial_current_needs_no_occupancy_certificate(desk, permits):
    permits.replies[asked_at("releases")] = Reply(200, thing("releases", extent="partial"))

    assert "شهادة إشغال نهائية" not in desk.get(shown_at("releases")).text


def test_an_action_that_the_state_does_not_allow_is_not_offered(desk, permits):
    permits.replies[asked_at("requests")] = Reply(200, thing("requests", actions=[]))

    shown = desk.get(shown_at("requests")).text
    form = desk.get(f"{shown_at('requests')}/actions/approve").text

    assert "/actions/approve" not in shown
    assert "لا يمكن هذا الإجراء الآن" in form


def test_a_search_leads_to_an_address_that_lists_permits_and_requests(desk, permits):
    leading = desk.post(SEARCH, {"plan_number": "713/7", "plot": "215"})
    shown = desk.get(leading.headers["location"])

    assert leading.headers["location"] == "/desk/permits?plan_number=713%2F7&plot=215"
    assert asked_paths(permits) == [PATHS["permits"], PATHS["requests"]]
    assert example("PermitPage")["items"][0]["permit_number"] in shown.text
    assert example("PermitRequestPage")["items"][0]["request_number"] in shown.text


@pytest.mark.parametrize(
    ("number", "field"), [("1448/1312", "permit_number"), ("44120981", "request_number")]
)
def test_the_number_of_the_head_of_a_page_is_a_permits_or_a_requests(desk, number, field):
    leading = desk.post(SEARCH, {"number": number})

    assert f"{field}=" in leading.headers["location"]


@pytest.mark.parametrize("field", ["plan_number", "district", "permit_number", "request_number"])
def test_a_persons_number_in_a_search_is_asked_nowhere(desk, permits, field):
    answer = desk.post(SEARCH, {field: "1000000008"})
    asked = desk.get(f"{SEARCH}?{field}=1000000008")

    assert answer.status_code == 400
    assert asked.status_code == 303
    assert permits.asked == []


def test_an_empty_search_asks_for_something(desk, permits):
    assert desk.post(SEARCH, {}).status_code == 400
    assert permits.asked == []


def test_an_owner_is_searched_once_and_no_address_names_the_owner(desk, permits):
    typed = {"id_number": "1000000008", "name": "", "reason": "مراجع يسأل عن رخصته"}
    leading = desk.post(OWNERS, typed)
    address = leading.headers["location"]
    first, again = desk.get(address), desk.get(f"{address}&lang=en")

    assert "1000000008" not in address
    body = {"id_number": "1000000008", "reason": "مراجع يسأل عن رخصته"}
    assert [one for one in permits.asked if one[0] == _LOOKS] == [(_LOOKS, body)]
    for shown in (first, again):
        assert example("PermitPage")["items"][0]["permit_number"] in shown.text


def test_a_search_for_an_owner_without_a_reason_leads_to_its_input(desk, permits):
    fault = {"field": "reason", "detail": "السبب مطلوب"}
    permits.replies[_LOOKS] = Reply(400, {"type": "…/invalid-request", "errors": [fault]})

    leading = desk.post(OWNERS, {"id_number": "1000000008"})
    shown = desk.get(leading.headers["location"])

    assert shown.status_code == 400
    assert 'href="#reason"' in shown.text
    assert 'value="1000000008"' in shown.text


def test_a_person_without_the_scope_searches_for_no_owner(browser):
    browser.sign_in(PERMIT_REVIEW)

    assert browser.get(OWNERS).status_code == 403
    assert OWNERS not in browser.get(SEARCH).text


def test_a_list_shows_what_the_service_lists_in_the_state_and_the_branch(desk, permits):
    shown = desk.get(f"{REQUESTS}?view=paid&municipality=safwa")

    asked = {"status": "paid", "municipality": "safwa", "limit": 20, "with_counts": "true"}
    assert permits.asked == [(PATHS["requests"], asked)]
    assert example("PermitRequestPage")["items"][0]["request_number"] in shown.text


@pytest.mark.parametrize("queue", ["requests", "occupancy", "releases", "appeals"])
def test_a_list_goes_on_with_the_services_cursor(desk, permits, queue):
    page = {"items": [], "next_cursor": "c2", "counts": {}}
    permits.replies |= {path: Reply(200, page) for path in PATHS.values()}
    permits.replies["/v1/occupancy-certificates"] = Reply(200, page)

    desk.get(f"/desk/permits/queues/{queue}?cursor=c1")

    assert permits.asked[-1][1]["cursor"] == "c1"


def test_an_absent_service_is_named_and_no_list_seems_empty(desk, permits):
    permits.replies[PATHS["requests"]] = None

    shown = desk.get(REQUESTS)

    assert shown.status_code == 503
    assert "خدمة الرخص غير متاحة الآن" in shown.text
    assert "لا شيء في هذه القائمة" not in shown.text


@pytest.mark.parametrize(
    "address",
    ["/desk/permits/queues/none", "/desk/permits/shops/" + "0" * 8 + "-0000" * 3 + "-" + "0" * 12],
)
def test_an_unknown_list_or_kind_is_no_page(desk, address):
    assert desk.get(address).status_code == 404


def test_the_document_of_a_permit_is_sent_as_the_service_signed_it(desk):
    file = desk.get(f"{shown_at('permits')}/document")

    assert file.content == b"%PDF"
    assert file.headers["content-type"] == "application/pdf"


def test_a_request_has_no_document(desk):
    assert desk.get(f"{shown_at('requests')}/document").status_code == 404


def test_the_record_of_searches_names_the_searcher_and_the_reason(browser, permits):
    browser.sign_in(PERMIT_LOOKS)
    permits.replies[_LOOKS] = Reply(200, {"items": [LOOK], "next_cursor": None})

    shown = browser.get(f"{LOOKS}?since=1448/05/21&kind=name").text

    assert permits.asked == [(_LOOKS, {"since": "1448/05/21", "kind": "name", "limit": 50})]
    assert "موظف الاستقبال" in shown
    assert "مراجع يسأل عن رخصته" in shown


FORMS = (SEARCH, OWNERS, f"{shown_at('requests')}/actions/return")


@pytest.mark.parametrize("address", FORMS)
@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_form_of_another_site_changes_and_asks_nothing(desk, permits, address, headers):
    form = {"csrf_token": csrf_token(desk.cookies[DESK.cookie]), "plan_number": "7", "reason": "x"}

    assert desk.send(address, form, headers).status_code == 403
    assert permits.asked == []


@pytest.mark.parametrize("address", FORMS)
def test_a_form_without_the_sessions_token_changes_and_asks_nothing(desk, permits, address):
    assert desk.post(address, {"csrf_token": "x" * 43, "plan_number": "7"}).status_code == 403
    assert permits.asked == []


def test_what_people_typed_elsewhere_runs_as_no_script(desk, permits):
    row = thing("requests", notes="<script>alert(1)</script>")
    row["owners"] = [{**row["owners"][0], "name": "<img src=x onerror=alert(1)>"}]
    permits.replies[asked_at("requests")] = Reply(200, row)

    shown = desk.get(shown_at("requests")).text

    assert "<script" not in shown
    assert "<img" not in shown


def test_a_clerk_reads_no_record_of_searches(browser):
    browser.sign_in(PERMIT_COUNTER)

    assert browser.get(LOOKS).status_code == 403


def test_the_lines_of_a_fee_are_read_as_text(desk, permits):
    line = {"ar": "رسم رخصة سكنية", "en": "Residential permit", "amount": "1593.60"}
    fee = {"amount": "1593.60", "lines": [line]}
    permits.replies[asked_at("requests")] = Reply(200, thing("requests", fee=fee))

    shown = desk.get(shown_at("requests")).text

    assert 'رسم رخصة سكنية: <bdi dir="ltr">1593.60</bdi>' in shown
    assert "&lt;bdi" not in shown


def test_states_that_the_portal_has_no_words_for_are_shown_by_their_codes(desk, permits):
    invoice = {"bill_number": None, "biller_code": None, "status": "split_state", "due_on": None}
    proposal = {
        "status": "deferred_state",
        "amount": "600.00",
        "reason": "خصم مقرر",
        "proposed_by": {"subject": "p_first", "name": None},
    }
    fee = {"amount": "744.60", "lines": [], "proposal": proposal}
    permits.replies[asked_at("requests")] = Reply(200, thing("requests", fee=fee, invoice=invoice))

    shown = desk.get(shown_at("requests"))

    assert shown.status_code == 200
    assert "split_state" in shown.text
    assert "خصم مقرر" in shown.text
