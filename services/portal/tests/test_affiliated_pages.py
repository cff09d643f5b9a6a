"""The staff of an affiliated municipality: applications, their forms, licences, the months."""

import re
from datetime import UTC, datetime

import pytest
from affiliated_shown import (
    APPLICATION_ID,
    EXPORTS,
    LICENCES,
    LIST,
    MONTHS,
    NUMBER,
    answers,
    example,
    waiting,
)

from portal.domain.tasks import MUNICIPAL_LICENCES, MUNICIPAL_READING
from portal.outside.services import Reply

PAGE = "/affiliated/applications"
NEW, ONE = f"{PAGE}/new", f"{PAGE}/{APPLICATION_ID}"
HELD = f"/affiliated/licences/{NUMBER}"
SERVICE_ONE = f"{LIST}/{APPLICATION_ID}"
FILLED = {
    "kind": "shop", "activity-0": "960111", "years": "١", "establishment-unified_number": "7000000005",
    "owner-name": "بيانات تجريبية", "owner-id_number": "1000000008", "owner-mobile": "0500000001",
    "area_m2": "45.5", "place": "سيهات|الكوثر", "workers": "2",
}  # fmt: skip


@pytest.fixture
def clerk(browser, gateway):
    """The browser of an employee of Saihat, and a gateway that is well."""
    gateway.replies |= answers()
    assert browser.sign_in(MUNICIPAL_LICENCES).status_code == 303
    return browser


def key_of(page):
    return re.search(r'name="key" value="([^"]+)"', page)[1]


def fault(*fields, status=400):
    errors = [{"field": one, "code": "x", "detail": f"خطأ في {one}"} for one in fields]
    return Reply(status, {"type": "…/invalid-request", "title": "خطأ", "errors": errors})


def test_the_list_says_whose_turn_it_is_and_shows_the_bill(clerk):
    shown = clerk.get(PAGE).text

    assert "1448040000123" in shown
    assert "مقدم الطلب" in shown
    assert "عقد الإيجار" in shown
    assert "4482000017" in shown
    assert "450.00" in shown
    assert "cursor=c2" in shown


def test_a_state_narrows_the_list(clerk, gateway):
    clerk.get(f"{PAGE}?status=returned")
    clerk.get(f"{PAGE}?status=surprise")

    asked = [query for path, query in gateway.asked if path == LIST]
    assert asked == [{"status": "returned", "limit": 50}, {"limit": 50}]


def test_a_number_of_an_application_or_a_licence_is_found_and_no_identity_number(clerk, gateway):
    gateway.replies[LIST] = Reply(200, {"items": [], "next_cursor": None})

    found = clerk.post(PAGE, {"number": "١٤٤٨٠٤٠٠٠٠١٧"})
    refused = clerk.post(PAGE, {"number": "1000000008"})
    clerk.get(found.headers["location"])

    assert found.headers["location"] == f"{PAGE}?number={NUMBER}"
    assert refused.status_code == 400
    assert [query for path, query in gateway.asked if path == LIST] == [
        {"application_no": NUMBER, "limit": 50},
        {"licence_no": NUMBER, "limit": 50},
    ]


def test_an_application_shows_what_is_missing_from_whom_and_until_when(clerk):
    shown = clerk.get(ONE).text

    assert "مقدم الطلب" in shown
    assert "عقد الإيجار" in shown
    assert "16 ديسمبر 2026" in shown
    assert f"{ONE}/correction" in shown
    assert f"{ONE}/withdrawal" in shown


def test_a_finished_application_shows_its_bill_and_its_licence_and_offers_nothing(clerk, gateway):
    gateway.replies[SERVICE_ONE] = Reply(200, example("LicenceApplicationState"))

    shown = clerk.get(ONE).text

    assert "4482000017" in shown
    assert f'href="{HELD}"' in shown
    assert f"{ONE}/correction" not in shown
    assert f"{ONE}/withdrawal" not in shown


def test_an_application_of_another_municipality_is_not_there(clerk, gateway):
    del gateway.replies[SERVICE_ONE]

    for path in (ONE, f"{ONE}/correction", f"{ONE}/withdrawal"):
        assert clerk.get(path).status_code == 404


