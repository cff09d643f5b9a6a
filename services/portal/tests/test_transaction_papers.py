"""The papers that the registry takes at the counter: with an entry, and with what an applicant completes."""

import re
from datetime import UTC, datetime

import pytest
from public_asking import example, refusal

from portal.domain.tasks import DEPARTMENT, REGISTRY
from portal.outside.services import Reply

ID = "0195ff10-4d00-7b22-9d3f-000000000901"
LIST, KINDS, UPLOADS = "/v1/transactions", "/v1/transaction-kinds", "/v1/attachments"
ONE, PAGE = f"{LIST}/{ID}", f"/desk/transactions/{ID}"
NEW, COMPLETIONS = "/desk/transactions/new", "/desk/transactions/completions"
ENTRY = {"key": "k-1", "kind": "incoming-letter", "channel": "body", "subject": "طلب إفادة"}
ANSWER = {"key": "k-1", "transaction_id": ID, "text": "أحضر الصك"}
FILE_ID = example("transactions", "Attachment")["attachment_id"]
LETTER, DEED = f"{FILE_ID} letter أصل الخطاب.pdf", f"{ID} deed صك.jpg"
PDF = {"file": ("أصل الخطاب.pdf", b"%PDF-1.7", "application/pdf")}
# Each form: its address, and what is typed.
FORMS = {"entry": (NEW, ENTRY), "completion": (COMPLETIONS, ANSWER)}
BY_FORM = pytest.mark.parametrize("name", FORMS)
PAPER = {"code": "letter", "ar": "أصل الخطاب", "en": "The letter itself"}


@pytest.fixture
def transactions(asked_services):
    service = asked_services["transactions"]
    kinds = example("transactions", "KindList")
    letter = {**kinds["items"][0], "code": "incoming-letter", "online": False, "papers": [PAPER]}
    shown = {**example("transactions", "Transaction"), "status": "returned"}
    service.replies |= {
        LIST: Reply(201, shown),
        KINDS: Reply(200, {**kinds, "items": [*kinds["items"], letter, letter]}),
        UPLOADS: Reply(201, example("transactions", "Attachment")),
        ONE: Reply(200, shown),
        f"{ONE}/complete": Reply(200, shown),
    }
    return service


@pytest.fixture
def registrar(browser):
    assert browser.sign_in(REGISTRY).status_code == 303
    return browser


def sent_to(service, path):
    return [body for asked, body in service.asked if asked == path and body]


def papers_of(text):
    return re.findall(r'<option value="([^"]*)"', text.partition('name="paper"')[2])


def test_an_incoming_letter_is_entered_with_its_scan_once_for_each_form(registrar, transactions):
    attached = registrar.send_files(NEW, {**ENTRY, "action": "attach", "paper": "letter"}, PDF)
    done = registrar.post(NEW, {**ENTRY, "document": LETTER})

    assert f'name="document" value="{LETTER}"' in attached.text
    assert ">طلب إفادة</textarea>" in attached.text
    assert 'name="key" value="k-1"' in attached.text
    (body,) = sent_to(transactions, LIST)
    assert body["documents"] == [{"attachment_id": FILE_ID, "paper": "letter"}]
    assert transactions.keys == ["k-1"]
    assert done.headers["location"] == f"{PAGE}?done=entry"


def test_the_papers_of_every_kind_can_be_chosen_each_once(registrar, transactions):
    assert papers_of(registrar.get(NEW).text) == ["", "deed", "letter"]


def test_a_completion_offers_the_papers_that_are_missing(registrar, transactions):
    offered = registrar.get(PAGE).text
    text = registrar.get(f"{PAGE}/actions/complete").text

    assert f'href="{PAGE}/actions/complete"' in offered
    assert f'action="{COMPLETIONS}" enctype="multipart/form-data"' in text
    assert papers_of(text) == ["", "deed"]


def test_a_completion_is_recorded_with_its_papers_once_for_each_form(registrar, transactions):
    done = registrar.post(COMPLETIONS, {**ANSWER, "document": [DEED, LETTER]})

    assert sent_to(transactions, f"{ONE}/complete") == [
        {
            "text": "أحضر الصك",
            "documents": [
                {"attachment_id": ID, "paper": "deed"},
                {"attachment_id": FILE_ID, "paper": "letter"},
            ],
        }
    ]
    assert transactions.keys == ["k-1"]
    assert done.headers["location"] == f"{PAGE}?done=complete"


def test_a_completion_without_a_paper_names_none(registrar, transactions):
    registrar.post(COMPLETIONS, ANSWER)

    assert sent_to(transactions, f"{ONE}/complete") == [{"text": "أحضر الصك"}]


