"""Transactions over HTTP: the desk, the citizen, letters and their verification."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import update

from chassis.core.ids import new_id
from chassis.data.aggregates import history
from saudi.days import legal_day
from transactions.models import Transaction

from .people import APPLICANT, NEIGHBOUR, SHOP, entry, own_entry

STAFF = (
    "transactions.read transactions.enter transactions.process transactions.decide"
    " transactions.reveal transactions.oversee"
)
CHANGED = "https://e-services.qatif.gov.sa/problems/transaction-changed"
BOTH = "administrative-communications survey"


@pytest.fixture
def desk(token: Any) -> dict[str, str]:
    """An officer of Saihat who is both registry and survey department."""
    made: dict[str, str] = token(
        STAFF, municipality="saihat", departments=BOTH, name="موظف (بيانات تجريبية)"
    )
    return made


@pytest.fixture
def post(client: Any) -> Callable[..., Any]:
    """`post(path, body, headers)` sends JSON with a key of its own."""

    def send(path: str, body: Any, headers: dict[str, str], key: str | None = None) -> Any:
        keyed = {"Idempotency-Key": key or new_id()}
        return client.post(path, json=body, headers={**headers, **keyed})

    return send


@pytest.fixture
def entered(post: Any, desk: Any) -> Callable[..., dict[str, Any]]:
    def make(**changes: Any) -> dict[str, Any]:
        answer = post("/v1/transactions", entry(**changes), desk)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    return make


@pytest.fixture
def moved(client: Any, desk: Any) -> Callable[..., Any]:
    def move(transaction: dict[str, Any], step: str, **body: Any) -> Any:
        path = f"/v1/transactions/{transaction['transaction_id']}/{step}"
        return client.post(path, json=body, headers=desk)

    return move


def picture() -> bytes:
    made = BytesIO()
    Image.new("RGB", (40, 30), "white").save(made, "PNG")
    return made.getvalue()


def test_an_entry_is_shown_with_both_calendars_and_a_masked_applicant(entered: Any) -> None:
    shown = entered()

    assert shown["number"].endswith("047000001")
    assert shown["entered_on_hijri"]
    assert shown["due_on_hijri"]
    assert shown["applicant"]["number"] == "10******08"
    assert shown["applicant"]["mobile"] == "+966******001"
    assert [one["code"] for one in shown["missing_papers"]] == ["identity", "deed", "sketch"]
    assert [one["action"] for one in shown["history"]] == ["enter"]


def test_an_entry_that_is_sent_twice_is_one_transaction(post: Any, desk: Any, client: Any) -> None:
    first, again = (post("/v1/transactions", entry(), desk, key="k-1") for _ in range(2))

    listed = client.get("/v1/transactions", headers=desk).json()["items"]
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert [one["number"] for one in listed] == [first.json()["number"]]


@pytest.mark.parametrize(
    ("step", "body"), [("notes", {"text": "اتصل صاحبها"}), ("return", {"note": "أرفقوا الصك"})]
)
def test_a_button_that_is_pressed_twice_acts_once(
    entered: Any, post: Any, desk: Any, client: Any, step: str, body: Any
) -> None:
    path = f"/v1/transactions/{entered()['transaction_id']}"

    first, again = (post(f"{path}/{step}", body, desk, key="k-2") for _ in range(2))

    assert (first.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    history = client.get(path, headers=desk).json()["history"]
    assert len(history) == 2


def test_every_wrong_field_is_named_at_once(post: Any, desk: Any) -> None:
    body = entry(kind="unknown", subject="...", concerns=[{"kind": "permit", "number": "x"}])

    answer = post("/v1/transactions", body, {**desk, "Accept-Language": "en"})

    assert answer.status_code == 400
    named = {one["field"]: one["detail"] for one in answer.json()["errors"]}
    assert set(named) == {"kind", "subject", "concerns.0.number"}
    assert named["kind"] == "No transaction of this kind is taken today; see the list of kinds"


def test_a_list_is_filtered_by_what_is_late_and_by_number(
    entered: Any, client: Any, desk: Any
) -> None:
    shown = entered()

    def listed(query: str) -> list[str]:
        items = client.get(f"/v1/transactions?{query}", headers=desk).json()["items"]
        return [one["number"] for one in items]

    assert listed(f"number={shown['number']}") == [shown["number"]]
    assert listed("department=survey&status=with_department") == [shown["number"]]
    assert listed("overdue=true") == []
    assert listed("kind=petition") == []


def test_the_list_of_what_is_late_begins_with_what_was_due_first(
    entered: Any, client: Any, desk: Any, session: Any
) -> None:
    numbers = [entered()["number"] for _ in range(3)]
    for number, days in zip(numbers, (2, 9, 5), strict=True):
        late = legal_day(datetime.now(UTC)) - timedelta(days=days)
        row = update(Transaction).where(Transaction.number == number)
        session.execute(row.values(due_on=late))

    def listed(path: str) -> list[str]:
        page = client.get(path, headers=desk).json()
        more = f"&cursor={page['next_cursor']}" if page["next_cursor"] else ""
        found = [one["number"] for one in page["items"]]
        return [*found, *listed(path.partition("&cursor")[0] + more)] if more else found

    first, second, third = numbers
    assert listed("/v1/transactions?overdue=true&limit=1") == [second, third, first]
    assert listed("/v1/transactions?step_overdue=true") == []
    session.execute(update(Transaction).where(Transaction.number == first).values(step_due_on=late))
    assert listed("/v1/transactions?step_overdue=true") == [first]


def test_a_count_is_the_length_of_its_list(
    entered: Any, moved: Any, client: Any, desk: Any
) -> None:
    shown = [entered(), entered(), entered()]
    moved(shown[0], "return", note="ينقص الصك")
    moved(shown[1], "decide", outcome="approved", note="لا مانع")

    for narrowed in ("", "&department=survey", "&department=legal"):
        page = client.get(f"/v1/transactions?with_counts=true{narrowed}", headers=desk).json()
        counts = page["counts"]
        for name in counts:
            asked = f"{name}=true" if name.endswith("overdue") else f"status={name}"
            path = f"/v1/transactions?{asked}&limit=200{narrowed}"
            assert counts[name] == len(client.get(path, headers=desk).json()["items"])


def test_a_department_that_gave_it_away_reads_and_does_not_move_it(
    entered: Any, moved: Any
) -> None:
    shown = entered()
    moved(shown, "refer", department="legal", note="للرأي")

    answer = moved(shown, "decide", outcome="approved", note="لا مانع")

    assert answer.status_code == 403
    assert answer.json()["type"].endswith("/other-department")


def test_a_step_that_is_not_possible_names_the_possible_ones(entered: Any, moved: Any) -> None:
    shown = entered()
    moved(shown, "return", note="أرفقوا الصك")

    answer = moved(shown, "decide", outcome="approved", note="لا مانع")

    assert answer.status_code == 409
    assert answer.json()["code"] == "transaction_returned"
    assert "استكمال" in answer.json()["detail"]


def test_who_read_the_transaction_before_its_applicant_answered_decides_nothing(
    entered: Any, moved: Any, client: Any, desk: Any
) -> None:
    transaction = entered()
    path = f"/v1/transactions/{transaction['transaction_id']}"
    moved(transaction, "return", note="ينقص المخطط")
    moved(transaction, "complete", text="غيرت الطلب كله")
    verdict = {"outcome": "approved", "note": "لا مانع"}

    read = {**desk, "If-Match": f'"{transaction["version"]}"'}
    refused = client.post(f"{path}/decide", json=verdict, headers=read)
    newest = client.get(path, headers=desk).json()
    read = {**desk, "If-Match": f'"{newest["version"]}"'}
    decided = client.post(f"{path}/decide", json=verdict, headers=read)

    assert (refused.status_code, refused.json()["type"]) == (409, CHANGED)
    assert newest["status"] == "with_department"
    assert decided.json()["status"] == "approved"


@pytest.mark.parametrize(
    ("step", "body"),
    [
        ("refer", {"department": "legal", "note": "للرأي"}),
        ("return", {"note": "ينقص المخطط"}),
        ("file", {"reason": "انتهت"}),
    ],
)
def test_no_move_is_made_by_who_read_an_older_state(
    entered: Any, moved: Any, client: Any, desk: Any, step: str, body: dict[str, str]
) -> None:
    transaction = entered()
    moved(transaction, "return", note="ينقص المخطط")
    moved(transaction, "complete", text="غيرت الطلب كله")

    path = f"/v1/transactions/{transaction['transaction_id']}/{step}"
    read = {**desk, "If-Match": f'"{transaction["version"]}"'}
    refused = client.post(path, json=body, headers=read)

    assert (refused.status_code, refused.json()["type"]) == (409, CHANGED)


def test_an_older_page_of_the_applicant_answers_no_later_return(
    client: Any, citizen: Any, post: Any, moved: Any
) -> None:
    header = citizen(APPLICANT)
    mine = post("/v1/my/transactions", own_entry(), header).json()
    path = f"/v1/my/transactions/{mine['transaction_id']}"

    def answer(seen: dict[str, Any], text: str) -> Any:
        read = {**header, "If-Match": f'"{seen["version"]}"'}
        return client.post(f"{path}/answer", json={"text": text}, headers=read)

    moved(mine, "return", note="ينقص الصك")
    first = client.get(path, headers=header).json()
    answer(first, "هذا الصك")
    moved(mine, "return", note="ينقص الكروكي")
    late = answer(first, "هذا الصك")
    newest = client.get(path, headers=header).json()

    assert (late.status_code, late.json()["type"]) == (409, CHANGED)
    assert newest["status"] == "returned"
    assert answer(newest, "هذا الكروكي").status_code == 200


def test_a_look_at_the_applicant_stands_in_the_history(
    entered: Any, moved: Any, client: Any, desk: Any
) -> None:
    shown = entered()

    answer = moved(shown, "reveal", reason="للاتصال به")

    assert answer.json()["applicant"]["number"] == APPLICANT
    path = f"/v1/transactions/{shown['transaction_id']}"
    after = client.get(path, headers=desk).json()
    assert after["applicant"]["number"] == "10******08"
    assert [one["action"] for one in after["history"]] == ["enter", "reveal"]


def test_a_citizen_enters_with_files_reads_answers_and_withdraws(
    client: Any, citizen: Any, post: Any, moved: Any
) -> None:
    header = citizen(APPLICANT)
    sent = client.post(
        "/v1/my/transaction-attachments",
        files={"file": ("هوية.png", picture(), "image/png")},
        headers=header,
    )
    documents = [{"attachment_id": sent.json()["attachment_id"], "paper": "identity"}]

    body = own_entry(kind="plan-copy", documents=documents)
    answer = post("/v1/my/transactions", body, header)
    assert answer.status_code == 201, answer.text
    mine = answer.json()
    moved(mine, "notes", text="داخلية")
    assert moved(mine, "return", note="اكتبوا رقم المخطط").status_code == 200
    path = f"/v1/my/transactions/{mine['transaction_id']}"
    answered = client.post(f"{path}/answer", json={"text": "713/7"}, headers=header)
    shown = client.get(path, headers=header).json()
    file = client.get(f"{path}/attachments/{documents[0]['attachment_id']}", headers=header)
    withdrawn = client.post(f"{path}/withdraw", headers=header)

    assert answered.status_code == 200, answered.text
    assert [(one["action"], one["text"]) for one in shown["history"]] == [
        ("enter", None),
        ("return", "اكتبوا رقم المخطط"),
        ("answer", "713/7"),
    ]
    assert "by" not in shown["history"][0]
    assert (file.status_code, file.headers["Content-Type"]) == (200, "image/png")
    assert withdrawn.json()["status"] == "withdrawn"


def test_a_citizen_finds_what_was_entered_at_the_counter_and_another_person_nothing(
    entered: Any, client: Any, citizen: Any
) -> None:
    shown = entered()
    path = f"/v1/my/transactions/{shown['transaction_id']}"

    own = client.get("/v1/my/transactions", headers=citizen(APPLICANT)).json()["items"]

    assert [one["number"] for one in own] == [shown["number"]]
    assert client.get(path, headers=citizen(NEIGHBOUR)).status_code == 404
    assert client.post(f"{path}/withdraw", headers=citizen(NEIGHBOUR)).status_code == 404


def test_a_delegate_sees_the_transactions_of_the_establishment(
    entered: Any, client: Any, citizen: Any
) -> None:
    shop = {"type": "establishment", "name": "مغسلة تجريبية", "number": SHOP}
    shown = entered(applicant=shop)

    def found(*acting: str) -> list[str]:
        header = citizen(NEIGHBOUR, *acting)
        return [
            one["number"]
            for one in client.get("/v1/my/transactions", headers=header).json()["items"]
        ]

    assert found(SHOP) == [shown["number"]]
    assert found() == []


def test_a_letter_is_a_signed_document_until_it_is_cancelled(
    entered: Any, post: Any, client: Any, desk: Any, citizen: Any
) -> None:
    path = f"/v1/transactions/{entered()['transaction_id']}"
    body = {"subject": "إفادة (بيانات تجريبية)", "body": "نفيدكم بأنه لا مانع.\nوتقبلوا تحياتنا."}
    letter = post(f"{path}/letters", body, desk).json()
    of_letter = f"{path}/letters/{letter['letter_id']}"
    mine = of_letter.replace("/v1/", "/v1/my/")

    for_desk = client.get(f"{of_letter}/document", headers=desk)
    for_citizen = client.get(f"{mine}/document", headers=citizen(APPLICANT))
    for_other = client.get(f"{mine}/document", headers=citizen(NEIGHBOUR))
    cancelled = client.post(f"{of_letter}/cancel", json={"reason": "بالخطأ"}, headers=desk)
    after = client.get(f"{of_letter}/document", headers=desk)

    assert letter["letter_no"][6] == "6"
    assert for_desk.content.startswith(b"%PDF")
    assert for_desk.content == for_citizen.content
    assert for_other.status_code == 404
    assert cancelled.json()["status"] == "cancelled"
    assert (after.status_code, after.json()["type"].rsplit("/", 1)[-1]) == (
        409,
        "letter-is-cancelled",
    )


def test_no_letter_is_issued_on_what_a_colleague_has_decided_meanwhile(
    entered: Any, post: Any, moved: Any, client: Any, desk: Any
) -> None:
    shown = entered()
    path = f"/v1/transactions/{shown['transaction_id']}"
    moved(shown, "decide", outcome="refused", note="خارج المخطط")
    body = {"subject": "إفادة", "body": "نفيدكم بالموافقة"}

    seen = {**desk, "If-Match": f'"{shown["version"]}"'}
    refused = post(f"{path}/letters", body, seen)

    assert (refused.status_code, refused.json()["type"]) == (409, CHANGED)
    assert client.get(path, headers=desk).json()["letters"] == []
    now = {**desk, "If-Match": f'"{shown["version"] + 1}"'}
    assert post(f"{path}/letters", body, now).status_code == 201


def test_a_letter_to_another_body_is_not_the_applicants(
    entered: Any, post: Any, client: Any, desk: Any, citizen: Any
) -> None:
    path = f"/v1/transactions/{entered()['transaction_id']}"
    body = {"recipient": "جهة تجريبية", "subject": "طلب إفادة", "body": "نأمل الإفادة."}
    letter = post(f"{path}/letters", body, desk).json()
    mine = path.replace("/v1/", "/v1/my/")

    document = f"{mine}/letters/{letter['letter_id']}/document"
    shown = client.get(mine, headers=citizen(APPLICANT)).json()

    assert client.get(document, headers=citizen(APPLICANT)).status_code == 404
    assert shown["letters"] == []


def test_the_head_reads_load_waits_and_month(entered: Any, client: Any, desk: Any) -> None:
    shown = entered()
    month = shown["entered_on"][:7]

    load = client.get("/v1/workload", headers=desk).json()
    table = client.get(f"/v1/statistics/monthly?month={month}", headers=desk).json()
    wrong = client.get("/v1/statistics/monthly?month=2026-13", headers=desk)

    assert [(one["department"]["code"], one["open"]) for one in load["departments"]] == [
        ("survey", 1)
    ]
    assert load["waits"][0]["waits"]["code"] == "administrative-communications"
    assert [(one["received"], one["with_department"]) for one in table["rows"]] == [(1, 1)]
    assert [one["field"] for one in wrong.json()["errors"]] == ["month"]


def test_the_kinds_of_today_are_listed_with_their_papers(client: Any, citizen: Any) -> None:
    listed = client.get("/v1/transaction-kinds", headers=citizen(APPLICANT)).json()

    kinds = {one["code"]: one for one in listed["items"]}
    assert kinds["survey-decision"]["working_days"] == 10
    assert [one["code"] for one in kinds["plan-copy"]["papers"]] == ["identity"]


def test_a_search_and_its_reason_stand_in_the_history_and_not_in_the_journal(
    entered: Any, client: Any, desk: Any, session: Any
) -> None:
    shown = entered()
    body = {"id_number": "١٠٠٠٠٠٠٠٠٨", "reason": "حضر دون رقم"}

    found = client.post("/v1/transaction-searches", json=body, headers=desk).json()["items"]

    entries = history(session, ("transaction", shown["transaction_id"]))
    assert [one["number"] for one in found] == [shown["number"]]
    assert (entries[-1].action, entries[-1].note) == ("search", None)
    path = f"/v1/transactions/{shown['transaction_id']}"
    searched = client.get(path, headers=desk).json()["history"][-1]
    assert (searched["action"], searched["text"]) == ("search", "حضر دون رقم")
