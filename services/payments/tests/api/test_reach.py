"""The matrix of access: every operation × every scope × every municipality, partner and citizen."""

import json
from itertools import product
from typing import Any

import pytest

from chassis.core import contracts
from payments.models import Bill, Decision, Payment

SCOPES = [
    *("payments.read", "payments.counter", "payments.decide", "payments.approve"),
    *("my-payments.read", "my-payments.write"),
]
MUNICIPALITIES = ["saihat", "tarout", "qatif"]
NOBODY = "01937c5e-8f00-7a11-8c2e-00000000ffff"
# operation → method, path, body, the scope that opens it, the answer to whoever sees the thing
OPERATIONS = {
    "list_bills": ("GET", "/v1/bills", None, "payments.read", 200),
    "search_bills": ("POST", "/v1/bill-searches", {"number": "4482"}, "payments.read", 200),
    "get_bill": ("GET", "/v1/bills/{bill}", None, "payments.read", 200),
    "enter_counter_payment": (
        *("POST", "/v1/bills/{bill}/counter-payments"),
        {"receipt": "1", "method": "cash", "amount": "750.00"},
        *("payments.counter", 409),
    ),
    "list_payments": ("GET", "/v1/payments", None, "payments.read", 200),
    "get_payment": ("GET", "/v1/payments/{payment}", None, "payments.read", 200),
    "propose_decision": (
        *("POST", "/v1/payments/{payment}/decisions", {"kind": "dismiss", "reason": "سبب"}),
        *("payments.decide", 409),
    ),
    "pay_out": (
        *("POST", "/v1/payments/{payment}/pay-out", {"transfer": "TR-1"}, "payments.decide", 409),
    ),
    "return_transfer": (
        *("POST", "/v1/payments/{payment}/transfer-return", {"transfer": "TR-1", "reason": "سبب"}),
        *("payments.decide", 409),
    ),
    "list_decisions": ("GET", "/v1/decisions", None, "payments.read", 200),
    "get_decision": ("GET", "/v1/decisions/{decision}", None, "payments.decide", 200),
    "approve_decision": (
        *("POST", "/v1/decisions/{decision}/approve", {"note": "نعم"}, "payments.approve", 409),
    ),
    "reject_decision": (
        *("POST", "/v1/decisions/{decision}/reject", {"note": "لا"}, "payments.approve", 409),
    ),
    "list_reconciliations": ("GET", "/v1/reconciliations", None, "payments.decide", 200),
    "get_reconciliation": (
        *("GET", "/v1/reconciliations/sadad/2026-11-26", None, "payments.decide", 404),
    ),
    "export_differences": (
        *("GET", "/v1/reconciliations/sadad/2026-11-26/differences.csv"),
        *(None, "payments.decide", 404),
    ),
    # Staff owns no refund. The citizens stand in test_my_refunds.py.
    "list_my_refunds": ("GET", "/v1/my/refunds", None, "my-payments.read", 404),
    "get_my_refund": ("GET", "/v1/my/refunds/{payment}", None, "my-payments.read", 404),
    "give_refund_account": (
        *("PUT", "/v1/my/refunds/{payment}/account", {"iban": "SA0380000000608010167519"}),
        *("my-payments.write", 404),
    ),
    "settle_counter_day": (
        *("POST", "/v1/counter-settlements/2999-01-01", b"", "payments.decide", 400),
    ),
}
# The holders of tokens: the claims of the organisation. A citizen has none.
CALLERS = {
    "saihat": ("affiliated_municipality", "saihat"),
    "tarout": ("affiliated_municipality", "tarout"),
    "safwa": ("affiliated_municipality", "safwa"),
    "qatif": ("municipality", "qatif"),
    "sec": ("partner", None),
    "citizen": (None, None),
}
OF_A_THING = [name for name, one in OPERATIONS.items() if "{" in one[1]]
SIGNED = {"take_payment_notice"}


@pytest.fixture
def things(desk: Any, session: Any) -> dict[str, dict[str, str]]:
    """Municipality → a settled bill, its second payment, and a decision that p_test proposed."""
    found = {}
    for municipality in MUNICIPALITIES:
        bill: Bill = desk.bill(municipality=municipality)
        desk.notice(bill)
        payment: Payment = desk.notice(bill)
        decision = Decision(
            decision_id=bill.bill_id, payment_id=payment.payment_id, kind="dismiss",
            reason="سبب", status="proposed", proposed_by="p_test", proposed_at=desk.now,
        )  # fmt: skip
        session.add(decision)
        session.flush()
        found[municipality] = {
            "bill": bill.bill_id,
            "payment": payment.payment_id,
            "decision": decision.decision_id,
        }
    return found


def ask(client: Any, operation: str, things: dict[str, str], headers: Any) -> Any:
    method, path, body, _, _ = OPERATIONS[operation]
    url = path.format(**things)
    if isinstance(body, bytes):
        return client.request(method, url, files={"file": ("f.csv", body)}, headers=headers)
    return client.request(method, url, json=body, headers=headers)


