"""What people do about money: take it at the counter, propose, agree or refuse, record a transfer."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import flask

from chassis.core import contracts
from chassis.http.problems import Problem
from pages.site import Visit
from portal.api.asking import answer_or_problem, ask, post
from portal.api.desk.payments import bills, money, views
from portal.api.entry_forms import KEY, EntryForm, Surroundings, show_form, submit_form
from portal.domain import money_form
from portal.domain.entry_form import body_of
from portal.outside.services import Reply


def show_counter(visit: Visit, bill_id: UUID) -> flask.Response:
    """GET /desk/payments/bills/{id}/counter."""
    return show_form(visit, _counter(visit, bill_id))


def submit_counter(visit: Visit, bill_id: UUID) -> flask.Response:
    """POST /desk/payments/bills/{id}/counter. The service takes a receipt once, however often it's sent."""
    return submit_form(visit, _counter(visit, bill_id))


def _counter(visit: Visit, bill_id: UUID) -> EntryForm:
    path, page = f"{bills.BILLS}/{bill_id}", f"{bills.BILL}/{bill_id}"
    fields = money_form.COUNTER

    def look() -> Surroundings:
        bill = answer_or_problem(visit, path)
        return Surroundings(
            facts=views.bill_facts(bill, visit), lists={"method": _methods(visit.language)}
        )

    return EntryForm(
        name="money_counter",
        address=f"{page}/counter",
        back=page,
        fields=fields,
        look=look,
        send=lambda typed: post(
            visit, f"{path}/counter-payments", body_of(fields, typed), once=typed[KEY]
        ),
        target=lambda taken: f"{money.PAYMENT}/{taken['payment_id']}?done=money_counter",
    )


def _methods(language: str) -> list[tuple[str, str]]:
    schemas = contracts.openapi("payments")["components"]["schemas"]
    titles = schemas["CounterPayment"]["properties"]["method"]["x-titles"]
    return [(code, words[language]) for code, words in titles.items()]


def show_proposal(visit: Visit, payment_id: UUID, kind: str) -> flask.Response:
    """GET /desk/payments/money/{id}/proposals/{kind}."""
    return show_form(visit, _proposal(visit, payment_id, kind))


def submit_proposal(visit: Visit, payment_id: UUID, kind: str) -> flask.Response:
    """POST /desk/payments/money/{id}/proposals/{kind}."""
    return submit_form(visit, _proposal(visit, payment_id, kind))


def _proposal(visit: Visit, payment_id: UUID, kind: str) -> EntryForm:
    """Returns the form of a proposal. Raises Problem for a kind that there isn't."""
    if kind not in money_form.PROPOSALS:
        raise Problem("not-found")
    fields = money_form.PROPOSALS[kind]

    def send(typed: Mapping[str, str]) -> Reply:
        body = {"kind": kind, **body_of(fields, typed)}
        number = body.pop("bill_number", "")
        if kind == "apply":
            found = _find_bill(visit, number)
            if found.is_problem:
                return found
            body["bill_id"] = found.document["bill_id"]
        return post(visit, f"{money.PAYMENTS}/{payment_id}/decisions", body, once=typed[KEY])

    return _about_payment(
        visit,
        payment_id,
        f"proposals/{kind}",
        f"money_{kind}",
        fields=fields,
        send=send,
        conflicts=("account-changed",),
    )


def _find_bill(visit: Visit, number: str) -> Reply:
    """Returns the bill of a number, because people know numbers and the service asks for the bill's id. A number that
    is no bill's becomes a fault of its input."""
    if number:
        found = ask(visit, bills.BILLS, {"bill_number": number, "limit": 1})
        if found.is_problem:
            return found
        if found.document["items"]:
            return Reply(200, found.document["items"][0])
    words = str(visit.text("money_no_bill"))
    return Reply(400, {"errors": [{"field": "bill_number", "detail": words}]})


def show_pay_out(visit: Visit, payment_id: UUID) -> flask.Response:
    """GET /desk/payments/money/{id}/pay-out."""
    return show_form(visit, _pay_out(visit, payment_id))


def submit_pay_out(visit: Visit, payment_id: UUID) -> flask.Response:
    """POST /desk/payments/money/{id}/pay-out."""
    return submit_form(visit, _pay_out(visit, payment_id))


