"""Sending, the part in the database: claim the due messages, decide the step of each, record the outcome.

The row of an attempt is committed before the call of the provider. After the lease, another process takes the outcome
as unknown, so a process may be killed at any moment.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

import structlog
from sqlalchemy import Select, and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from chassis.core import metrics
from chassis.data import calls
from chassis.data.lock_order import note_lock
from chassis.data.sealing import CannotUnseal
from chassis.events.outbox import published_together
from notify.commands import breakers
from notify.commands.messages import UNOPENED, change_state, count_state
from notify.domain import breaker, sending
from notify.domain.breaker import Breaker
from notify.domain.messages import State, WhenUnsure
from notify.domain.sending import Abilities, Outcome, Result, Standing, Step
from notify.models import Attempt, Message

ATTEMPTS = metrics.counter("sms_attempts_total", "Calls of a provider", ["provider", "outcome"])

WORKER = "sender"
_UNDER_WAY = (State.SENDING.value, State.UNSURE.value, State.ACCEPTED.value)

# Made into statements once: each message needs them twice.
_DUE = (
    select(Message.message_id)
    .where(Message.due_at <= bindparam("now"))
    .order_by(Message.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, key_share=True)
)
# Messages to send, to providers that may be called.
_DUE_NEW = _DUE.where(
    Message.state == State.CREATED.value,
    Message.expires_at > bindparam("now"),
    or_(Message.pinned.is_(False), Message.provider.in_(bindparam("usable", expanding=True))),
)
_DUE_UNDER_WAY = _DUE.where(
    or_(
        Message.state.in_(_UNDER_WAY),
        and_(Message.state == State.CREATED.value, Message.expires_at <= bindparam("now")),
    )
)
_OF_IDS = Message.message_id.in_(bindparam("ids", expanding=True))
# In the order of their ids, so that two processes never deadlock. Leaves the rows sealed.
_LOCKED = (
    select(Message)
    .where(_OF_IDS)
    .order_by(Message.message_id)
    .with_for_update(key_share=True)
    .options(*UNOPENED)
    .execution_options(populate_existing=True)
)
_TEXTS = select(
    Message.message_id, Message.recipient, Message.text_public, Message.text_secret
).where(_OF_IDS)
_ATTEMPTS_OF = (
    select(Attempt)
    .where(Attempt.message_id.in_(bindparam("ids", expanding=True)))
    .order_by(Attempt.number)
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Job:
    """A call outside any transaction. `number`: the number of the attempt. `to` (E.164) and `text` are for `send`."""

    kind: Literal["send", "ask"]
    message_id: str
    number: int
    provider: str
    to: str = field(default="", repr=False)
    text: str = field(default="", repr=False)


CompletedCall = calls.CompletedCall[Job, Result]


@dataclass(frozen=True, kw_only=True)
class SendingRules:
    """The inputs of the rules: the abilities of the providers, the times, and the breakers as of this transaction."""

    abilities: Mapping[str, Abilities]
    policy: sending.Policy
    breaker: breaker.Policy
    breakers: Mapping[str, Breaker] = field(default_factory=dict)


def claim(session: Session, rules: SendingRules, *, limit: int, now: datetime) -> list[Job]:
    """Claims up to `limit` due messages, and returns the calls for them. Skips messages of other processes."""
    closed, half_open = _providers_by_breaker(rules)
    places = limit if closed else min(limit, len(half_open))
    usable = sorted(closed | half_open)
    keys = _lock_due(session, _DUE_NEW, places, now, usable=usable)
    keys += _lock_due(session, _DUE_UNDER_WAY, max(1, limit - len(keys)), now)
    return calls.claim_together(
        session,
        keys,
        lambda some: _claim_rows(session, rules, some, now),
        worker=WORKER,
        set_due=postpone,
        now=now,
    )


def postpone(session: Session, message_id: str, until: datetime) -> None:
    """Reschedules a message whose claim or outcome can't be stored."""
    statement = update(Message).where(Message.message_id == message_id, Message.due_at.is_not(None))
    session.execute(
        statement.values(due_at=until), execution_options={"synchronize_session": False}
    )


def _claim_rows(
    session: Session, rules: SendingRules, keys: Sequence[str], now: datetime
) -> list[Job]:
    closed, half_open = _providers_by_breaker(rules)
    rows = _lock_messages(session, keys)
    tried_before = [row.message_id for row in rows.values() if row.attempts]
    attempts = _read_attempts(session, tried_before) if tried_before else {}
    jobs: list[Job] = []
    with published_together(session):
        for row in (rows[key] for key in keys):
            # A half-open provider goes first, for one message, because only a message can close its breaker.
            order = preference(row.message_id, half_open) + preference(row.message_id, closed)
            of_message = attempts.get(row.message_id)
            last = of_message[-1] if of_message else None
            job = _begin_step(session, rules, row, (last, order), now)
            if job is not None:
                half_open.discard(job.provider)
                jobs.append(job)
    return _open_jobs(session, rows, jobs, now)


