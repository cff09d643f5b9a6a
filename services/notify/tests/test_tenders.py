"""What the followers of tenders and leases are told, with the link that ends the texts."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.events.contacts import Contact
from notify import catalogue
from notify.domain.templates import length
from notify.models import Message

from .telling import tell_event

TOPIC = "tenders.notice"
TENDER, LEASE = "14480450000017", "14480440000017"
LINK, PAGE = "http://localhost:8012/f/", "http://localhost:8011/t/"
HAPPENINGS = ("deadline_changed", "amended", "answered", "awarded", "cancelled")


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
        ("cancelled", "lease", LEASE, "أُلغيت المزايدة {} والسبب في صفحتها: "),
    ],
)
def test_a_follower_is_told_with_the_link_that_ends_the_texts(
    context: Any, happened: str, kind: str, number: str, text: str
) -> None:
    (message,) = tell(context, happened, follower(), kind=kind, number=number)

    assert message.text_public is not None
    assert message.text_public.startswith(text.format(number))
    assert f" {PAGE}{number} " in message.text_public
    assert LINK in message.text_public


@pytest.mark.parametrize("happened", HAPPENINGS)
def test_an_english_text_opens_the_page_in_english(context: Any, happened: str) -> None:
    (message,) = tell(
        context, happened, replace(follower(), language="en"), kind="lease", number=LEASE
    )

    assert f" {PAGE}{LEASE}?lang=en End these texts: {LINK}" in str(message.text_public)


def test_an_event_without_a_number_is_parked_and_sends_no_address_that_opens_nothing(
    context: Any,
) -> None:
    with pytest.raises(ValueError, match="no number"):
        tell(context, "awarded", follower(), kind="lease", number=None)


def test_a_text_to_a_follower_has_three_parts_at_the_most() -> None:
    texts = {
        (name, language): template["text"][language]
        for name, template in catalogue.read_wordings().items()
        if name.startswith(("tender-", "lease-"))
        for language in ("ar", "en")
    }

    parts = {one: length(text, one[1]).parts for one, text in texts.items()}

    assert len(parts) == 20
    assert max(parts.values()) <= 3, parts


def test_each_follower_has_a_text_of_their_own(context: Any) -> None:
    messages = tell(context, "awarded", *(follower(number) for number in range(5)))

    mobiles = [f"+96650000000{number}" for number in range(5)]
    assert sorted(str(one.recipient) for one in messages) == mobiles


def test_a_notice_to_nobody_leaves_no_message(context: Any) -> None:
    assert tell(context, "cancelled") == []