def test_the_form_offers_the_towns_of_the_municipality_alone(clerk):
    shown = clerk.get(NEW).text

    assert 'value="سيهات"' in shown
    assert 'value="صفوى"' not in shown


def test_the_form_marks_what_every_application_needs(clerk):
    shown = clerk.get(NEW).text

    marked = re.findall(r'<label for="([^"]+)">[^<]*[(]لا بد منه[)]', shown)
    assert marked == [
        *("kind", "activity-0", "years"),
        *("owner-name", "owner-id_type", "owner-id_number", "owner-mobile", "owner-language"),
        *("place", "place-latitude", "place-longitude", "area_m2", "workers"),
    ]


def test_an_application_is_sent_as_the_contract_has_it_once_for_each_form(clerk, gateway):
    key = key_of(clerk.get(NEW).text)

    answer = clerk.post(NEW, {**FILLED, "key": key})

    assert answer.headers["location"] == f"{ONE}?done=submitted"
    (body,) = [sent for path, sent in gateway.asked if path == LIST and sent and "kind" in sent]
    assert gateway.keys == [key]
    assert body["place"] == {"town": "سيهات", "district": "الكوثر"}
    assert (body["years"], body["area_m2"], body["workers"]) == (1, 45.5, 2)
    assert body["establishment"] == {"unified_number": "7000000005"}
    assert body["activities"] == [{"code": "960111", "main": True}]


def test_all_faults_stand_at_their_inputs_and_no_typed_word_is_lost(clerk, gateway):
    gateway.replies[LIST] = fault("owner.id_number", "place.town", "activities.0.code", "sign.text")

    answer = clerk.post(NEW, {**FILLED, "key": "k-1"})

    assert answer.status_code == 400
    for name in ("owner-id_number", "place", "activity-0", "sign-text"):
        assert f'href="#{name}"' in answer.text
    assert 'value="بيانات تجريبية"' in answer.text
    assert key_of(answer.text) == "k-1"


def test_a_form_behind_a_worn_out_token_is_filled_in_again(clerk, gateway, affiliated_issuer):
    affiliated_issuer.claims = {"exp": int(datetime.now(UTC).timestamp()) + 5}
    clerk.sign_in(MUNICIPAL_LICENCES)
    address = clerk.post(NEW, {**FILLED, "key": "k-2"}).headers["location"]
    affiliated_issuer.claims = {}
    clerk.sign_in(MUNICIPAL_LICENCES)

    shown = clerk.get(address).text

    assert not any(sent and "kind" in sent for _, sent in gateway.asked)
    assert key_of(shown) == "k-2"
    assert 'value="1000000008"' in shown


def test_an_absent_gateway_keeps_the_form(clerk, gateway):
    gateway.replies[LIST] = None

    answer = clerk.post(NEW, {**FILLED, "key": "k-3"})

    assert answer.status_code == 503
    assert key_of(answer.text) == "k-3"
    assert "لن يُنفذ مرتين" in answer.text


def test_a_correction_begins_with_what_is_known_and_sends_the_whole_application(clerk, gateway):
    shown = clerk.get(f"{ONE}/correction").text
    answer = clerk.post(f"{ONE}/correction", {**FILLED, "key": key_of(shown)})

    assert 'value="مغسلة الواحة (بيانات تجريبية)"' in shown
    assert 'value="7000000005"' in shown
    assert 'value="10******08"' not in shown
    assert answer.headers["location"] == f"{ONE}?done=corrected"
    assert f"{SERVICE_ONE}/corrections" in [path for path, _ in gateway.asked]


