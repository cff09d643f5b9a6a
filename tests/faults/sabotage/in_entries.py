"""Bugs on the way from a company's entry to permits' answer and back, for the world of entries."""

import time
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import select

from . import in_consumer
from .bug import beside, patch
from .bug import bug as any_bug

bug = partial(any_bug, world="entries")


@bug("one call is one entry", "partner-gateway", "serve")
def each_try_is_an_entry() -> None:
    """Nobody looks whether a request was carried out before: each repetition makes an entry of its own."""
    from chassis.data import idempotency

    patch(idempotency, "begin", lambda *_words, **_names: None)
    patch(idempotency, "keep", lambda *_words, **_names: None)


@bug(
    "an entry has its event, and an event its entry",
    "partner-gateway",
    "serve",
    nemesis=("sigkill-partner-gateway-worker", "terminate-backends"),
)
def told_before_it_is_kept() -> None:
    """The event is committed before the entry: where that rolls back, permits hears of what nobody made."""
    from partner_gateway.commands import entries

    publish = entries.publish

    def at_once(session: Any, event: Any) -> str:
        with beside(session) as apart:
            event_id: str = publish(apart, event)
            apart.commit()
        time.sleep(0.6)  # the time in which its worker is killed, or its backend ended
        return event_id

    patch(entries, "publish", at_once)


@bug("the company sees what permits decided", "partner-gateway", "consumer")
def answered_at_the_newest() -> None:
    """An answer is written to the newest entry of its permit, which isn't always the one that was answered."""
    from partner_gateway import consumers
    from partner_gateway.commands import entries
    from partner_gateway.models import PartnerEntry

    record = entries.record_answer

    def careless(session: Any, event: Any) -> Any:
        own = select(PartnerEntry.permit_id).where(PartnerEntry.entry_id == event.data["entry_id"])
        newest = session.scalars(
            select(PartnerEntry.entry_id)
            .where(PartnerEntry.permit_id.in_(own))
            .order_by(PartnerEntry.entered_at.desc())
        ).first()
        told = {**event.data, "entry_id": newest or event.data["entry_id"]}
        return record(session, replace(event, data=told))

    patch(consumers.entries, "record_answer", careless)


@bug("no insulation stands against what was seen", "permits", "consumer")
def failures_are_history() -> None:
    """A stage that failed is recorded, and what was passed before goes on counting."""
    from permits.commands import insulation_state
    from permits.domain.certificates import FAIL

    standing = insulation_state.count_facts

    def hopeful(facts: Any) -> Any:
        return standing([one for one in facts if getattr(one, "result", None) != FAIL])

    patch(insulation_state, "count_facts", hopeful)


@bug("a completion whose insulation fell is flagged", "permits", "consumer")
def flags_are_forgotten() -> None:
    """The certificate is revoked, and nobody looks at the completion that rests on it."""
    from permits.commands import insulation_state

    patch(insulation_state, "flag_completions", lambda *_words, **_names: False)


@bug("every entry is answered once", "permits", "consumer", nemesis=("sigkill-permits-work",))
def offset_before_answer() -> None:
    """Offsets are committed before the answers: dying between the two loses them."""
    in_consumer.commit_the_offset_first()


@bug("an entry counts for the order that it names, and for no other", "permits", "consumer")
def any_order_will_do() -> None:
    """What was entered for an order that was withdrawn counts for the one that followed."""
    from permits.domain import supply

    named = supply._order_of

    def present(course: Any, entry: Any) -> Any:
        order = course.order
        return named(course, replace(entry, order_id=order.order_id if order else None))

    patch(supply, "_order_of", present)


@bug("an order stands where the company's entries left it", "permits", "consumer")
def answered_and_not_written() -> None:
    """The company is told that its entry took effect, and the release stays as it was."""
    from permits.commands import supply_entries

    patch(supply_entries, "set_course", lambda *_words: None)
