"""A form whose answer got lost, and that was changed before it was sent again: it says that the first one was carried
out, and the next press is accepted."""

import re

import pytest
from desk_permits_shown import asked_at, permit_replies, shown_at, thing
from licences_shown import LICENCE, LICENCE_NO, licence_replies
from permits_shown import PERMIT_ID
from public_asking import example
from reports_shown import REPORT_ID, report, report_replies
from sqlalchemy import select

from portal.domain.tasks import (
    DECISIONS,
    INSPECTION,
    MY_LICENCES,
    MY_TRANSACTIONS,
    PERMIT_OFFICE,
    REFERRAL,
)
from portal.models import SavedForm
from portal.outside.services import Reply

ID = "0195ff10-4d00-7b22-9d3f-000000000901"
USED = Reply(422, {"type": "urn:qatif:problem/idempotency-key-used", "title": "مفتاح مستخدم"})
APPLIED = Reply(201, example("licences", "Application"))
REPORT, HELD = f"/desk/reports/{REPORT_ID}", f"/my/licences/held/{LICENCE_NO}"
# Task, service, the service's path, the page of the form, what is typed, where the first form is found, the answer.
FORMS = {
    "report": (
        REFERRAL, "reports", f"/v1/reports/{REPORT_ID}/refer", f"{REPORT}/actions/refer",
        {"version": "7", "department": "drainage", "note": "كلمات"}, REPORT, Reply(200, report()),
    ),
    "permit": (
        PERMIT_OFFICE, "permits", f"{asked_at('requests')}/return",
        f"{shown_at('requests')}/actions/return", {"version": "7", "notes": "كلمات"},
        shown_at("requests"), Reply(200, thing("requests")),
    ),
    "letter": (
        DECISIONS, "transactions", f"/v1/transactions/{ID}/letters",
        f"/desk/transactions/{ID}/actions/letter", {"subject": "إفادة", "body": "كلمات"},
        f"/desk/transactions/{ID}", Reply(201, example("transactions", "Letter")),
    ),
    "transaction": (
        MY_TRANSACTIONS, "transactions", "/v1/my/transactions", "/my/transactions/new",
        {"action": "send", "kind": "survey-decision", "municipality": "saihat", "subject": "كلمات"},
        "/my/transactions", Reply(201, example("transactions", "OwnTransaction")),
    ),
    "end of a licence": (
        MY_LICENCES, "licences", f"{LICENCE}/cancellation", f"{HELD}/end",
        {"reason": "كلمات"}, HELD, APPLIED,
    ),
    "renewal": (
        MY_LICENCES, "licences", f"{LICENCE}/renewal", f"{HELD}/renewal",
        {"years": "2"}, "/my/licences", APPLIED,
    ),
    "inspection": (
        INSPECTION, "partner-gateway", "/v1/insulation-inspections",
        f"/sec/permits/{PERMIT_ID}/inspection", {"stage": "roof", "defects": "كلمات"},
        f"/sec/permits/{PERMIT_ID}", Reply(202, {"entry_id": ID}),
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def answering(asked_services):
    asked_services["reports"].replies |= report_replies()
    asked_services["permits"].replies |= permit_replies()
    asked_services["licences"].replies |= licence_replies()
    asked_services["transactions"].replies |= {
        "/v1/transaction-kinds": Reply(200, example("transactions", "KindList")),
        f"/v1/transactions/{ID}": Reply(200, example("transactions", "Transaction")),
    }


def key_of(page):
    return re.search(r'name="key" value="([^"]+)"', page)[1]


@pytest.mark.parametrize("name", FORMS)
def test_a_used_key_is_replaced_and_the_page_leads_to_what_was_carried_out(
    browser, asked_services, name
):
    task, service, path, page, typed, saved_at, answer = FORMS[name]
    asked_services[service].replies[path] = USED
    browser.sign_in(task)

    shown = browser.post(page, {**typed, "key": "k-1"})

    assert shown.status_code == 422
    assert f'<a href="{saved_at}">نُفذ هذا النموذج' in shown.text
    assert "كلمات" in shown.text or "كلمات" not in typed.values()
    assert key_of(shown.text) != "k-1"
    asked_services[service].replies[path] = answer
    assert browser.post(page, {**typed, "key": key_of(shown.text)}).status_code == 303


def test_a_form_that_waits_for_a_token_is_filled_in_at_its_own_page_only(browser, session):
    browser.sign_in(REFERRAL)
    kept = browser.post("/desk/search", {"number": "", "mobile": "0500000001"}).headers["location"]
    form_id = session.scalar(select(SavedForm.form_id))

    assert "0500000001" in browser.get(kept).text
    assert "0500000001" not in browser.get(f"{REPORT}/actions/refer?form={form_id}").text
    assert browser.get(f"/desk/referrals/{form_id}").status_code == 404
