"""A citizen's transactions: the list, one of them, entering, completing, withdrawing."""

from datetime import UTC, datetime

import pytest
from public_asking import example, refusal

from pages.origins import csrf_token
from portal.domain.areas import MY
from portal.domain.tasks import MY_TRANSACTIONS
from portal.outside.services import FileReply, Reply

ID = "0195ff10-4d00-7b22-9d3f-000000000901"
FILE_ID, LETTER_ID = ID[:-3] + "911", ID[:-3] + "921"
MINE, KINDS, UPLOADS = (
    "/v1/my/transactions",
    "/v1/transaction-kinds",
    "/v1/my/transaction-attachments",
)
ONE, PAGE = f"{MINE}/{ID}", f"/my/transactions/{ID}"
NEW, ANSWERS = "/my/transactions/new", "/my/transactions/answers"
ENTRY = {
    "action": "send",
    "key": "k-1",
    "kind": "survey-decision",
    "municipality": "saihat",
    "subject": "قرار مساحي (بيانات تجريبية)",
}
PDF = ("صورة الصك.pdf", b"%PDF-1.7", "application/pdf")
OWN = {"Sec-Fetch-Site": "same-origin", "Origin": "https://services.example"}


def own(**changes):
    return Reply(200, {**example("transactions", "OwnTransaction"), **changes})


@pytest.fixture
def transactions(asked_services):
    service = asked_services["transactions"]
    entered = example("transactions", "OwnTransaction")
    service.replies |= {
        MINE: Reply(201, {**entered, **example("transactions", "OwnTransactionPage")}),
        KINDS: Reply(200, example("transactions", "KindList")),
        UPLOADS: Reply(201, example("transactions", "Attachment")),
        ONE: own(),
        f"{ONE}/answer": own(),
        f"{ONE}/withdraw": own(status="withdrawn"),
        f"{ONE}/attachments/{FILE_ID}": FileReply(b"\xff\xd8\xff", "image/jpeg"),
        f"{ONE}/letters/{LETTER_ID}/document": FileReply(b"%PDF-1.7", "application/pdf"),
    }
    return service


@pytest.fixture
def applicant(browser):
    assert browser.sign_in(MY_TRANSACTIONS).status_code == 303
    return browser


def send(browser, path, form, file=None):
    """Sends a form with a file, as the page does."""
    typed = {"csrf_token": csrf_token(browser.cookies[MY.cookie]), **form}
    return browser.send(path, typed, OWN, {"file": file} if file else None)


def entered(service):
    return [body for path, body in service.asked if path == MINE and body and "kind" in body]


def test_the_list_says_what_is_next_and_until_when(applicant, transactions):
    text = applicant.get("/my/transactions").text

    assert "1448047000017" in text
    assert "تنظر الإدارة المختصة في المعاملة" in text
    assert "4 رجب 1448" in text


def test_who_has_no_transaction_reads_so_and_an_absent_service_does_not_say_so(
    applicant, transactions
):
    transactions.replies[MINE] = Reply(200, {"items": [], "next_cursor": None})
    empty = applicant.get("/my/transactions").text
    transactions.replies[MINE] = None
    away = applicant.get("/my/transactions")

    assert "لا معاملات باسمكم" in empty
    assert away.status_code == 503
    assert "لا معاملات باسمكم" not in away.text


def test_a_transaction_shows_papers_letters_and_moves(applicant, transactions):
    text = applicant.get(PAGE).text

    assert f'href="{PAGE}/letters/{LETTER_ID}"' in text
    assert f'href="{PAGE}/documents/{FILE_ID}"' in text
    assert "صورة الصك" in text
    assert f'href="{PAGE}/answer"' not in text


def test_files_and_letters_are_sent_on_and_nothing_else(applicant, transactions):
    picture = applicant.get(f"{PAGE}/documents/{FILE_ID}")
    letter = applicant.get(f"{PAGE}/letters/{LETTER_ID}")
    transactions.replies[f"{ONE}/attachments/{FILE_ID}"] = FileReply(b"<script>", "text/html")

    assert picture.headers["content-type"] == "image/jpeg"
    assert letter.headers["content-disposition"].startswith("attachment;")
    assert applicant.get(f"{PAGE}/documents/{FILE_ID}").status_code == 404


def test_a_transaction_is_entered_with_its_papers_once_for_each_form(applicant, transactions):
    attached = send(applicant, NEW, {**ENTRY, "action": "attach", "paper": "deed"}, PDF).text
    document = f"{FILE_ID} deed صورة الصك.pdf"
    done = send(applicant, NEW, {**ENTRY, "document": document})

    assert f'name="document" value="{document}"' in attached
    assert "أوراق لم تُرفق بعد" not in attached
    (body,) = entered(transactions)
    assert body["documents"] == [{"attachment_id": FILE_ID, "paper": "deed"}]
    assert body["municipality"] == "saihat"
    assert transactions.keys == ["k-1"]
    assert done.headers["location"] == f"{PAGE}?done=entered"