def test_a_correction_fills_in_what_is_about_no_person(clerk, gateway):
    form = {
        "years": 2, "area_m2": 45, "establishment": {"size": "micro"},
        "place": {"town": "سيهات", "district": "الكوثر", "latitude": 26.48, "longitude": 50.04},
        "lease": {"ejar_no": "10423344550", "starts_on": "2026-11-01", "ends_on": "2028-10-31"},
    }  # fmt: skip
    state = waiting()
    state["details"] = {**state["details"], "form": form}
    gateway.replies[SERVICE_ONE] = Reply(200, state)

    shown = clerk.get(f"{ONE}/correction").text

    for name, value in (
        *(("years", "2"), ("area_m2", "45"), ("place-latitude", "26.48")),
        *(("place-longitude", "50.04"), ("lease-ejar_no", "10423344550")),
        *(("lease-starts_on", "2026-11-01"), ("lease-ends_on", "2028-10-31")),
    ):
        assert re.search(f'name="{name}" type="text" value="{value}"', shown), name
    assert 'value="micro" selected' in shown
    assert 'name="owner-id_number" type="text" value=""' in shown


@pytest.mark.parametrize(
    ("form", "said", "unsaid"),
    [
        ({"years": 2}, "ما كُتب من قبل معبأ هنا إلا بيانات الأشخاص", "ما تعرفه البوابة منه"),
        (None, "ما تعرفه البوابة منه", "ما كُتب من قبل معبأ"),
    ],
)
def test_a_correction_says_how_much_of_it_is_filled_in(clerk, gateway, form, said, unsaid):
    state = waiting()
    state["details"] = {**state["details"], "form": form}
    gateway.replies[SERVICE_ONE] = Reply(200, state)

    shown = clerk.get(f"{ONE}/correction").text

    assert said in shown
    assert unsaid not in shown


@pytest.mark.parametrize("channel", ["citizen", "staff"])
def test_an_application_of_another_channel_says_who_withdraws_it(clerk, gateway, channel):
    gateway.replies[SERVICE_ONE] = Reply(200, {**waiting(), "channel": channel})

    shown, form = clerk.get(ONE).text, clerk.get(f"{ONE}/withdrawal").text

    assert f'href="{ONE}/withdrawal"' not in shown
    for text in (shown, form):
        assert "يسحبه صاحبه أو مفوض المنشأة من «رخصي» في الموقع، أو موظف الرخص." in text
    assert 'name="reason"' not in form


def test_an_application_that_has_ended_has_no_form_of_withdrawal(clerk, gateway):
    gateway.replies[SERVICE_ONE] = Reply(200, example("LicenceApplicationState"))

    form = clerk.get(f"{ONE}/withdrawal").text

    assert "انتهى هذا الطلب، فلا يُسحب" in form
    assert 'name="reason"' not in form


def test_the_faults_of_the_counter_stand_in_the_order_of_its_form(clerk, gateway):
    paths = ("workers", "owner.mobile", "place.longitude", "years", "establishment.size")
    errors = [{"field": path, "code": "x", "detail": f"خطأ {path}"} for path in paths]
    problem = {"type": "…/invalid-request", "title": "راجعوا", "errors": errors}
    gateway.replies[LIST] = gateway.replies[f"{SERVICE_ONE}/corrections"] = Reply(400, problem)
    outside = {**FILLED, "place-latitude": "26.48", "place-longitude": "500", "key": "k"}

    for address in (NEW, f"{ONE}/correction"):
        text = clerk.post(address, outside).text
        named = re.findall(r'<li><a href="#([^"]+)">', text)
        assert named == [
            *("years", "establishment-size", "owner-mobile", "place-longitude", "workers")
        ]
        assert "49.80" in text


def test_a_correction_that_is_not_possible_says_so(clerk, gateway):
    problem = {"type": "…/illegal-transition", "title": "لا يُصحح", "detail": "الطلب تحت الدراسة"}
    gateway.replies[f"{SERVICE_ONE}/corrections"] = Reply(409, problem)

    answer = clerk.post(f"{ONE}/correction", {**FILLED, "key": "k"})

    assert answer.status_code == 409
    assert "الطلب تحت الدراسة" in answer.text


def test_a_withdrawal_sends_its_reason_once(clerk, gateway):
    key = key_of(clerk.get(f"{ONE}/withdrawal").text)
    form = {"reason": "عدل المالك", "key": key}

    answer = clerk.post(f"{ONE}/withdrawal", form)

    assert answer.headers["location"] == f"{ONE}?done=withdrawal"
    assert (f"{SERVICE_ONE}/withdrawals", {"reason": "عدل المالك"}) in gateway.asked
    assert gateway.keys == [key]


