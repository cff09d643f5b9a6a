"""Bugs on the way from a report to a telephone, for the world of texts."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from chassis.events.consumer import Consumer

from . import in_consumer
from .bug import bug as any_bug
from .bug import patch

bug = partial(any_bug, world="reports")


@bug("one receipt each", "notify", "sender")
def other_provider_when_unsure() -> None:
    """A time-out counts as a refusal, and the other provider gets the message at once."""
    from notify.domain import sending

    after = sending.step_after

    def hasty(standing: Any, result: Any, others: Sequence[str], **words: Any) -> Any:
        if result.outcome is sending.Outcome.UNKNOWN:
            result = replace(result, outcome=sending.Outcome.NOT_SENT)
        return after(standing, result, others, **words)

    patch(sending, "step_after", hasty)


@bug("one receipt each", "notify", "sender")
def send_again_without_asking() -> None:
    """After a time-out the same provider gets the message again, without being asked for its fate."""
    from notify.domain import sending

    def again(standing: Any, _abilities: Any, policy: Any, now: datetime) -> Any:
        return sending._step_to_resend(standing, policy, now, twice=False)

    patch(sending, "step_when_unsure", again)


@bug("every report has its receipt", "notify", "sender")
def unknown_is_good_enough() -> None:
    """A message whose outcome isn't known is taken as handed over."""
    from notify.domain import sending

    after = sending.step_after

    def trusting(standing: Any, result: Any, others: Sequence[str], **words: Any) -> Any:
        if result.outcome is sending.Outcome.UNKNOWN:
            result = replace(result, outcome=sending.Outcome.ACCEPTED)
        return after(standing, result, others, **words)

    patch(sending, "step_after", trusting)


@bug("every report has its receipt", "notify", "consumer", nemesis=("sigkill-notify-work",))
def offset_before_message() -> None:
    """Offsets are committed before the messages are made: dying between the two loses them."""
    in_consumer.commit_the_offset_first()


@bug("one receipt each", "notify", "consumer", nemesis=("sigkill-notify-work",))
def each_delivery_a_message() -> None:
    """Neither the inbox nor the message's key knows an event again: a second delivery is a second text."""
    from chassis.core.ids import new_id
    from notify.commands import event_messages

    in_consumer.no_inbox()
    create, settle = event_messages.create_messages, Consumer._settle

    def slowly(self: Consumer, records: Sequence[Any], stop: Any) -> int:
        settled = settle(self, records, stop)
        time.sleep(1.0 if settled else 0.0)  # between the messages and their offsets
        return settled

    def anew(session: Any, wanted: Any, **words: Any) -> Any:
        other = [(template, replace(new, source=new_id())) for template, new in wanted]
        return create(session, other, **words)

    patch(event_messages, "create_messages", anew)
    patch(Consumer, "_settle", slowly)


@bug("a text is of its own report", "notify", "consumer")
def values_of_the_one_before() -> None:
    """The values of a text are kept in one place for all, and the next text finds those of the one before."""
    from notify.domain import texts

    write = texts.write
    kept: list[Mapping[str, str]] = []

    def stale(body: str, values: Mapping[str, str], **words: Any) -> Any:
        kept.append(values)
        before = kept[-2] if len(kept) > 1 and kept[-2].keys() == values.keys() else values
        return write(body, before, **words)

    patch(texts, "write", stale)


@bug("every closure has its text", "reports", "serve")
def contact_sealed_for_another() -> None:
    """A closure's contact is bound to a wrong id, and nobody can open it."""
    from chassis.events.contacts import Contacts

    seal = Contacts.seal

    def elsewhere(self: Any, aggregate_id: str, contacts: Any) -> Any:
        found = list(contacts)
        wrong = any(one.token for one in found)
        return seal(self, "elsewhere" if wrong else aggregate_id, found)

    patch(Contacts, "seal", elsewhere)
