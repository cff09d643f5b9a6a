"""What the applicant of a transaction is told: entry, return, decision; one part in Arabic, nothing of the subject."""

from typing import Any

import pytest

from chassis.events.contacts import Contact
from notify.models import Message
from saudi.sms import message as message_of

from .telling import tell_event

TOPIC = "transactions.transaction"
APPLICANT = Contact(role="applicant", mobile="+966500000008", confirmed=True)
NUMBER = "1448047000017"


def tell(context: Any, happened: str, *contacts: Contact, **changes: Any) -> list[Message]:
    return tell_event(context, TOPIC, happened, *contacts, **changes)


@pytest.mark.parametrize(
    ("happened", "changes", "text"),
    [
        ("entered", {}, f"قُيدت معاملتكم برقم {NUMBER} وموعد إنجازها 2026/12/13م."),
        ("returned", {}, f"أعيدت معاملتكم {NUMBER} للاستكمال حتى 2026/12/30م."),
        ("decided", {"outcome": "approved"}, f"تمت الموافقة على معاملتكم رقم {NUMBER}."),
        ("decided", {"outcome": "refused"}, f"رُفضت معاملتكم رقم {NUMBER} والسبب مبين فيها."),
        ("decided", {"outcome": "replied"}, f"صدر رد البلدية على معاملتكم رقم {NUMBER}."),
        ("filed", {}, f"حُفظت معاملتكم {NUMBER} لعدم استكمالها، ولكم تقديمها من جديد."),
    ],
)
def test_the_applicant_is_told_in_one_part(
    context: Any, happened: str, changes: dict[str, str], text: str
) -> None:
    (message,) = tell(context, happened, APPLICANT, **changes)

    assert message.text_public == text
    assert len(message_of(text).parts) == 1


@pytest.mark.parametrize("happened", ["referred", "answered", "withdrawn", "emptied"])
def test_other_moves_tell_nobody(context: Any, happened: str) -> None:
    assert tell(context, happened, APPLICANT) == []


@pytest.mark.parametrize("happened", ["entered", "returned", "decided"])
def test_a_confidential_transaction_tells_nobody_and_leaves_no_message(
    context: Any, happened: str
) -> None:
    assert tell(context, happened) == []


@pytest.mark.parametrize(("outcome", "told"), [("approved", []), (None, ["transaction-filed"])])
def test_a_filing_by_a_person_tells_whoever_had_no_decision(
    context: Any, outcome: str | None, told: list[str]
) -> None:
    messages = tell(context, "filed", APPLICANT, reason_code=None, outcome=outcome)

    assert [one.template for one in messages] == told
