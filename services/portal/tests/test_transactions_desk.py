"""The desk of transactions: the inbox, one transaction, its actions, and who waits for whom."""

import pytest
from public_asking import example, refusal

from portal.domain.tasks import DECISIONS, DEPARTMENT, REGISTRY
from portal.outside.services import FileReply, Reply

ID = "0195ff10-4d00-7b22-9d3f-000000000901"
LIST, KINDS, WORKLOAD = "/v1/transactions", "/v1/transaction-kinds", "/v1/workload"
ONE, PAGE = f"{LIST}/{ID}", f"/desk/transactions/{ID}"
INBOX = "/desk/transactions"


def shown(**changes):
    return Reply(200, {**example("transactions", "Transaction"), **changes})


@pytest.fixture
def transactions(asked_services):
    service = asked_services["transactions"]
    service.replies |= {
        LIST: Reply(200, example("transactions", "TransactionPage")),
        KINDS: Reply(200, example("transactions", "KindList")),
        WORKLOAD: Reply(200, example("transactions", "Workload")),
        ONE: shown(),
        f"{ONE}/refer": shown(),
        f"{ONE}/decide": shown(status="approved"),
        f"{ONE}/letters": Reply(201, example("transactions", "Letter")),
        f"{ONE}/reveal": shown(),
        f"{ONE}/attachments/{ID}": FileReply(b"%PDF-1.7", "application/pdf"),
    }
    return service


@pytest.fixture
def registrar(browser):
    assert browser.sign_in(REGISTRY).status_code == 303
    return browser


@pytest.fixture
def head(browser):
    assert browser.sign_in(DECISIONS).status_code == 303
    return browser


@pytest.fixture
def engineer(browser):
    assert browser.sign_in(DEPARTMENT).status_code == 303
    return browser


def asked_of(service, path):
    return [content for asked, content in service.asked if asked == path]


def test_the_inbox_begins_with_what_departments_have(registrar, transactions):
    text = registrar.get(INBOX).text

    asked = {"status": "with_department", "limit": 20, "with_counts": "true"}
    assert asked_of(transactions, LIST) == [asked]
    assert f'href="{PAGE}"' in text
    assert "1448/07/04" in text


def test_views_and_filters_reach_the_service_and_what_is_no_code_is_left_out(
    registrar, transactions
):
    registrar.get(f"{INBOX}?view=overdue&department=survey&kind=1000000008")

    filtered = {"overdue": "true", "department": "survey", "limit": 20, "with_counts": "true"}
    assert asked_of(transactions, LIST) == [filtered]


def test_each_view_says_how_many_transactions_it_has_and_keeps_the_filters(registrar, transactions):
    text = registrar.get(f"{INBOX}?department=survey").text

    view = f'href="{INBOX}?view=returned&amp;department=survey">'
    assert f'{view}معادة للاستكمال&nbsp;<bdi dir="ltr">4</bdi></a>' in text


def test_a_transaction_is_found_by_its_number_in_every_state(registrar, transactions):
    found = registrar.post(INBOX, {"number": "١٤٤٨٠٤٧٠٠٠٠١٧"})
    registrar.get(found.headers["location"])

    assert found.headers["location"] == f"{INBOX}?number=1448047000017"
    assert asked_of(transactions, LIST) == [{"number": "1448047000017", "limit": 20}]


@pytest.mark.parametrize("typed", ["1000000008", "0500000001", "", "x"])
def test_an_identity_number_stands_in_no_address_and_is_asked_nowhere(
    registrar, transactions, typed
):
    answer = registrar.post(INBOX, {"number": typed})

    assert answer.status_code == 400
    assert 'href="#number"' in answer.text
    assert transactions.asked == [(KINDS, None)]


def test_a_wrong_number_leaves_the_lists_of_the_filters(registrar, transactions):
    shown = registrar.post(INBOX, {"number": "x"}).text

    assert '<option value="survey-decision"' in shown
    transactions.replies[KINDS] = None
    assert registrar.post(INBOX, {"number": "x"}).status_code == 400


def test_while_the_service_is_away_the_inbox_does_not_say_that_nothing_waits(
    registrar, transactions
):
    transactions.replies[LIST] = None

    answer = registrar.get(INBOX)

    assert answer.status_code == 503
    assert "لا معاملات في هذه القائمة" not in answer.text