def _pay_out(visit: Visit, payment_id: UUID) -> EntryForm:
    fields = money_form.PAY_OUT
    path = f"{money.PAYMENTS}/{payment_id}/pay-out"

    def send(typed: Mapping[str, str]) -> Reply:
        return post(visit, path, body_of(fields, typed), once=typed[KEY])

    return _about_payment(
        visit,
        payment_id,
        "pay-out",
        "money_pay-out",
        fields=fields,
        send=send,
        takes_account=True,
    )


def show_return(visit: Visit, payment_id: UUID) -> flask.Response:
    """GET /desk/payments/money/{id}/transfer-return."""
    return show_form(visit, _return(visit, payment_id))


def submit_return(visit: Visit, payment_id: UUID) -> flask.Response:
    """POST /desk/payments/money/{id}/transfer-return."""
    return submit_form(visit, _return(visit, payment_id))


def _return(visit: Visit, payment_id: UUID) -> EntryForm:
    """Returns the form by which an accountant records that the bank has returned the transfer of a refund."""
    fields, ending = money_form.TRANSFER_RETURN, "transfer-return"
    path = f"{money.PAYMENTS}/{payment_id}/{ending}"

    def send(typed: Mapping[str, str]) -> Reply:
        return post(visit, path, body_of(fields, typed), once=typed[KEY])

    return _about_payment(visit, payment_id, ending, f"money_{ending}", fields=fields, send=send)


def show_word(visit: Visit, payment_id: UUID, decision_id: UUID, word: str) -> flask.Response:
    """GET /desk/payments/money/{id}/decisions/{id}/{word}."""
    return show_form(visit, _word(visit, payment_id, decision_id, word))


def submit_word(visit: Visit, payment_id: UUID, decision_id: UUID, word: str) -> flask.Response:
    """POST /desk/payments/money/{id}/decisions/{id}/{word}."""
    return submit_form(visit, _word(visit, payment_id, decision_id, word))


def _word(visit: Visit, payment_id: UUID, decision_id: UUID, word: str) -> EntryForm:
    """Returns the form by which a second person agrees to a proposal or refuses it. Raises Problem."""
    if word not in ("approve", "reject"):
        raise Problem("not-found")
    fields = money_form.WORD

    def send(typed: Mapping[str, str]) -> Reply:
        path = f"/v1/decisions/{decision_id}/{word}"
        return post(visit, path, body_of(fields, typed), once=typed[KEY])

    return _about_payment(
        visit,
        payment_id,
        f"decisions/{decision_id}/{word}",
        f"money_{word}",
        fields=fields,
        send=send,
        decision=str(decision_id),
    )


def _about_payment(
    visit: Visit,
    payment_id: UUID,
    ending: str,
    name: str,
    *,
    decision: str = "",
    takes_account: bool = False,
    **form: Any,
) -> EntryForm:
    """Returns a form about a payment, with the payment above its fields, and the decision that it's about. A proposal
    names the payer's account that was read. A transfer `takes_account` of the refund that was agreed to, and names it:
    a refund that replaced it meanwhile is refused."""
    page = f"{money.PAYMENT}/{payment_id}"

    def look() -> Surroundings:
        payment = answer_or_problem(visit, f"{money.PAYMENTS}/{payment_id}")
        bill = money.bill_of(payment, visit)  # without its payer nobody can compare the holder
        facts = views.receipt_facts(payment, bill, visit)
        chosen = [one for one in payment["decisions"] if one["decision_id"] == decision]
        if decision and not chosen:
            raise Problem("not-found")
        for one in chosen:
            facts += views.decision_facts(one, visit)
            if one["kind"] == "apply":
                target = answer_or_problem(visit, f"{bills.BILLS}/{one['bill_id']}")
                facts += views.target_facts(target, visit)
        agreed = [one for one in payment["decisions"] if one["status"] == "approved"]
        if decision or not takes_account or not agreed:
            account = payment["payer_account"]
            read = {"account_given_at": account["given_at"]} if account else {}
            warning = views.warn_of_other_holder(chosen, bill)
            return Surroundings(facts=facts, blank=read, warning=warning)
        facts += views.decision_facts(agreed[0], visit)
        return Surroundings(facts=facts, blank={"decision_id": agreed[0]["decision_id"]})

    return EntryForm(
        name=name,
        address=f"{page}/{ending}",
        back=page,
        look=look,
        target=lambda _: f"{page}?done={name}",
        **form,
    )