@BY_FORM
def test_a_file_that_is_sent_with_the_form_goes_along(registrar, transactions, name):
    address, typed = FORMS[name]

    registrar.send_files(address, {**typed, "paper": "letter", "document": DEED}, PDF)

    (body,) = [one for path in (LIST, f"{ONE}/complete") for one in sent_to(transactions, path)]
    assert [one["paper"] for one in body["documents"]] == ["deed", "letter"]


@BY_FORM
def test_a_removed_file_leaves_the_others_and_sends_nothing(registrar, transactions, name):
    address, typed = FORMS[name]

    text = registrar.post(
        address, {**typed, "document": [DEED, LETTER], "action": f"remove:{FILE_ID}"}
    ).text

    assert DEED in text
    assert LETTER not in text
    assert transactions.keys == []


@BY_FORM
def test_a_refused_file_keeps_the_paper_the_other_files_and_the_words(
    registrar, transactions, name
):
    address, typed = FORMS[name]
    transactions.replies[UPLOADS] = refusal("invalid-request", ("file", "ليس صورة"), status=400)
    chosen = {"action": "attach", "paper": "deed", "document": LETTER}

    answer = registrar.send_files(address, {**typed, **chosen}, PDF)

    assert answer.status_code == 400
    assert 'href="#documents"' in answer.text
    assert '<option value="deed" selected>' in answer.text
    assert LETTER in answer.text
    assert f">{typed.get('subject', typed.get('text'))}</textarea>" in answer.text


@BY_FORM
def test_attaching_no_file_says_so(registrar, transactions, name):
    address, typed = FORMS[name]

    assert "اختاروا ملفًا أولًا" in registrar.post(address, {**typed, "action": "attach"}).text
    assert transactions.keys == []


@BY_FORM
def test_a_fault_of_a_paper_leads_to_the_files_and_keeps_them(registrar, transactions, name):
    address, typed = FORMS[name]
    refused = refusal("invalid-request", ("documents.0.paper", "لا ورقة كهذه"), status=400)
    transactions.replies |= {LIST: refused, f"{ONE}/complete": refused}

    text = registrar.post(address, {**typed, "document": LETTER}).text

    assert 'href="#documents"' in text
    assert LETTER in text


@BY_FORM
def test_while_the_service_is_away_the_form_keeps_its_files_and_its_key(
    registrar, transactions, name
):
    address, typed = FORMS[name]
    transactions.replies |= {LIST: None, f"{ONE}/complete": None, ONE: None}

    answer = registrar.post(address, {**typed, "document": LETTER})

    assert answer.status_code == 503
    assert LETTER in answer.text
    assert 'name="key" value="k-1"' in answer.text


@BY_FORM
def test_a_worn_out_token_keeps_the_files_that_were_sent_and_says_that_the_last_is_lost(
    registrar, transactions, desk_issuer, name
):
    address, typed = FORMS[name]
    desk_issuer.claims = {"exp": int(datetime.now(UTC).timestamp()) + 5}
    registrar.sign_in(REGISTRY)
    kept = registrar.send_files(address, {**typed, "document": DEED}, PDF).headers["location"]
    desk_issuer.claims = {}
    registrar.sign_in(REGISTRY)

    text = registrar.get(kept).text

    assert DEED in text
    assert 'name="key" value="k-1"' in text
    assert "لم يصل الملف" in text
    assert transactions.keys == []


def test_a_completion_that_comes_too_late_keeps_its_words(registrar, transactions):
    transactions.replies[f"{ONE}/complete"] = refusal("illegal-transition")

    answer = registrar.post(COMPLETIONS, {**ANSWER, "document": DEED})

    assert answer.status_code == 409
    assert ">أحضر الصك</textarea>" in answer.text
    assert DEED in answer.text


def test_a_completion_of_nothing_is_not_found(registrar, transactions):
    assert registrar.post(COMPLETIONS, {"transaction_id": "x", "text": "كلمات"}).status_code == 404


def test_the_number_of_a_confidential_entry_with_papers_is_shown_once(registrar, transactions):
    made = {**example("transactions", "Transaction"), "confidential": True, "in_charge": False}
    transactions.replies[LIST] = Reply(201, made)

    answer = registrar.post(NEW, {**ENTRY, "document": LETTER})

    assert (answer.status_code, made["number"] in answer.text) == (200, True)


def test_a_department_records_no_completion(browser, transactions):
    browser.sign_in(DEPARTMENT)

    assert browser.get(f"{PAGE}/actions/complete").status_code == 403
    assert browser.post(COMPLETIONS, ANSWER).status_code == 403
    assert transactions.keys == []