@pytest.mark.parametrize(
    ("status", "offered", "missing"),
    [
        ("with_department", "decide", "complete"),
        ("returned", "note", "decide"),
        ("approved", "file", "refer"),
    ],
)
def test_the_page_offers_what_the_state_and_the_scopes_allow(
    head, transactions, status, offered, missing
):
    transactions.replies[ONE] = shown(status=status)

    text = head.get(PAGE).text

    assert f'href="{PAGE}/actions/{offered}"' in text
    assert f'href="{PAGE}/actions/{missing}"' not in text


def test_the_registry_may_refer_on_what_lies_with_another_department(registrar, transactions):
    transactions.replies[ONE] = shown(in_charge=False)

    text = registrar.get(PAGE).text

    assert f'href="{PAGE}/actions/refer"' in text
    assert f'href="{PAGE}/actions/note"' not in text
    assert "وللاتصالات الإدارية أن تحيلها" in text


def test_a_department_refers_nothing_that_another_one_has(engineer, transactions):
    transactions.replies[ONE] = shown(in_charge=False)

    text = engineer.get(PAGE).text

    assert f'href="{PAGE}/actions/refer"' not in text
    assert "ولا يتصرف فيها إلا الإدارة التي هي لديها" in text


def test_an_engineer_decides_nothing(engineer, transactions):
    text = engineer.get(PAGE).text

    assert f'href="{PAGE}/actions/refer"' in text
    assert f'href="{PAGE}/actions/decide"' not in text


def test_a_referral_names_department_days_and_words_and_leads_to_the_list(engineer, transactions):
    form = engineer.get(f"{PAGE}/actions/refer").text
    typed = {"department": "survey", "note": "لإبداء الرأي", "working_days": "٣"}
    done = engineer.post(f"{PAGE}/actions/refer", typed)

    assert '<option value="survey">' in form
    assert asked_of(transactions, f"{ONE}/refer") == [{**typed, "working_days": 3}]
    assert done.headers["location"] == f"{INBOX}?done=refer"


def test_a_decision_leads_back_to_the_transaction(head, transactions):
    done = head.post(f"{PAGE}/actions/decide", {"outcome": "approved", "note": "لا مانع"})

    assert asked_of(transactions, f"{ONE}/decide") == [{"outcome": "approved", "note": "لا مانع"}]
    assert done.headers["location"] == f"{PAGE}?done=decide"


@pytest.mark.parametrize("name", ["refer", "return", "decide", "file"])
def test_a_move_is_sent_with_the_version_that_the_officer_reads(head, transactions, name):
    status = "approved" if name == "file" else "with_department"
    transactions.replies[ONE] = shown(version=7, status=status)
    transactions.replies[f"{ONE}/{name}"] = shown()
    typed = {"department": "legal", "outcome": "approved", "note": "لا مانع", "reason": "انتهت"}

    form = head.get(f"{PAGE}/actions/{name}").text
    head.post(f"{PAGE}/actions/{name}", {**typed, "version": "7"})

    assert 'name="version" value="7"' in form
    assert transactions.versions == [7]


def test_a_letter_is_issued_once_for_each_form(head, transactions):
    letter = {"key": "k-1", "subject": "إفادة", "body": "نفيدكم بأنه لا مانع."}
    head.post(f"{PAGE}/actions/letter", letter)

    assert transactions.keys == ["k-1"]
    assert asked_of(transactions, f"{ONE}/letters") == [
        {"subject": "إفادة", "body": "نفيدكم بأنه لا مانع."}
    ]


def test_a_transaction_of_another_department_is_refused_in_the_words_of_the_service(
    engineer, transactions
):
    transactions.replies[f"{ONE}/refer"] = refusal("other-department", status=403)

    answer = engineer.post(f"{PAGE}/actions/refer", {"department": "survey", "note": "رأي"})

    assert answer.status_code == 403
    assert "فسرها" in answer.text
    assert ">رأي</textarea>" in answer.text


def test_a_missing_outcome_is_named_beside_its_input(head, transactions):
    transactions.replies[f"{ONE}/decide"] = refusal(
        "invalid-request", ("outcome", "اختاروا القرار"), status=400
    )

    assert 'href="#outcome"' in head.post(f"{PAGE}/actions/decide", {"note": "لا مانع"}).text


def test_the_applicant_is_shown_for_a_reason(registrar, transactions):
    answer = registrar.post(f"{PAGE}/actions/reveal", {"reason": "الاتصال به"})

    assert asked_of(transactions, f"{ONE}/reveal") == [{"reason": "الاتصال به"}]
    assert "10******08" in answer.text