def _providers_by_breaker(rules: SendingRules) -> tuple[set[str], set[str]]:
    """Returns the providers with a closed breaker, and the providers with a half-open breaker."""
    states = rules.breakers.items()
    closed = {name for name, state in states if state.closed}
    return closed, {name for name, state in states if state.half_open}


def record(
    session: Session, rules: SendingRules, done: Sequence[CompletedCall], now: datetime
) -> list[Job]:
    """Records the outcomes of calls, and returns the calls that follow at once, to the other provider. A recorded
    outcome stays, and an ended message doesn't change."""
    rows = _lock_messages(session, [one.job.message_id for one in done])
    note_lock(session, Message.__tablename__)
    sent = [one for one in done if one.job.kind == "send"]
    outcomes = [(one.job.provider, one.result.counts_as_failure) for one in sent]
    called = {*rules.abilities, *(one.job.provider for one in done)}
    known = breakers.lock_unsettled(session, called, failed=any(failed for _, failed in outcomes))
    counted = breakers.count_outcomes(session, known, outcomes, rules.breaker, now)
    states = {name: counted[name] for name in rules.abilities}
    rules = replace(rules, breakers=states)
    usable = [name for name, state in states.items() if state.lets_through]
    attempts = _read_attempts(session, rows)
    jobs: list[Job] = []
    with published_together(session):
        for one in (each for each in done if each.job.message_id in rows):
            row = rows[one.job.message_id]
            of_message = attempts[row.message_id]
            if one.job.kind == "ask":
                step = _record_query(rules, row, of_message, one, now)
            else:
                others = preference(row.message_id, usable)
                step = _record_send(rules, row, (of_message, others), one, now)
            job = _apply_step(session, rules, row, step, now) if step else None
            jobs += [job] if job else []
    return _open_jobs(session, rows, jobs, now)


def _lock_due(
    session: Session, which: Select[str], limit: int, now: datetime, **values: Any
) -> list[str]:
    """Locks due messages and returns their ids, the longest due first."""
    if limit < 1:
        return []
    return list(session.scalars(which, {"now": now, "most": limit, **values}))


def _lock_messages(session: Session, ids: Sequence[str]) -> dict[str, Message]:
    """Locks messages. `_open_jobs` opens a message for a call."""
    return {row.message_id: row for row in session.scalars(_LOCKED, {"ids": ids})}


def _read_attempts(session: Session, rows: Collection[str]) -> dict[str, list[Attempt]]:
    """Returns the attempts of the messages, oldest first."""
    found: dict[str, list[Attempt]] = {message_id: [] for message_id in rows}
    for row in session.scalars(_ATTEMPTS_OF, {"ids": list(found)}):
        found[row.message_id].append(row)
    return found


def _begin_step(
    session: Session,
    rules: SendingRules,
    row: Message,
    known: tuple[Attempt | None, Sequence[str]],
    now: datetime,
) -> Job | None:
    """Takes the step of a due message. `known`: its last attempt, and the providers that may be called."""
    last, order = known
    state = State(row.state)
    if state is State.SENDING and last is not None and last.outcome is not None:
        state = State.CREATED  # the outcome of the call is known, and the next call wasn't made
        change_state(session, row, state, reason=last.detail, now=now)
    elif state is State.SENDING and last is not None:
        # The process was killed or hangs, so the outcome is unknown.
        last.ended_at, last.outcome, last.detail = now, Outcome.UNKNOWN.value, "lease-over"
        ATTEMPTS.labels(last.provider, "lease-over").inc()
    standing = _standing(row, last)
    if state is State.UNSURE:
        abilities = rules.abilities.get(row.provider or "", Abilities())
        step = sending.step_when_unsure(standing, abilities, rules.policy, now)
    else:
        step = sending.step_when_due(standing, order, rules.policy, now)
    return _apply_step(session, rules, row, step, now)


def _record_send(
    rules: SendingRules,
    row: Message,
    known: tuple[Sequence[Attempt], Sequence[str]],
    done: CompletedCall,
    now: datetime,
) -> Step | None:
    """Returns the step after a call; None if the outcome is recorded, or a receipt was faster. `known`: the attempts of
    the message, and the providers that may be called."""
    attempts, others = known
    (attempt,) = (one for one in attempts if one.number == done.job.number)
    if attempt.outcome is not None:
        return None
    result = done.result
    attempt.ended_at, attempt.outcome, attempt.detail = now, result.outcome.value, result.detail
    attempt.provider_reference = result.provider_reference
    ATTEMPTS.labels(attempt.provider, result.outcome.value).inc()
    if State(row.state) is not State.SENDING or attempt.number != row.attempts:
        return None
    tried = [one for one in attempts if one.round == attempt.round]
    standing = _standing(row, attempt, tried)
    return sending.step_after(standing, result, others, policy=rules.policy, now=now)


