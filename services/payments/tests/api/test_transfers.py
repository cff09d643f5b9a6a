"""Money that was transferred back, over HTTP: it goes back once, unless the bank returns the transfer."""

from typing import Any

import pytest
from sqlalchemy import text

OTHER = "SA44 2000 0001 2345 6789 1234"
REFUND = {
    "kind": "refund",
    "reason": "سُددت مرتين",
    "iban": "SA03 8000 0000 6080 1016 7519",
    "holder": "علي بن حسن آل تجربة (بيانات تجريبية)",
}
CAME_BACK = {"transfer": "TR-1", "reason": "أعاده البنك: الحساب مغلق"}


class Accounts:
    """An accountant and a second person at one payment."""

    def __init__(self, client: Any, token: Any, payment_id: str) -> None:
        self.client, self.path = client, f"/v1/payments/{payment_id}"
        self.headers = {
            scope: token(f"payments.{scope}", sub=f"p_{scope}")
            for scope in ("read", "decide", "approve")
        }

    def post(self, path: str, body: dict[str, Any], scope: str = "decide") -> Any:
        return self.client.post(path, json=body, headers=self.headers[scope])

    def propose(self, **changes: Any) -> Any:
        return self.post(f"{self.path}/decisions", {**REFUND, **changes})

    def approve(self, proposed: Any) -> Any:
        path = f"/v1/decisions/{proposed.json()['decision_id']}/approve"
        return self.post(path, {"note": "نعم"}, "approve")

    def agree(self, **changes: Any) -> Any:
        answer = self.approve(self.propose(**changes))
        assert answer.status_code == 200, answer.text
        return answer

    def pay_out(self, transfer: str) -> Any:
        return self.post(f"{self.path}/pay-out", {"transfer": transfer})

    def return_transfer(self, **changes: Any) -> Any:
        return self.post(f"{self.path}/transfer-return", {**CAME_BACK, **changes})

    def shown(self) -> Any:
        return self.client.get(self.path, headers=self.headers["read"]).json()


@pytest.fixture
def accounts(client: Any, token: Any, second_payment: Any) -> Accounts:
    return Accounts(client, token, second_payment.payment_id)


def told(answer: Any) -> tuple[int, str]:
    """Returns the status and the problem of a refusal."""
    return answer.status_code, answer.json().get("type", "").rsplit("/", 1)[-1]


@pytest.mark.parametrize(
    "changes", [{}, {"iban": OTHER}, {"kind": "dismiss"}, {"kind": "apply"}], ids=str
)
def test_nothing_is_proposed_for_money_that_was_transferred_back(
    accounts: Accounts, desk: Any, changes: dict[str, Any]
) -> None:
    accounts.agree()
    accounts.pay_out("TR-1")
    if changes.get("kind") == "apply":
        changes = {**changes, "bill_id": desk.bill().bill_id}

    refused = accounts.propose(**changes)

    assert refused.status_code == 409, refused.text
    if changes.get("kind", "refund") == "refund":
        assert told(refused) == (409, "refund-transferred")
    shown = accounts.shown()
    assert (shown["status"], shown["transfer"]) == ("refunded", "TR-1")
    assert len(shown["decisions"]) == 1


def test_two_proposals_are_never_open_side_by_side(accounts: Accounts) -> None:
    first = accounts.propose()

    assert told(accounts.propose(iban=OTHER)) == (409, "decision-is-open")
    assert accounts.approve(first).status_code == 200
    assert told(accounts.approve(first)) == (409, "decision-is-made")


def test_a_transfer_is_not_recorded_between_a_proposal_and_its_approval(
    accounts: Accounts,
) -> None:
    accounts.agree()
    proposed = accounts.propose(iban=OTHER)

    assert told(accounts.pay_out("TR-1")) == (409, "decision-is-open")
    assert accounts.approve(proposed).status_code == 200
    assert accounts.pay_out("TR-2").json()["transfer"] == "TR-2"
    assert told(accounts.pay_out("TR-3"))[0] == 409


def test_a_proposal_from_before_the_transfer_is_not_agreed_to_after_it(
    accounts: Accounts, session: Any
) -> None:
    """The service refuses such a proposal; an earlier version may have left some."""
    accounts.agree()
    proposed = accounts.propose(iban=OTHER)
    changes = "UPDATE payment SET status = 'refunded', transfer = 'TR-1' WHERE status = 'refunding'"
    session.execute(text(changes))
    session.expire_all()

    assert told(accounts.approve(proposed)) == (409, "refund-transferred")

    shown = accounts.shown()
    assert (shown["status"], shown["transfer"]) == ("refunded", "TR-1")
    path = f"/v1/decisions/{proposed.json()['decision_id']}/reject"
    assert accounts.post(path, {"note": "حُوّل"}, "approve").json()["status"] == "rejected"


def test_money_of_a_transfer_that_the_bank_returned_goes_back_again_by_two_people(
    accounts: Accounts,
) -> None:
    accounts.agree()
    accounts.pay_out("TR-1")

    returned = accounts.return_transfer().json()
    assert (returned["status"], returned["transfer"]) == ("refunded", "TR-1")
    assert returned["transfer_returned_at"] is not None
    assert accounts.pay_out("TR-2").status_code == 409  # nobody has agreed to a second transfer
    accounts.agree(iban=OTHER)
    waiting = accounts.shown()
    paid = accounts.pay_out("TR-2").json()

    assert (waiting["status"], waiting["transfer"]) == ("refunding", "TR-1")
    assert waiting["transfer_returned_at"] is not None
    assert (paid["status"], paid["transfer"], paid["transfer_returned_at"]) == (
        *("refunded", "TR-2"),
        None,
    )
    assert told(accounts.propose()) == (409, "refund-transferred")
    history = accounts.shown()["history"]
    numbers = [
        (one["action"], one["details"]["transfer"])
        for one in history
        if "transfer" in (one["details"] or {})
    ]
    assert numbers == [("pay-out", "TR-1"), ("return-transfer", "TR-1"), ("pay-out", "TR-2")]
    assert CAME_BACK["reason"] in {one["note"] for one in history}


def test_a_transfer_is_returned_once_and_by_its_own_number(accounts: Accounts) -> None:
    assert told(accounts.return_transfer())[0] == 409  # nothing was transferred
    accounts.agree()
    assert told(accounts.return_transfer())[0] == 409
    accounts.pay_out("TR-1")

    other = accounts.return_transfer(transfer="TR-9")
    blank = accounts.return_transfer(reason=" . ")

    assert (other.status_code, other.json()["errors"][0]["field"]) == (400, "transfer")
    assert (blank.status_code, blank.json()["errors"][0]["field"]) == (400, "reason")
    assert accounts.return_transfer().status_code == 200
    assert accounts.return_transfer().status_code == 409