def test_a_file_that_is_sent_with_the_form_goes_along(applicant, transactions):
    send(applicant, NEW, ENTRY, PDF)

    (body,) = entered(transactions)
    assert body["documents"] == [{"attachment_id": FILE_ID}]


def test_a_removed_file_is_not_entered(applicant, transactions):
    document = f"{FILE_ID} deed صورة الصك.pdf"
    text = send(applicant, NEW, {**ENTRY, "action": f"remove:{FILE_ID}", "document": document}).text

    assert document not in text
    assert entered(transactions) == []


def test_a_refused_file_is_named_beside_its_input_and_loses_no_word(applicant, transactions):
    transactions.replies[UPLOADS] = refusal("invalid-request", ("file", "ليس صورة"), status=400)

    answer = send(applicant, NEW, {**ENTRY, "action": "attach"}, PDF)

    assert 'href="#documents"' in answer.text
    assert "قرار مساحي (بيانات تجريبية)</textarea>" in answer.text


def test_every_fault_of_the_service_leads_to_its_input(applicant, transactions):
    transactions.replies[MINE] = refusal(
        "invalid-request",
        ("municipality", "اختاروا"),
        ("documents", "صورة الصك ناقصة"),
        status=400,
    )

    answer = send(applicant, NEW, ENTRY)

    assert 'href="#municipality"' in answer.text
    assert 'href="#documents"' in answer.text


def test_a_lost_answer_keeps_the_form_with_its_key(applicant, transactions):
    transactions.replies[MINE] = None

    answer = send(applicant, NEW, ENTRY)

    assert answer.status_code == 503
    assert 'name="key" value="k-1"' in answer.text
    assert "قرار مساحي (بيانات تجريبية)</textarea>" in answer.text


def test_a_worn_out_token_keeps_what_was_typed_and_says_that_the_file_is_lost(
    applicant, transactions, my_issuer
):
    my_issuer.claims = {"exp": int(datetime.now(UTC).timestamp()) + 5}
    applicant.sign_in(MY_TRANSACTIONS)
    kept = send(applicant, NEW, ENTRY, PDF).headers["location"]
    my_issuer.claims = {}
    applicant.sign_in(MY_TRANSACTIONS)

    text = applicant.get(kept).text

    assert "قرار مساحي (بيانات تجريبية)</textarea>" in text
    assert "لم يصل الملف" in text
    assert entered(transactions) == []


def test_a_kind_that_is_not_on_line_cannot_be_chosen(applicant, transactions):
    kinds = example("transactions", "KindList")
    offline = {**kinds["items"][0], "code": "land-grant", "online": False}
    transactions.replies[KINDS] = Reply(200, {**kinds, "items": [*kinds["items"], offline]})

    text = applicant.get(f"{NEW}?kind=land-grant").text

    assert f'href="{NEW}?kind=survey-decision"' in text
    assert f'href="{NEW}?kind=land-grant"' not in text


def test_a_returned_transaction_is_completed(applicant, transactions):
    transactions.replies[ONE] = own(status="returned", answer_until="2026-12-20")
    offered = applicant.get(PAGE).text

    form = {"action": "send", "transaction_id": ID, "text": "أرفقت الصك"}
    done = send(applicant, ANSWERS, {**form, "document": f"{FILE_ID} deed صك.pdf"})

    assert f'href="{PAGE}/answer"' in offered
    sent = {"text": "أرفقت الصك", "documents": [{"attachment_id": FILE_ID, "paper": "deed"}]}
    assert (f"{ONE}/answer", sent) in transactions.asked
    assert done.headers["location"] == f"{PAGE}?done=answered"


def test_an_answer_that_comes_too_late_keeps_its_words(applicant, transactions):
    transactions.replies[f"{ONE}/answer"] = refusal("illegal-transition")

    answer = send(applicant, ANSWERS, {"action": "send", "transaction_id": ID, "text": "أرفقت"})

    assert answer.status_code == 409
    assert ">أرفقت</textarea>" in answer.text


def test_an_answer_to_nothing_is_not_found(applicant, transactions):
    assert send(applicant, ANSWERS, {"transaction_id": "x", "text": "أرفقت"}).status_code == 404


def test_a_transaction_is_withdrawn_by_a_form(applicant, transactions):
    done = applicant.post(PAGE, {})

    assert done.headers["location"] == f"{PAGE}?done=withdrawn"
    assert (f"{ONE}/withdraw", {}) in transactions.asked


def test_a_withdrawal_that_is_refused_says_why(applicant, transactions):
    transactions.replies[f"{ONE}/withdraw"] = refusal("illegal-transition")

    answer = applicant.post(PAGE, {})

    assert answer.status_code == 409
    assert "فسرها" in answer.text


def test_the_second_press_of_a_withdrawal_reads_that_it_is_withdrawn(applicant, transactions):
    transactions.replies[f"{ONE}/withdraw"] = refusal("illegal-transition")
    transactions.replies[ONE] = own(status="withdrawn")

    assert applicant.post(PAGE, {}).headers["location"] == f"{PAGE}?done=withdrawn"
