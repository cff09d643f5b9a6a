"""Every operation of the contract × everybody × an open and a confidential transaction: no wrong cell.

`ROWS` names for each operation who is answered; to everybody else a thing looks as if it weren't there. An operation
without a row fails.
"""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text

from chassis.core import contracts
from chassis.core.ids import new_id
from transactions.commands.enter import enter
from transactions.commands.letters import issue_letter
from transactions.models import Paper

from .conftest import NOW
from .people import APPLICANT, CLERK, NEIGHBOUR, OTHER_SHOP, SHOP, Officer, entry

CONTRACT = contracts.openapi("transactions")
OPERATIONS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    item[method]["operationId"]: (method, path, item[method])
    for path, item in CONTRACT["paths"].items()
    for method in contracts.METHODS
    if method in item
}
STAFF_SCOPES = " ".join(
    sorted(
        scope
        for scope, declared in contracts.read("scopes.yaml")["scopes"].items()
        if declared["audience"] == "transactions" and declared["client_kinds"] == ["staff"]
    )
)
# Citizens: number, and for whom they act.
CITIZENS = {
    "applicant": (APPLICANT, None),
    "other citizen": (NEIGHBOUR, None),
    "delegate": (NEIGHBOUR, SHOP),
    "delegate of another": (NEIGHBOUR, OTHER_SHOP),
}
# Staff, who hold every scope of staff but the registry's where `registry` says so: municipality, departments, registry.
STAFF = {
    "registry": ("saihat", "administrative-communications", True),
    "survey": ("saihat", "survey", False),
    "other department": ("saihat", "legal", False),
    "survey elsewhere": ("tarout", "survey", False),
    "governorate": ("qatif", "administrative-communications", True),
    "governorate survey": ("qatif", "survey", False),
    "without department": ("saihat", "", False),
    "partner": (None, "survey", True),
}
EVERYBODY = (*CITIZENS, *STAFF, "nobody")
THINGS = ("of a person", "of a shop", "confidential")
_MOVERS = {"survey", "governorate survey"}
_READERS = {"registry", "survey", "governorate", "governorate survey"}
# The confidential transaction is with the survey department of Saihat.
READ = {"of a person": _READERS, "of a shop": _READERS, "confidential": {"survey"}}
MOVED = {"of a person": _MOVERS, "of a shop": _MOVERS, "confidential": {"survey"}}
# The registry records what an applicant does at a counter, and refers on what lies with a department; it doesn't see
# the confidential transaction. A department records the withdrawal of what it has, and refers it.
COUNTER = {"of a person": {"registry", "governorate"}, "of a shop": {"registry", "governorate"}}
COUNTER_OR_MOVED = {thing: COUNTER.get(thing, set()) | MOVED[thing] for thing in THINGS}
OWN = {"of a person": {"applicant"}, "of a shop": {"delegate"}, "confidential": set[str]()}
OPEN: dict[str, set[str]] = {}  # about no thing: everybody whose scope opens the operation
ROWS: Mapping[str, Mapping[str, set[str]]] = {
    **dict.fromkeys(("list_transaction_kinds", "upload_attachment", "enter_transaction"), OPEN),
    **dict.fromkeys(("list_transactions", "search_transactions", "get_workload"), OPEN),
    **dict.fromkeys(("get_month_table", "list_my_transactions", "enter_my_transaction"), OPEN),
    "upload_my_attachment": OPEN,
    **dict.fromkeys(("get_transaction", "get_attachment", "get_letter_document"), READ),
    **dict.fromkeys(("add_note", "return_transaction"), MOVED),
    **dict.fromkeys(("decide_transaction", "file_transaction", "reveal_applicant"), MOVED),
    **dict.fromkeys(("issue_letter", "cancel_letter"), MOVED),
    "complete_transaction": COUNTER,
    **dict.fromkeys(("refer_transaction", "withdraw_transaction"), COUNTER_OR_MOVED),
    **dict.fromkeys(("get_my_transaction", "get_my_attachment"), OWN),
    **dict.fromkeys(("answer_my_transaction", "withdraw_my_transaction"), OWN),
    "get_my_letter_document": OWN,
}
PUBLIC = {name for name, (_, _, operation) in OPERATIONS.items() if operation["security"] == []}


@pytest.fixture
def header(token: Any, citizen: Any) -> Any:
    """`header(who)` → the headers of the token."""

    def made(who: str) -> Mapping[str, str]:
        if who == "nobody":
            return {}
        if who in CITIZENS:
            of_citizen: Mapping[str, str] = citizen(*CITIZENS[who])
            return of_citizen
        municipality, departments, registry = STAFF[who]
        scopes = STAFF_SCOPES if registry else STAFF_SCOPES.replace("transactions.enter ", "")
        of_staff: Mapping[str, str] = token(
            scopes,
            organisation=who.replace(" ", "-"),
            organisation_kind="partner" if municipality is None else "affiliated_municipality",
            municipality=municipality,
            departments=departments,
        )
        return of_staff

    return made


