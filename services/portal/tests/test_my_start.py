"""A citizen's start page: one sign-in, the lists of four services."""

from datetime import UTC, datetime
from threading import Barrier

import pytest
from lean_documents import lean_page

from chassis.core import contracts
from portal.domain.tasks import MY_PAGE
from portal.outside.services import Reply

LISTS = {
    "permits": {"/v1/my/permits": "MyPermitPage"},
    "licences": {
        "/v1/my/licence-applications": "ApplicationPage",
        "/v1/my/licences": "LicencePage",
        "/v1/my/violations": "ViolationPage",
    },
    "health-certs": {"/v1/my/health-certificate-requests": "RequestPage"},
    "transactions": {"/v1/my/transactions": "OwnTransactionPage"},
    "reports": {"/v1/my/reports": "MyReportPage"},
    "payments": {"/v1/my/refunds": "MyRefundPage"},
}
LOOKS = "/v1/my/person-searches"
LOOK = {
    "at": "2026-11-24T09:00:00Z",
    "municipality": "qatif",
    "kind": "name",
    "kind_title": {"ar": "بحث بالاسم", "en": "Search by name"},
    "reason": "مراجع في الاستقبال يسأل عن رخصته",
}
STEPS = ("applicant", "payment")
NOTHING = {"items": [], "next_cursor": None}


def example(service, name, **changes):
    """The contract's example of a list, with changes to its first thing."""
    page = contracts.openapi(service)["components"]["examples"][name]["value"]
    return {**page, "items": [{**page["items"][0], **changes}]}


@pytest.fixture
def lists(asked_services):
    """The citizen's lists, empty: `lists[service][path] = …`."""
    for service, paths in LISTS.items():
        asked_services[service].replies |= dict.fromkeys(paths, Reply(200, NOTHING))
    asked_services["permits"].replies[LOOKS] = Reply(200, NOTHING)
    return {service: asked_services[service].replies for service in LISTS}


@pytest.fixture
def me(browser, lists):
    """The browser of a citizen who signed in for all services."""
    assert browser.sign_in(MY_PAGE).headers["location"] == "/my/start"
    return browser


def test_the_sign_in_names_the_scopes_of_every_service_once(me, my_issuer):
    assert my_issuer.scopes.split()[0] == "my-permits.read"
    assert {"my-licences.read", "my-health-certs.read", "my-transactions.read"} <= set(
        my_issuer.scopes.split()
    )


def test_each_service_is_asked_with_a_token_of_its_own_fetched_once(me, my_issuer):
    me.get("/my/start")
    me.get("/my/start")

    assert [service for service, _ in my_issuer.exchanges] == [
        "licences",
        "health-certs",
        "transactions",
        "reports",
        "payments",
    ]


def test_what_is_to_do_stands_first_by_its_last_day(me, lists):
    lists["permits"]["/v1/my/permits"] = Reply(
        200, example("permits", "MyPermitPage", until="2027-03-01")
    )
    lists["licences"]["/v1/my/licence-applications"] = Reply(
        200, example("licences", "ApplicationPage")
    )
    returned = {"next_step": "applicant", "answer_until": "2026-12-20"}
    lists["transactions"]["/v1/my/transactions"] = Reply(
        200, example("transactions", "OwnTransactionPage", **returned)
    )

    shown = me.get("/my/start").text

    number = example("transactions", "OwnTransactionPage")["items"][0]["number"]
    places = [shown.index(one) for one in (number, "1448040000123", "44120981")]
    assert places == sorted(places)
    assert "اكتبوا في الطلب رقم عقد الإيجار وأيامه" in shown
    assert "سددوا الفاتورة قبل تاريخ استحقاقها" in shown
    permit = lists["permits"]["/v1/my/permits"].document["items"][0]
    assert permit["municipality_title"]["ar"] in shown
    assert permit["plan_number"] in shown