def of(token: Any, municipality: str, *scopes: str) -> Any:
    kind = "municipality" if municipality == "qatif" else "affiliated_municipality"
    return token(
        *scopes, organisation=municipality, organisation_kind=kind, municipality=municipality
    )


def test_every_operation_is_in_the_matrix() -> None:
    assert set(OPERATIONS) | SIGNED == set(contracts.operation_ids("payments"))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_is_opened_by_its_scope_and_by_no_other(
    client: Any, token: Any, things: Any, operation: str
) -> None:
    *_, right, expected = OPERATIONS[operation]

    found = {
        scope: ask(client, operation, things["qatif"], of(token, "qatif", scope)).status_code
        for scope in SCOPES
    }
    nobody = ask(client, operation, things["qatif"], {}).status_code

    assert found == {scope: expected if scope == right else 403 for scope in SCOPES}
    assert nobody == 401


@pytest.mark.parametrize("operation", OF_A_THING)
@pytest.mark.parametrize("owner", MUNICIPALITIES)
@pytest.mark.parametrize("caller", MUNICIPALITIES)
def test_a_row_is_visible_to_its_municipality_and_to_the_governorate(
    client: Any, token: Any, things: Any, operation: str, owner: str, caller: str
) -> None:
    *_, scope, expected = OPERATIONS[operation]
    headers = of(token, caller, scope)

    answer = ask(client, operation, things[owner], headers)
    nothing = ask(client, operation, dict.fromkeys(things[owner], NOBODY), headers)

    if caller in {owner, "qatif"}:
        assert answer.status_code == expected, answer.text
    else:
        assert answer.status_code == 404
        assert answer.json() == nothing.json()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_cell_of_the_matrix_holds(
    client: Any, token: Any, things: Any, operation: str
) -> None:
    """The right scope, all others together and none × every caller × whose thing it is."""
    *_, right, expected = OPERATIONS[operation]
    others = tuple(scope for scope in SCOPES if scope != right)
    wrong, asked = [], 0
    for caller, held in product(CALLERS, ((right,), others, ())):
        for owner in MUNICIPALITIES if operation in OF_A_THING else ["qatif"]:
            answer = ask(client, operation, things[owner], of_caller(token, caller, *held))
            asked += 1
            if right not in held:
                good = answer.status_code == 403
            elif operation in OF_A_THING:
                seen = caller in {owner, "qatif"}
                good = answer.status_code == (expected if seen else 404)
            else:
                good = not names_others(answer.text, things, caller)
            if not good:
                wrong.append((caller, held, owner, answer.status_code))

    assert wrong == []
    assert asked == len(CALLERS) * 3 * (len(MUNICIPALITIES) if operation in OF_A_THING else 1)


def of_caller(token: Any, caller: str, *scopes: str) -> Any:
    kind, municipality = CALLERS[caller]
    return token(
        *scopes,
        organisation=caller if kind else None,
        organisation_kind=kind,
        municipality=municipality,
        client_kind="staff" if kind else "citizen",
    )


def names_others(text: str, things: Any, caller: str) -> bool:
    """Whether an answer has an id of a thing that isn't the caller's to see."""
    hidden = set() if caller == "qatif" else set(MUNICIPALITIES) - {caller}
    return any(one in text for owner in hidden for one in things[owner].values())


@pytest.mark.parametrize("caller", MUNICIPALITIES)
@pytest.mark.parametrize("path", ["/v1/bills", "/v1/payments", "/v1/decisions"])
def test_a_list_holds_the_rows_of_the_municipality_and_all_rows_for_the_governorate(
    client: Any, token: Any, things: Any, caller: str, path: str
) -> None:
    answer = client.get(path, headers=of(token, caller, "payments.read"))

    seen = {
        owner
        for owner, ids in things.items()
        if any(one in json.dumps(answer.json()) for one in ids.values())
    }
    assert seen == (set(MUNICIPALITIES) if caller == "qatif" else {caller})


def test_only_the_governorate_sees_money_without_a_bill(client: Any, token: Any, desk: Any) -> None:
    payment = desk.notice(None)
    path = f"/v1/payments/{payment.payment_id}"

    assert client.get(path, headers=of(token, "qatif", "payments.read")).status_code == 200
    assert client.get(path, headers=of(token, "saihat", "payments.read")).status_code == 404


def test_an_organisation_without_a_municipality_sees_nothing(
    client: Any, token: Any, things: Any
) -> None:
    headers = token(
        "payments.read",
        organisation="sec",
        organisation_kind="affiliated_municipality",
        municipality=None,
    )

    assert client.get("/v1/bills", headers=headers).status_code == 404
    path = f"/v1/bills/{things['qatif']['bill']}"
    assert client.get(path, headers=headers).status_code == 404
