"""A payer reads what money goes back, and gives the account to which it goes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis.data.aggregates import history
from payments import chores
from payments.models import Bill, Decision, Payment
from saudi.testing import arabic_digits

PAYER, STRANGER, SHOP = "1000000008", "1000000016", "7000000005"
IBAN, OTHER = "SA03 8000 0000 6080 1016 7519", "SA4420000001234567891234"
MASKED = "SA03****************7519"
NOBODY = "01937c5e-8f00-7a11-8c2e-00000000ffff"
HOLDER = "علي بن حسن آل تجربة (بيانات تجريبية)"
REFUND = {"kind": "refund", "reason": "سُددت مرتين"}


class Window:
    """What a payer, an accountant and a second person do about one payment, over HTTP."""

    def __init__(self, client: Any, citizen: Any, token: Any, payment: Payment) -> None:
        self.client, self.citizen, self.token = client, citizen, token
        self.key = payment.payment_id

    def refunds(self, *who: str) -> list[Any]:
        answer = self.client.get("/v1/my/refunds", headers=self.citizen(*who or (PAYER,)))
        assert answer.status_code == 200, answer.text
        items: list[Any] = answer.json()["items"]
        return items

    def get(self, *who: str) -> Any:
        return self.client.get(f"/v1/my/refunds/{self.key}", headers=self.citizen(*who or (PAYER,)))

    def give(self, iban: str = IBAN, *who: str, language: str = "ar") -> Any:
        headers = {**self.citizen(*who or (PAYER,)), "Accept-Language": language}
        path = f"/v1/my/refunds/{self.key}/account"
        return self.client.put(path, json={"iban": iban}, headers=headers)

    def propose_given(self) -> Any:
        return self.propose(account_given_at=self.seen_by_staff()["payer_account"]["given_at"])

    def propose(self, **account: str) -> Any:
        headers = self.token("payments.decide", sub="p_accountant")
        path = f"/v1/payments/{self.key}/decisions"
        return self.client.post(path, json={**REFUND, **account}, headers=headers)

    def decide(self, proposal: Any, word: str = "approve") -> Any:
        path = f"/v1/decisions/{proposal.json()['decision_id']}/{word}"
        headers = self.token("payments.approve", sub="p_second")
        return self.client.post(path, json={"note": "طابقت"}, headers=headers)

    def account_of(self, proposal: Any) -> Any:
        path = f"/v1/decisions/{proposal.json()['decision_id']}"
        return self.client.get(path, headers=self.token("payments.decide")).json()

    def transfer(self, ending: str, **body: str) -> None:
        headers = self.token("payments.decide", sub="p_accountant")
        path = f"/v1/payments/{self.key}/{ending}"
        answer = self.client.post(path, json={"transfer": "TR-1", **body}, headers=headers)
        assert answer.status_code == 200, answer.text

    def seen_by_staff(self) -> Any:
        headers = self.token("payments.read")
        return self.client.get(f"/v1/payments/{self.key}", headers=headers).json()


@pytest.fixture
def window(client: Any, citizen: Any, token: Any, second_payment: Payment) -> Window:
    """At money that came for a bill that was settled before."""
    return Window(client, citizen, token, second_payment)


def test_a_payer_sees_what_goes_back_and_why(window: Window) -> None:
    (found,) = window.refunds()

    assert (found["payment_id"], found["amount"]) == (window.key, "750.00")
    assert found["why"]["ar"] == "سُددت الفاتورة من قبل."
    assert (found["state"], found["holder"], found["account"]) == ("account_wanted", HOLDER, None)
    assert found["subject"]["number"] == "144800012"


def test_money_that_settled_its_bill_is_no_refund_until_its_service_wants_it_back(
    client: Any, citizen: Any, token: Any, desk: Any
) -> None:
    bill = desk.bill()
    window = Window(client, citizen, token, desk.notice(bill))
    assert window.refunds() == []
    assert window.get().status_code == 404

    desk.withdraw(bill, "refund_requested", reason="application-withdrawn")

    (found,) = window.refunds()
    assert found["why"]["en"] == "The application was withdrawn"


def test_the_account_is_kept_masked_in_the_name_of_the_payer(window: Window) -> None:
    answer = window.give(arabic_digits(IBAN.lower()))

    found = answer.json()
    assert answer.status_code == 200, answer.text
    assert found["account"] == {"iban": MASKED, "holder": HOLDER}
    assert found["state"] == "account_given"
    account = window.seen_by_staff()["payer_account"]
    assert (account["iban"], account["holder"]) == (MASKED, HOLDER)


def test_the_account_is_sealed(window: Window, session: Any) -> None:
    window.give()
    session.flush()

    raw = session.execute(text("SELECT account_iban, account_holder FROM payment")).all()
    texts = b"".join(bytes(one) for row in raw for one in row if one)
    assert texts
    assert b"0380000000608010167519" not in texts
    assert HOLDER.encode() not in texts


@pytest.mark.parametrize(
    ("iban", "words"),
    [
        ("SA03", "آيبان سعودي يبدأ برمز المملكة ثم 22 رقمًا أو حرفًا؛ راجعوه"),
        ("SA0380000000608010167518", "رقم الآيبان غير صحيح؛ راجعوا أرقامه"),
        ("GB82WEST12345698765432", "آيبان سعودي يبدأ برمز المملكة ثم 22 رقمًا أو حرفًا؛ راجعوه"),
    ],
)
def test_a_wrong_account_is_named(window: Window, iban: str, words: str) -> None:
    answer = window.give(iban)

    assert answer.status_code == 400
    assert [(one["field"], one["detail"]) for one in answer.json()["errors"]] == [("iban", words)]
    assert window.refunds()[0]["account"] is None


def test_nobody_names_another_holder(window: Window, citizen: Any) -> None:
    path = f"/v1/my/refunds/{window.key}/account"
    body = {"iban": IBAN, "holder": "غيره"}

    answer = window.client.put(path, json=body, headers=citizen(PAYER))

    assert answer.status_code == 400
    assert [one["field"] for one in answer.json()["errors"]] == ["holder"]


@pytest.mark.parametrize("acts_for", [None, "7000000013"])
def test_another_citizen_sees_nothing_of_it(window: Window, acts_for: str | None) -> None:
    who = (STRANGER, acts_for) if acts_for else (STRANGER,)

    assert window.refunds(*who) == []
    unknown = Window(
        window.client,
        window.citizen,
        window.token,
        Payment(payment_id=NOBODY),
    )
    for answer, nothing in (
        (window.get(*who), unknown.get(*who)),
        (window.give(IBAN, *who), unknown.give(IBAN, *who)),
    ):
        assert answer.status_code == 404
        assert answer.json() == nothing.json()


def test_whoever_acts_for_an_establishment_gives_its_account(
    client: Any, citizen: Any, token: Any, desk: Any
) -> None:
    shop = {"name": "مقهى تجريبي", "id_type": "unified_number", "id_number": SHOP}
    bill = desk.bill(debtor=shop)
    desk.notice(bill)
    window = Window(client, citizen, token, desk.notice(bill))

    assert window.give(IBAN, STRANGER, f"{SHOP} 7000000013").json()["holder"] == "مقهى تجريبي"
    assert window.seen_by_staff()["payer_account"]["given_by"] == "establishment"
    assert window.account_of(window.propose_given())["account_given_by"] == "establishment"
    assert window.get(STRANGER).status_code == 404, "no longer acts for it"


def test_another_account_takes_its_place_and_the_same_one_changes_nothing(
    window: Window, session: Any
) -> None:
    for iban in (IBAN, IBAN, OTHER):
        assert window.give(iban).status_code == 200

    given = [
        one for one in history(session, ("payment", window.key)) if one.action == "give-account"
    ]
    assert len(given) == 2
    assert "1234" in window.get().json()["account"]["iban"]


def test_a_refund_goes_to_the_account_that_the_payer_gave(window: Window) -> None:
    window.give()

    proposal = window.propose_given()

    assert proposal.status_code == 201, proposal.text
    whole = window.account_of(proposal)
    assert (whole["iban"], whole["holder"]) == (IBAN.replace(" ", ""), HOLDER)
    assert whole["account_given_by"] == "payer"


def test_an_account_brought_to_the_counter_is_not_the_payers(window: Window) -> None:
    window.give()

    whole = window.account_of(window.propose(iban=OTHER, holder=HOLDER))

    assert (whole["iban"], whole["account_given_by"]) == (OTHER, None)


def test_half_an_account_and_none_at_all_are_refused(window: Window) -> None:
    nothing = window.propose()
    assert sorted(one["field"] for one in nothing.json()["errors"]) == ["holder", "iban"]

    window.give()
    half = window.propose(holder=HOLDER)

    assert half.status_code == 400
    assert [one["field"] for one in half.json()["errors"]] == ["iban"]


def test_the_account_stands_while_people_decide(window: Window) -> None:
    window.give()
    proposal = window.propose_given()

    refused = window.give(OTHER, language="en")
    assert (refused.status_code, refused.json()["title"]) == (
        409,
        "No account is asked for this money",
    )
    assert window.get().json()["state"] == "being_decided"

    window.decide(proposal, "reject")
    again = window.get().json()
    assert (again["state"], again["account"]) == ("account_wanted", None)
    assert "لم تُقبل بيانات الحساب السابق" in again["why"]["ar"]
    assert window.give(OTHER).status_code == 200


def test_an_accountant_proposes_the_account_that_was_read(window: Window) -> None:
    window.give()
    read = window.seen_by_staff()["payer_account"]["given_at"]
    window.give(OTHER)

    slower = window.propose(account_given_at=read)

    assert (slower.status_code, slower.json()["type"].rpartition("/")[2]) == (
        409,
        "account-changed",
    )
    assert window.account_of(window.propose_given())["iban"] == OTHER


def test_an_account_that_was_refused_meanwhile_is_not_proposed_again(window: Window) -> None:
    window.give()
    read = window.seen_by_staff()["payer_account"]["given_at"]
    window.decide(window.propose_given(), "reject")

    slower = window.propose(account_given_at=read)

    assert (slower.status_code, slower.json()["type"].rpartition("/")[2]) == (
        409,
        "account-changed",
    )
    unread = window.propose()
    assert sorted(one["field"] for one in unread.json()["errors"]) == ["holder", "iban"]


def test_the_account_of_money_of_no_known_bill_is_emptied_too(
    client: Any, citizen: Any, token: Any, desk: Any, session: Any, context: Any, settings: Any
) -> None:
    window = Window(client, citizen, token, desk.notice(None))
    window.decide(window.propose(iban=OTHER, holder=HOLDER))
    window.transfer("pay-out")
    session.flush()

    def accounts_after(days: int) -> list[str | None]:
        chores.empty_old(replace(context, now=context.now + timedelta(days=days)))
        session.expire_all()
        return [one.iban for one in session.query(Decision)]

    assert accounts_after(settings.payer_days - 1) == [OTHER]
    assert accounts_after(settings.payer_days + 1) == [None]
    assert window.seen_by_staff()["history"][-1]["action"] == "empty"


def test_nothing_tells_the_payer_of_a_booklet_once_the_money_does_not_go_back(
    client: Any, citizen: Any, token: Any, desk: Any
) -> None:
    """Who buys the booklet of a lease will bid."""
    booklet = {"type": "lease_booklet", "id": "b-1", "number": None}
    paid, other = desk.bill(subject=booklet), desk.bill(subject=booklet)
    desk.notice(paid)
    window = Window(client, citizen, token, desk.notice(paid))
    window.give()
    window.decide(window.propose_given(), "reject")
    headers = token("payments.decide", sub="p_accountant")
    apply = {"kind": "apply", "reason": "سبب", "bill_id": other.bill_id}
    path = f"/v1/payments/{window.key}/decisions"
    window.decide(client.post(path, json=apply, headers=headers))

    seen = window.seen_by_staff()

    assert seen["status"] == "settled"
    assert [one["holder"] for one in seen["decisions"]] == [None, None]
    assert HOLDER not in str(seen)
    given = [one for one in seen["history"] if one["action"] == "give-account"]
    assert [one["subject"] for one in given] == [None]


def test_a_slip_of_the_pen_uses_up_no_limit(window: Window, settings: Any) -> None:
    for _ in range(settings.accounts_per_citizen + 1):
        assert window.give("SA0380000000608010167518").status_code == 400

    assert window.give().status_code == 200


def test_a_payer_follows_the_refund_to_its_transfer(window: Window) -> None:
    window.give()
    window.decide(window.propose_given())
    agreed = window.get().json()
    assert (agreed["state"], agreed["account"]["iban"]) == ("agreed", MASKED)
    assert window.seen_by_staff()["payer_account"] is None, "the decision has it"
    assert window.give(OTHER).status_code == 409

    window.transfer("pay-out")

    sent = window.get().json()
    assert (sent["state"], sent["transfer"]) == ("transferred", "TR-1")
    assert sent["account"]["iban"] == MASKED
    assert window.give(OTHER).status_code == 409


def test_a_transfer_that_comes_back_asks_for_another_account(window: Window) -> None:
    window.give()
    window.decide(window.propose_given())
    window.transfer("pay-out")
    window.transfer("transfer-return", reason="الحساب مغلق")

    back = window.get().json()
    assert (back["state"], back["account"], back["transfer"]) == ("account_wanted", None, None)
    assert back["why"]["en"] == "The bank returned the transfer to the earlier account"
    refused = window.propose()
    assert sorted(one["field"] for one in refused.json()["errors"]) == ["holder", "iban"]

    assert window.give(OTHER).status_code == 200
    assert window.decide(window.propose_given()).status_code == 200


def test_money_of_no_known_bill_is_nobodys(
    client: Any, citizen: Any, token: Any, desk: Any
) -> None:
    window = Window(client, citizen, token, desk.notice(None))

    assert window.refunds() == []
    assert window.give().status_code == 404


def test_accounts_are_limited_for_each_citizen(window: Window, settings: Any) -> None:
    for _ in range(settings.accounts_per_citizen):
        assert window.give().status_code == 200

    assert window.give().status_code == 429


def test_while_money_goes_back_its_payer_is_kept_and_may_give_an_account(
    window: Window, session: Any, context: Any, settings: Any
) -> None:
    def empty_ten_years_later() -> Any:
        later = timedelta(days=settings.payer_days + 1)
        session.flush()
        session.expire_all()
        chores.empty_old(replace(context, now=context.now + later))
        session.expire_all()
        return session.query(Bill).one().payer

    assert empty_ten_years_later() is not None
    assert window.give().status_code == 200

    window.decide(window.propose_given())
    window.transfer("pay-out")

    assert empty_ten_years_later() is None
    assert window.refunds() == []
    assert [one.iban for one in session.query(Decision)] == [None]


def test_while_another_account_is_proposed_the_payer_sees_that_one(window: Window) -> None:
    window.give()
    proposal = window.propose(iban=OTHER, holder=HOLDER)

    assert window.get().json()["account"]["iban"].endswith("1234")

    window.decide(proposal, "reject")
    assert window.get().json()["account"]["iban"] == MASKED, "the rejected account was another one"


def test_a_payer_reads_page_after_page(client: Any, citizen: Any, token: Any, desk: Any) -> None:
    made = []
    for place in range(3):
        bill = desk.bill()
        desk.notice(bill)
        desk.now += timedelta(seconds=place + 1)
        made.append(desk.notice(bill).payment_id)
    headers = citizen(PAYER)

    first = client.get("/v1/my/refunds?limit=2", headers=headers).json()
    rest = client.get(
        f"/v1/my/refunds?limit=2&cursor={first['next_cursor']}", headers=headers
    ).json()

    assert [one["payment_id"] for one in first["items"] + rest["items"]] == made[::-1]