def test_the_number_of_a_confidential_entry_is_shown_to_a_registry_that_may_not_read_it(
    registrar, transactions
):
    typed = {"kind": "staff-inquiry", "channel": "counter", "key": "form-1"}
    made = {**example("transactions", "Transaction"), "confidential": True}
    transactions.replies[LIST] = Reply(201, {**made, "in_charge": False})
    unseen = registrar.post(f"{INBOX}/new", typed)
    transactions.replies[LIST] = Reply(201, {**made, "in_charge": True})
    own = registrar.post(f"{INBOX}/new", {**typed, "key": "form-2"})

    assert (unseen.status_code, made["number"] in unseen.text) == (200, True)
    assert own.headers["location"] == f"{PAGE}?done=entry"


def test_a_decided_transaction_shows_its_outcome_and_no_due_day(registrar, transactions):
    transactions.replies[ONE] = shown(status="filed", outcome="approved")

    text = registrar.get(PAGE).text

    assert "القرار" in text
    assert "تُنجز هذه الخطوة حتى" not in text


def test_a_confidential_transaction_of_another_department_shows_no_applicant(
    engineer, transactions
):
    transactions.replies[ONE] = shown(confidential=True, applicant=None, subject=None)

    assert "سرية" in engineer.get(PAGE).text


def test_the_head_sees_what_is_late_and_who_waits_for_whom(head, transactions):
    text = head.get(f"{INBOX}/workload").text

    assert f'href="{INBOX}?view=overdue&amp;department=survey"' in text
    assert "إدارة التخطيط العمراني" in text


def test_an_engineer_oversees_nothing(engineer, transactions):
    assert engineer.get(f"{INBOX}/workload").status_code == 403


def test_a_file_is_sent_on(engineer, transactions):
    assert engineer.get(f"{PAGE}/documents/{ID}").content == b"%PDF-1.7"


def test_a_lost_referral_keeps_the_department_that_was_chosen(engineer, transactions):
    transactions.replies |= {f"{ONE}/refer": None, ONE: None}

    answer = engineer.post(f"{PAGE}/actions/refer", {"department": "survey", "note": "رأي"})

    assert answer.status_code == 503
    assert 'name="department" value="survey"' in answer.text
    assert ">رأي</textarea>" in answer.text


def test_an_action_without_its_scope_has_no_form(engineer, transactions):
    assert engineer.get(f"{PAGE}/actions/decide").status_code == 403
    assert engineer.post(f"{PAGE}/actions/decide", {"outcome": "approved"}).status_code == 403
    assert asked_of(transactions, f"{ONE}/decide") == []


@pytest.mark.parametrize("done", ["return", "decide"])
@pytest.mark.parametrize(
    ("mobile", "confidential", "said"),
    [
        ("+966******001", False, "طُلب إرسال رسالة نصية إلى جوال مقدمها."),
        (None, False, "لا جوال لمقدمها في القيد، فلا تصله رسالة: أبلغوه بأنفسكم."),
        ("+966******001", True, "المعاملة سرية، فلا تُرسل عنها رسالة: أبلغوا مقدمها بأنفسكم."),
    ],
)
def test_the_page_says_that_the_applicant_is_told_only_where_a_text_goes_out(
    head, transactions, done, mobile, confidential, said
):
    applicant = {**example("transactions", "Transaction")["applicant"], "mobile": mobile}
    transactions.replies[ONE] = shown(applicant=applicant, confidential=confidential)

    text = head.get(f"{PAGE}?done={done}").text

    assert said in text
    assert "أُبلغ" not in text


@pytest.mark.parametrize(
    ("confidential", "said"),
    [
        (False, "يقرأ مقدم المعاملة خطابه في صفحتها إن دخل بحسابه"),
        (True, "المعاملة سرية، فلا تُرسل عنها رسالة: أبلغوا مقدمها بأنفسكم."),
    ],
)
def test_the_page_says_how_an_applicant_gets_a_letter(head, transactions, confidential, said):
    transactions.replies[ONE] = shown(confidential=confidential)

    assert said in head.get(f"{PAGE}?done=letter").text


def test_a_note_says_nothing_about_a_text(head, transactions):
    assert "رسالة" not in head.get(f"{PAGE}?done=note").text


def test_the_number_of_an_applicant_is_not_called_optional(registrar, transactions):
    text = registrar.get(f"{INBOX}/new").text

    assert "رقم الهوية أو الرقم الموحد (اختياري)" not in text
    assert "يُترك فارغًا لجهة حكومية" in text