def test_licences_of_shops_and_open_applications_stand_beside_the_permits(me, lists):
    licences = example("licences", "LicencePage")
    applications = example("licences", "ApplicationPage", status="in_review")
    lists["licences"]["/v1/my/licences"] = Reply(200, licences)
    lists["licences"]["/v1/my/licence-applications"] = Reply(200, applications)

    shown = me.get("/my/start").text

    assert f'href="/my/licences/held/{licences["items"][0]["licence_no"]}"' in shown
    assert f'href="/my/licences/applications/{applications["items"][0]["application_id"]}"' in shown
    lists["licences"]["/v1/my/licences"] = None
    assert "خدمة الرخص التجارية غير متاحة الآن" in me.get("/my/start").text


@pytest.mark.parametrize("status", ["issued", "refused", "withdrawn"])
def test_an_application_that_has_ended_is_not_among_the_open_ones(me, lists, status):
    applications = example("licences", "ApplicationPage", status=status, missing=[])
    lists["licences"]["/v1/my/licences"] = Reply(200, {"items": [], "next_cursor": None})
    lists["licences"]["/v1/my/licence-applications"] = Reply(200, applications)

    shown = me.get("/my/start").text

    assert "لا رخصة تجارية لكم، ولا طلب قائم" in shown
    assert applications["items"][0]["application_no"] not in shown


@pytest.mark.parametrize(
    ("status", "actions", "words", "day"),
    [
        ("warned", [], "Correct the violation", "15 November 2026"),
        ("notified", ["object"], "Pay the fine, or object", "16 December 2026"),
        ("unpaid", ["object"], "Pay the fine, or object", "16 December 2026"),
        ("unpaid", [], "Pay the fine.", None),
        ("upheld", [], "Pay the fine.", None),
        ("reduced", [], "Pay the fine.", None),
    ],
)
def test_a_violation_is_to_be_corrected_paid_or_objected_to(me, lists, status, actions, words, day):
    page = example("licences", "ViolationPage", status=status, actions=actions)
    lists["licences"]["/v1/my/violations"] = Reply(200, page)

    shown = me.get("/my/start?lang=en").text

    assert page["items"][0]["violation_no"] in shown
    assert words in shown
    assert ("2026" in shown) is (day is not None)
    assert day is None or day in shown


@pytest.mark.parametrize("status", ["confirmed", "objected", "judicial", "paid", "cancelled"])
def test_a_violation_about_which_others_act_or_that_is_settled_is_no_duty(me, lists, status):
    page = example("licences", "ViolationPage", status=status, actions=[])
    lists["licences"]["/v1/my/violations"] = Reply(200, page)

    assert page["items"][0]["violation_no"] not in me.get("/my/start?lang=en").text


CARDS = [
    *(("permits", "/v1/my/permits", "MyPermitPage", {"next_step": step}) for step in STEPS),
    *(
        ("licences", "/v1/my/licence-applications", "ApplicationPage", {"status": status})
        for status in ("waiting", "returned", "awaiting_payment")
    ),
    *(
        ("licences", "/v1/my/violations", "ViolationPage", {"status": status})
        for status in ("warned", "notified", "unpaid")
    ),
    *(
        ("health-certs", "/v1/my/health-certificate-requests", "RequestPage", {"next_step": step})
        for step in STEPS
    ),
    (
        "transactions", "/v1/my/transactions", "OwnTransactionPage",
        {"next_step": "applicant"},
    ),
    ("reports", "/v1/my/reports", "MyReportPage", {"status": "waiting_reporter"}),
    ("payments", "/v1/my/refunds", "MyRefundPage", {"state": "account_wanted"}),
]  # fmt: skip


@pytest.mark.parametrize("make_page", [example, lean_page], ids=["whole", "lean"])
@pytest.mark.parametrize(("asked", "path", "name", "changes"), CARDS)
def test_each_kind_of_card_is_shown_in_both_languages(
    me, lists, make_page, asked, path, name, changes
):
    """The lean thing has no more than its contract promises: a trade name in Arabic alone, for one."""
    lists[asked][path] = Reply(200, make_page(asked, name, **changes))

    for language in ("ar", "en"):
        shown = me.get(f"/my/start?lang={language}")

        assert shown.status_code == 200
        assert '<li class="card">' in shown.text
        assert "None" not in shown.text