def _record_query(
    rules: SendingRules,
    row: Message,
    attempts: Sequence[Attempt],
    done: CompletedCall,
    now: datetime,
) -> Step | None:
    if State(row.state) is not State.UNSURE or done.job.number != row.attempts:
        return None
    last = attempts[-1]
    last.provider_reference = done.result.provider_reference or last.provider_reference
    return sending.step_after_query(_standing(row, last), done.result, rules.policy, now)


def _standing(row: Message, last: Attempt | None, tried: Sequence[Attempt] = ()) -> Standing:
    refused = {one.provider for one in tried if sending.is_final(one.detail)}
    return Standing(
        state=State(row.state),
        when_unsure=WhenUnsure(row.when_unsure),
        expires_at=row.expires_at,
        provider=row.provider,
        pinned=row.pinned,
        rounds=row.rounds,
        tried=frozenset(one.provider for one in tried),
        refused=frozenset(refused),
        since=(last.ended_at or last.began_at) if last else None,
    )


def _apply_step(
    session: Session, rules: SendingRules, row: Message, step: Step, now: datetime
) -> Job | None:
    """Applies the step to the message, and returns the call of the step."""
    if step.send is not None and not _may_send(session, rules, step.send, now):
        row.due_at = now + rules.breaker.pause
        if State(row.state) is State.SENDING:  # no call runs, so the message needs no lease
            change_state(session, row, State.CREATED, reason="no-provider", now=now)
        return None
    row.due_at = step.due_at
    row.rounds += step.round_over
    row.pinned = row.pinned or step.pins
    row.possible_duplicate = row.possible_duplicate or step.twice
    if step.state.value != row.state:
        change_state(session, row, step.state, reason=step.reason, now=now)
        count_state(row, step.state, now)
    elif step.reason:
        row.reason = step.reason
    if step.ask is not None:
        return Job("ask", row.message_id, row.attempts, step.ask)
    return _add_attempt(session, row, step.send, now) if step.send is not None else None


def _may_send(session: Session, rules: SendingRules, provider: str, now: datetime) -> bool:
    """Returns whether the provider is configured and its breaker lets the message through. A message may be pinned to a
    provider that was removed."""
    known = rules.breakers.get(provider)
    return known is not None and breakers.admit_message(
        session, provider, known, rules.breaker, now
    )


def _add_attempt(session: Session, row: Message, provider: str, now: datetime) -> Job:
    row.attempts += 1
    row.provider = provider
    session.add(
        Attempt(
            message_id=row.message_id,
            number=row.attempts,
            round=row.rounds,
            provider=provider,
            began_at=now,
        )
    )
    return Job("send", row.message_id, row.attempts, provider)


def _open_jobs(
    session: Session, rows: Mapping[str, Message], jobs: Sequence[Job], now: datetime
) -> list[Job]:
    """Returns the calls with numbers and texts. A message that can't be unsealed fails alone."""
    session.flush()
    sends = [job.message_id for job in jobs if job.kind == "send"]
    if not sends:
        return list(jobs)
    contents = _open_texts(session, sends)
    ready = []
    for job in jobs:
        if job.kind == "send" and job.message_id not in contents:
            log.error("sending.unreadable", provider=job.provider)
            change_state(
                session, rows[job.message_id], State.TECHNICAL_FAILURE, reason="unreadable", now=now
            )
        elif job.kind == "send":
            to, text = contents[job.message_id]
            ready.append(replace(job, to=to, text=text))
        else:
            ready.append(job)
    session.flush()
    return ready


def _open_texts(session: Session, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Returns number and text of each message that can be unsealed and has both."""
    try:
        found = session.execute(_TEXTS, {"ids": ids}).all()
    except CannotUnseal:
        if len(ids) == 1:
            return {}
        return {key: one for each in ids for key, one in _open_texts(session, [each]).items()}
    return {
        key: (recipient, text)
        for key, recipient, public, secret in found
        if recipient and (text := secret or public)
    }


def preference(message_id: str, providers: Collection[str]) -> list[str]:
    """Returns the order of the providers for a message. Each provider is first for a share of the messages, so that
    both stay in use. The order of a message never changes."""
    if not providers:
        return []
    names = sorted(providers)
    start = int(message_id[-4:], 16) % len(names)
    return names[start:] + names[:start]
