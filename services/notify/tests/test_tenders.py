"""What the followers of tenders and leases are told, with the link that ends the texts."""

from typing import Any

import pytest

from chassis.events.contacts import Contact
from notify.models import Message

from .telling import tell_event

TOPIC = "tenders.notice"
TENDER, LEASE = "14480450000017", "14480440000017"
LINK = "http://localhost:8012/f/"


def follower(number: int = 1) -> Contact:
    return Contact(
        role="holder", mobile=f"+96650000000{number}", confirmed=True, token=f"t{number}" * 11
    )


def tell(context: Any, happened: str, *contacts: Contact, **changes: Any) -> list[Message]:
    return tell_event(context, TOPIC, happened, *contacts, **changes)


@pytest.mark.parametrize(
    ("happened", "kind", "number", "text"),
    [
        ("deadline_changed", "tender", TENDER, "صار آخر موعد لعروض المنافسة {}: 2026/12/27"),
        ("deadline_changed", "lease", LEASE, "صار آخر موعد لعروض المزايدة {}: 2026/12/27"),
        ("amended", "tender", TENDER, "عُدلت المنافسة {}؛ راجعوا مواعيدها ومستنداتها."),
        ("amended", "lease", LEASE, "عُدلت المزايدة {}؛ راجعوا مواعيدها ومستنداتها."),
        ("answered", "tender", TENDER, "نُشرت إجابة عن سؤال في المنافسة {}."),
        ("awarded", "tender", TENDER, "رُسيت المنافسة {}."),
        ("awarded", "lease", LEASE, "رُسيت المزايدة {}."),
        ("cancelled", "lease", LEASE, "أُلغيت المزايدة {} والسبب مبين فيها."),
    ],
)
def test_a_follower_is_told_with_the_link_that_ends_the_texts(
    context: Any, happened: str, kind: str, number: str, text: str
) -> None:
    (message,) = tell(context, happened, follower(), kind=kind, number=number)

    assert message.text_public is not None
    assert message.text_public.startswith(text.format(number))
    assert LINK in message.text_public


def test_each_follower_has_a_text_of_their_own(context: Any) -> None:
    messages = tell(context, "awarded", *(follower(number) for number in range(5)))

    mobiles = [f"+96650000000{number}" for number in range(5)]
    assert sorted(str(one.recipient) for one in messages) == mobiles


def test_a_notice_to_nobody_leaves_no_message(context: Any) -> None:
    assert tell(context, "cancelled") == []
