"""A citizen reads what money goes back, and gives the account to which it goes."""

import pytest
from lean_documents import lean_page

from chassis.core import contracts
from portal.domain.tasks import MY_REFUNDS
from portal.outside.services import Reply

REFUND = contracts.openapi("payments")["components"]["examples"]["MyRefund"]["value"]
PAGE, LIST = "/my/refunds", "/v1/my/refunds"
OWN, PATH = f"{PAGE}/{REFUND['payment_id']}", f"{LIST}/{REFUND['payment_id']}"
WANTED = {**REFUND, "state": "account_wanted", "account": None}
FORM = f'action="{OWN}"'


@pytest.fixture
def payments(asked_services):
    """The service, at which one refund waits for its account."""
    payments = asked_services["payments"]
    payments.replies[LIST] = Reply(200, {"items": [WANTED], "next_cursor": None})
    payments.replies[PATH] = Reply(200, WANTED)
    payments.replies[f"{PATH}/account"] = Reply(200, REFUND)
    return payments


@pytest.fixture
def payer(browser, payments):
    """The browser of a citizen who came for the refunds."""
    assert browser.sign_in(MY_REFUNDS).headers["location"] == PAGE
    return browser


def test_the_list_says_how_much_goes_back_and_why_and_leads_to_the_account(payer):
    shown = payer.get(PAGE).text

    for words in ("750.00", "سُددت الفاتورة من قبل", "طلب ترخيص", "144800012", "إدخال الحساب"):
        assert words in shown
    assert f'href="{OWN}"' in shown


def test_who_gets_no_money_back_reads_so(payer, payments):
    payments.replies[LIST] = Reply(200, {"items": [], "next_cursor": None})

    assert "لا مبلغ يُرد إليكم" in payer.get(PAGE).text


@pytest.mark.parametrize("language", ["ar", "en"])
def test_a_lean_refund_is_shown(payer, payments, language):
    payments.replies[LIST] = Reply(200, lean_page("payments", "MyRefundPage"))

    shown = payer.get(f"{PAGE}?lang={language}")

    assert shown.status_code == 200
    assert "None" not in shown.text


def test_the_account_is_given_and_the_page_shows_its_ends(payer, payments):
    answer = payer.post(OWN, {"iban": "SA03 8000 0000 6080 1016 7519"})

    assert (f"{PATH}/account", {"iban": "SA03 8000 0000 6080 1016 7519"}) in payments.asked
    assert answer.headers["location"] == f"{OWN}?done=my_refund"
    payments.replies[PATH] = Reply(200, REFUND)
    shown = payer.get(answer.headers["location"]).text
    assert "حُفظ رقم الحساب" in shown
    assert "SA03****************7519" in shown
    assert FORM in shown, "another account may take its place"


@pytest.mark.parametrize("state", ["being_decided", "agreed", "transferred"])
def test_while_people_decide_there_is_no_form(payer, payments, state):
    sent = {"transfer": "TR-9", "transferred_at": "2026-12-01T21:30:00Z"}
    payments.replies[PATH] = Reply(200, {**REFUND, "state": state, **sent})

    shown = payer.get(OWN).text

    assert FORM not in shown
    assert "TR-9" in shown
    assert "2 ديسمبر 2026" in shown, "Riyadh's day"


def test_a_wrong_account_is_named_beside_its_field_and_stays(payer, payments):
    errors = [{"field": "iban", "detail": "رقم الآيبان غير صحيح؛ راجعوا أرقامه"}]
    payments.replies[f"{PATH}/account"] = Reply(
        400, {"type": "…/invalid-request", "errors": errors}
    )

    answer = payer.post(OWN, {"iban": "SA0380000000608010167518"})

    assert answer.status_code == 400
    assert '<a href="#iban">' in answer.text
    assert "SA0380000000608010167518" in answer.text


def test_who_was_slower_than_the_accountant_reads_why(payer, payments):
    title = "لا يُطلب لهذا المبلغ حساب"
    refusal = {"type": "…/account-not-wanted", "title": title, "detail": title, "status": 409}
    payments.replies[f"{PATH}/account"] = Reply(409, refusal)

    answer = payer.post(OWN, {"iban": "SA0380000000608010167519"})

    assert answer.status_code == 409
    assert title in answer.text


def test_another_persons_refund_is_not_found(payer, payments):
    payments.replies[PATH] = Reply(404, {"type": "…/not-found", "title": "لا يوجد", "status": 404})

    assert payer.get(OWN).status_code == 404