@pytest.fixture
def things(work: Any, client: Any, header: Any, session: Any) -> Any:
    """Returns, by the word for the thing, the values of the paths: a transaction with a file and a letter."""

    def made(thing: str) -> dict[str, str]:
        shop = {"type": "establishment", "name": "مغسلة تجريبية", "number": SHOP}
        changes = {"of a shop": {"applicant": shop}, "confidential": {"confidential": True}}
        row = enter(work(CLERK), entry(**changes.get(thing, {})))
        surveyor = Officer("p_matrix", departments="survey")
        letter = issue_letter(
            work(surveyor), row.transaction_id, {"subject": "إفادة", "body": "نص"}
        )
        file = client.post(
            "/v1/attachments",
            files={"file": ("ملف.png", PICTURE, "image/png")},
            headers=header("registry"),
        ).json()["attachment_id"]
        session.add(
            Paper(
                attachment_id=file, transaction_id=row.transaction_id, position=1, paper=None, added_at=NOW
            )
        )  # fmt: skip
        claimed = "UPDATE attachment SET owner_type = 'transaction', owner_id = :of WHERE attachment_id = :id"
        session.execute(text(claimed), {"of": row.transaction_id, "id": file})
        session.flush()
        return {
            "transaction_id": row.transaction_id,
            "letter_id": letter.letter_id,
            "attachment_id": file,
        }

    return made


def picture() -> bytes:
    made = BytesIO()
    Image.new("RGB", (40, 30), "white").save(made, "PNG")
    return made.getvalue()


PICTURE = picture()
QUERIES = {"get_month_table": {"month": "2026-11"}}


def request(client: Any, name: str, values: Mapping[str, str], headers: Any) -> Any:
    """Sends the operation with the example of its body."""
    method, path, operation = OPERATIONS[name]
    content = operation.get("requestBody", {}).get("content", {})
    sent: dict[str, Any] = {"params": QUERIES.get(name)}
    if "multipart/form-data" in content:
        sent["files"] = {"file": ("صورة.png", PICTURE, "image/png")}
    elif "application/json" in content:
        named = content["application/json"]["examples"]["request"]["$ref"].rsplit("/", 1)[-1]
        sent["json"] = CONTRACT["components"]["examples"][named]["value"]
    sent["headers"] = {**headers, "Idempotency-Key": new_id()}
    return client.request(method, path.format(**values), **sent)


def opened_by(name: str, who: str) -> bool:
    """Returns whether the caller's scopes open the operation."""
    scopes = {one for item in OPERATIONS[name][2]["security"] for one in item["oauth2"]}
    if who in CITIZENS:
        return any(one.startswith("my-") for one in scopes)
    registry = who in STAFF and STAFF[who][2]
    held = set(STAFF_SCOPES.split()) - (set() if registry else {"transactions.enter"})
    return who in STAFF and bool(scopes & held)


def expected(name: str, who: str, thing: str) -> str:
    if who == "nobody":
        return "unauthorized"
    if not opened_by(name, who):
        return "forbidden"
    row = ROWS[name]
    if row is OPEN or who in row.get(thing, set()):
        return "answered"
    if row is not OWN and who in READ[thing]:
        return "other department"
    return "hidden"


def seen(answer: Any) -> str:
    """Returns the cell. A refusal by the transaction's state, or of a field, comes after the look at who asks."""
    if answer.status_code == 401:
        return "unauthorized"
    if answer.status_code == 403:
        of_department = answer.json()["type"].endswith("/other-department")
        return "other department" if of_department else "forbidden"
    return "hidden" if answer.status_code == 404 else "answered"


def test_every_operation_has_a_row_or_is_public() -> None:
    assert set(ROWS) | PUBLIC == set(OPERATIONS)
    assert {
        *("list_document_keys", "get_document_revocations", "look_up_document"),
        *("verify_document_code", "show_document"),
    } == PUBLIC


@pytest.mark.parametrize("name", ROWS)
def test_every_cell_of_an_operation(
    client: Any, database: Any, things: Any, header: Any, name: str
) -> None:
    wrong, shown = [], 0
    about = THINGS if ROWS[name] is not OPEN else ("of a person",)
    values = {thing: things(thing) for thing in about}
    for thing in about:
        for who in EVERYBODY:
            turn = database.connection.begin_nested()
            answer = request(client, name, values[thing], header(who))
            was, should = seen(answer), expected(name, who, thing)
            if was != should:
                wrong.append((who, thing, f"{was}, not {should}", answer.text[:200]))
            elif was == "hidden":
                missing = dict.fromkeys(values[thing], new_id())
                nothing = request(client, name, missing, header(who))
                if nothing.json() != answer.json():
                    wrong.append((who, thing, "unlike a missing one", answer.text[:200]))
            turn.rollback()
            shown += was == "answered"

    assert wrong == []
    assert shown > 0


@pytest.mark.parametrize("name", ["list_transactions", "list_my_transactions"])
def test_a_list_shows_only_what_its_reader_may_see(
    client: Any, things: Any, header: Any, name: str
) -> None:
    numbers = {things(thing)["transaction_id"]: thing for thing in THINGS}
    rows = READ if name == "list_transactions" else OWN

    for who in EVERYBODY:
        answer = request(client, name, {}, header(who))
        items = answer.json()["items"] if answer.status_code == 200 else []
        found = {numbers[one["transaction_id"]] for one in items}
        may = {thing for thing in THINGS if who in rows[thing] and opened_by(name, who)}
        assert found == may, who