def test_licences_without_an_english_name_are_shown_in_both_languages(me, lists):
    licences = lean_page("licences", "LicencePage")
    lists["licences"]["/v1/my/licences"] = Reply(200, licences)

    for language in ("ar", "en"):
        assert licences["items"][0]["licence_no"] in me.get(f"/my/start?lang={language}").text


def test_a_worker_whose_request_waits_for_the_fee_reads_what_to_do(me, lists):
    page = example("health-certs", "RequestPage", next_step="payment")
    lists["health-certs"]["/v1/my/health-certificate-requests"] = Reply(200, page)

    shown = me.get("/my/start").text

    assert page["items"][0]["request_no"] in shown


def test_the_payer_of_a_refund_is_to_give_an_account_and_has_time(me, lists):
    page = example("payments", "MyRefundPage", state="account_wanted", account=None)
    lists["payments"]["/v1/my/refunds"] = Reply(200, page)

    shown = me.get("/my/start").text

    assert "أدخلوا رقم آيبان باسم من سدد" in shown
    assert ">750.00<" in shown
    assert "بلا موعد محدد" in shown


@pytest.mark.parametrize("state", ["account_given", "being_decided", "agreed", "transferred"])
def test_a_refund_whose_account_is_known_is_no_duty(me, lists, state):
    page = example("payments", "MyRefundPage", state=state)
    lists["payments"]["/v1/my/refunds"] = Reply(200, page)

    assert "لا شيء مطلوب منكم الآن" in me.get("/my/start").text


def test_a_question_about_a_report_is_something_to_do(me, lists):
    asked = example("reports", "MyReportPage", status="waiting_reporter")
    lists["reports"]["/v1/my/reports"] = Reply(200, asked)

    assert "1448104233" in me.get("/my/start").text
    lists["reports"]["/v1/my/reports"] = Reply(200, example("reports", "MyReportPage"))
    assert "1448104233" not in me.get("/my/start").text


@pytest.mark.parametrize(
    ("asked", "path", "name", "changes", "things", "key"),
    [
        (
            "licences", "/v1/my/licence-applications", "ApplicationPage",
            {"status": "returned"}, "/my/licences/applications", "application_id",
        ),
        (
            "licences", "/v1/my/violations", "ViolationPage",
            {"status": "warned"}, "/my/licences/violations", "violation_id",
        ),
        (
            "health-certs", "/v1/my/health-certificate-requests", "RequestPage",
            {"next_step": "payment"}, "/my/health/requests", "request_id",
        ),
        (
            "transactions", "/v1/my/transactions", "OwnTransactionPage",
            {"next_step": "applicant"}, "/my/transactions", "transaction_id",
        ),
        (
            "payments", "/v1/my/refunds", "MyRefundPage",
            {"state": "account_wanted"}, "/my/refunds", "payment_id",
        ),
    ],
)  # fmt: skip
def test_a_duty_leads_to_the_page_of_its_thing(me, lists, asked, path, name, changes, things, key):
    page = example(asked, name, **changes)
    lists[asked][path] = Reply(200, page)

    assert f'href="{things}/{page["items"][0][key]}"' in me.get("/my/start").text


def test_a_duty_whose_thing_has_no_page_leads_to_the_list(me, lists):
    asked = example("reports", "MyReportPage", status="waiting_reporter")
    lists["reports"]["/v1/my/reports"] = Reply(200, asked)

    shown = me.get("/my/start").text

    assert '<p><a href="/my/reports">' in shown