def test_a_licence_is_shown_with_the_day_of_its_renewal(clerk):
    shown = clerk.get(HELD).text

    assert "28 أغسطس 2027" in shown
    assert f"{HELD}/renewal" in shown


@pytest.mark.parametrize(
    ("change", "typed", "path", "body"),
    [
        ("renewal", {"years": "١", "workers": ""}, "renewals", {"years": 1}),
        ("cancellation", {"reason": "انتهى النشاط"}, "cancellations", {"reason": "انتهى النشاط"}),
    ],
)
def test_a_request_about_a_licence_leads_to_its_application(
    clerk, gateway, change, typed, path, body
):
    key = key_of(clerk.get(f"{HELD}/{change}").text)

    answer = clerk.post(f"{HELD}/{change}", {**typed, "key": key})

    assert answer.headers["location"] == f"{ONE}?done={change}"
    assert (f"{LICENCES}/{NUMBER}/{path}", body) in gateway.asked
    assert gateway.keys == [key]


def test_another_word_about_a_licence_is_no_page(clerk):
    assert clerk.get(f"{HELD}/destruction").status_code == 404


def test_licences_come_as_the_gateway_s_own_file(clerk, gateway):
    answer = clerk.get("/affiliated/licences.csv?status=valid")

    assert answer.content == b"licence_no\r\n"
    assert "attachment" in answer.headers["content-disposition"]
    assert (EXPORTS, {"format": "csv", "status": "valid"}) in gateway.asked


def test_the_months_are_those_of_the_year_in_the_address(clerk, gateway):
    shown = clerk.get("/affiliated/months?year=١٤٤٨").text
    file = clerk.get("/affiliated/months.csv?year=1448")

    assert "1448/06" in shown
    assert 'filename="applications-1448.csv"' in file.headers["content-disposition"]
    assert [asked for path, asked in gateway.asked if path.startswith(MONTHS)] == [
        {"year": "1448"},
        {"year": "1448"},
    ]


def test_what_is_no_year_is_named_at_its_input(clerk, gateway):
    gateway.replies[MONTHS] = fault("year")

    answer = clerk.get("/affiliated/months?year=0000")

    assert answer.status_code == 400
    assert 'href="#year"' in answer.text


def test_who_may_only_read_submits_nothing_and_exports_nothing(browser, gateway):
    gateway.replies |= answers()
    browser.sign_in(MUNICIPAL_READING)

    shown = browser.get(ONE).text
    pages = (NEW, f"{ONE}/correction", f"{HELD}/renewal", "/affiliated/files")

    assert f"{ONE}/correction" not in shown
    assert "nav_aff_new" not in shown
    assert {browser.get(one).status_code for one in pages} == {403}
    assert browser.get("/affiliated/licences.csv").status_code == 403
    assert browser.post(f"{ONE}/withdrawal", {"reason": "x", "key": "k"}).status_code == 403
    assert "/affiliated/licences.csv" not in browser.get("/affiliated/licences").text
    assert gateway.keys == []


def test_an_application_without_its_people_is_shown(clerk, gateway):
    gateway.replies[SERVICE_ONE] = Reply(200, waiting(details=None, application_no=None, version=0))

    assert clerk.get(ONE).status_code == 200
    assert clerk.get(f"{ONE}/correction").status_code == 200


@pytest.mark.parametrize(
    ("decided_at", "is_promised"), [(None, True), ("2026-11-26T06:00:01Z", False)]
)
def test_the_outcome_is_promised_only_while_it_is_open(clerk, gateway, decided_at, is_promised):
    state = example("LicenceApplicationState", decided_at=decided_at)
    gateway.replies[SERVICE_ONE] = Reply(200, state)

    shown = clerk.get(f"{ONE}?done=submitted").text

    assert 'id="done-title"' in shown
    assert ("تظهر النتيجة هنا خلال لحظات" in shown) is is_promised