def test_the_lists_are_asked_at_the_same_time(me, asked_services, monkeypatch):
    """Each of two services answers only once the other one is being asked."""
    both = Barrier(2, timeout=10)

    def wait(reply):
        def get(*_, **__):
            both.wait()
            return reply

        return get

    nothing = Reply(200, NOTHING)
    monkeypatch.setattr(asked_services["health-certs"], "get", wait(nothing))
    monkeypatch.setattr(asked_services["transactions"], "get", wait(nothing))

    assert "لا شيء مطلوب منكم الآن" in me.get("/my/start").text


def test_nothing_to_do_is_said_only_when_every_service_said_so(me, lists):
    assert "لا شيء مطلوب منكم الآن" in me.get("/my/start").text
    lists["licences"]["/v1/my/violations"] = None

    shown = me.get("/my/start").text

    assert "لا شيء مطلوب منكم الآن" not in shown
    assert "تعذر الاطلاع الآن على: المخالفات" in shown


@pytest.mark.parametrize("away", LISTS)
def test_a_service_that_is_away_leaves_the_others(me, lists, away):
    lists[away].update(dict.fromkeys(lists[away]))

    answer = me.get("/my/start?lang=en")

    assert answer.status_code == 200
    assert "We can&#39;t look now at" in answer.text
    assert ("permit service isn&#39;t available" in answer.text) is (away == "permits")


def test_an_owner_reads_who_looked_for_the_permit_when_and_why(me, lists):
    lists["permits"][LOOKS] = Reply(200, {"items": [LOOK], "next_cursor": None})

    shown = me.get("/my/start").text

    assert "بحث بالاسم" in shown
    assert "مراجع في الاستقبال يسأل عن رخصته" in shown


def test_a_long_list_says_that_only_its_newest_were_looked_at(me, lists):
    lists["transactions"]["/v1/my/transactions"] = Reply(200, {"items": [], "next_cursor": "c2"})

    assert "نظرنا في أحدث 50 من: المعاملات" in me.get("/my/start").text


def test_of_many_duties_the_most_urgent_are_shown_and_the_others_fold_away(me, lists):
    one = example("reports", "MyReportPage", status="waiting_reporter")["items"][0]
    many = [{**one, "report_number": f"1448{place:06}"} for place in range(13)]
    lists["reports"]["/v1/my/reports"] = Reply(200, {"items": many, "next_cursor": None})

    before, _, folded = me.get("/my/start").text.partition("والمطلوب بعد ذلك (3)")

    assert before.count('<li class="card">') == 10
    assert folded.count('<li class="card">') == 3


def test_while_identity_is_away_the_services_without_a_token_are_away(me, my_issuer):
    my_issuer.is_away = True

    shown = me.get("/my/start").text

    assert "تعذر الاطلاع الآن على: المعاملات" in shown
    assert "تعذر الاطلاع الآن على: رخص البناء" not in shown


def test_once_the_session_at_identity_is_over_the_person_signs_in_anew(me, my_issuer):
    my_issuer.is_over = True

    assert me.get("/my/start").headers["location"].startswith("/my?to=")


def test_who_signed_in_for_one_service_signs_in_for_all_of_them_first(citizen, permits):
    assert citizen.get("/my/start").headers["location"] == "/my/sign-in/my-page"
    assert permits.asked == []


def test_the_pages_of_one_service_work_within_the_same_sign_in(me, lists, permits):
    lists["permits"]["/v1/my/permits"] = Reply(200, example("permits", "MyPermitPage"))

    assert me.get("/my/permits").status_code == 200


def test_a_worn_out_first_token_is_renewed_without_the_browser(browser, lists, my_issuer):
    my_issuer.claims = {"exp": int(datetime.now(UTC).timestamp()) + 5}
    browser.sign_in(MY_PAGE)
    my_issuer.claims = {}

    assert browser.get("/my/start").status_code == 200
    assert my_issuer.exchanges[0][0] == "permits"


def test_the_page_names_the_citizen(browser, my_issuer):
    browser.sign_in(MY_PAGE)

    assert "فاطمة بنت علي (بيانات تجريبية)" in browser.get("/my/start").text
