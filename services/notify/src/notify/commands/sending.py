"""The engine's part in the database: which messages are due and what is done with each, and what came of it.

An attempt is a row that is committed before the provider is called. Whoever finds one whose lease is over takes its
outcome as unknown, so a process may be killed at any moment.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

import structlog
from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from chassis.core import metrics
from chassis.data import calls
from chassis.data.put_off import put_off
from chassis.data.sealing import CannotUnseal
from notify.commands import breakers
from notify.commands.changing import UNOPENED, change
from notify.domain import breaker, sending
from notify.domain.breaker import Breaker
from notify.domain.messages import TERMINAL, State, WhenUnsure
from notify.domain.sending import Abilities, Outcome, Result, Standing, Step
from notify.models import Attempt, Message

# 10 s are promised; a message that was tried again takes minutes.
HANDED_OVER = metrics.histogram(
    "sms_handed_over_seconds",
    "From the event to the provider's acceptance",
    ["provider"],
    (0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3_600),
)
ATTEMPTS = metrics.counter("sms_attempts_total", "Calls of a provider", ["provider", "outcome"])
ENDED = metrics.counter("sms_ended_total", "Messages that have ended", ["state"])

WORKER = "sender"
_UNDER_WAY = (State.SENDING.value, State.UNSURE.value, State.ACCEPTED.value)


log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Job:
    """A call to make outside any transaction. `number` is the attempt's; `to`, in E.164, and `text` are for `send`."""

    kind: Literal["send", "ask"]
    message_id: str
    number: int
    provider: str
    to: str = field(default="", repr=False)
    text: str = field(default="", repr=False)


Done = calls.Done[Job, Result]


@dataclass(frozen=True, kw_only=True)
class House:
    """What the rules need to know of this house: the providers and what each is able to, the times, and the breakers as
    a transaction has read them."""

    abilities: Mapping[str, Abilities]
    policy: sending.Policy
    breaker: breaker.Policy
    breakers: Mapping[str, Breaker] = field(default_factory=dict)


def claim(session: Session, house: House, *, limit: int, now: datetime) -> list[Job]:
    """Takes up to `limit` due messages that no other process is at, and answers the calls to make for them."""
    house = replace(house, breakers=breakers.read(session, house.abilities))
    closed, half_open = _usable(house)
    places = limit if closed else min(limit, len(half_open))
    keys = _due(session, _fresh(closed | half_open, now), places, now)
    keys += _due(session, _others(now), max(1, limit - len(keys)), now)
    return calls.claim_apart(
        session,
        keys,
        lambda some: _claimed(session, house, some, now),
        lambda key: put_off(session, WORKER, key, leave, now=now),
        worker=WORKER,
    )


def leave(session: Session, message_id: str, until: datetime) -> None:
    """Leaves a message alone until then that can't be claimed, or whose outcome can't be recorded."""
    statement = update(Message).where(Message.message_id == message_id, Message.due_at.is_not(None))
    session.execute(
        statement.values(due_at=until), execution_options={"synchronize_session": False}
    )


def _claimed(session: Session, house: House, keys: Sequence[str], now: datetime) -> list[Job]:
    closed, half_open = _usable(house)
    rows = _locked(session, keys)
    tried_before = [row.message_id for row in rows.values() if row.attempts]
    attempts = _attempts(session, tried_before) if tried_before else {}
    jobs: list[Job] = []
    for row in (rows[key] for key in keys):
        # A half-open provider comes first, for one message: without it, it would stay as it is.
        order = preference(row.message_id, half_open) + preference(row.message_id, closed)
        mine = attempts.get(row.message_id)
        job = _begin(session, house, row, (mine[-1] if mine else None, order), now)
        if job is not None:
            half_open.discard(job.provider)
            jobs.append(job)
    return _readable(session, rows, jobs, now)


def _usable(house: House) -> tuple[set[str], set[str]]:
    """The providers whose breaker is closed, and those whose is half-open."""
    states = house.breakers.items()
    closed = {name for name, state in states if state.closed}
    return closed, {name for name, state in states if state.half_open}


def record(session: Session, house: House, done: Sequence[Done], now: datetime) -> list[Job]:
    """Writes down what came of some calls, and answers those that follow at once: the other provider's. An outcome that
    stands already, or one of a message that has ended meanwhile, changes no message."""
    rows = _locked(session, [one.job.message_id for one in done])
    sent = [one for one in done if one.job.kind == "send"]
    outcomes = [(one.job.provider, one.result.counts_as_failure) for one in sent]
    breakers.note(session, outcomes, house.breaker, now)
    states = breakers.read(session, house.abilities)
    house = replace(house, breakers=states)
    usable = [name for name, state in states.items() if state.lets_through]
    attempts = _attempts(session, rows)
    jobs: list[Job] = []
    for one in (each for each in done if each.job.message_id in rows):
        row = rows[one.job.message_id]
        mine = attempts[row.message_id]
        if one.job.kind == "ask":
            step = _asked(house, row, mine, one, now)
        else:
            step = _sent(house, row, (mine, preference(row.message_id, usable)), one, now)
        job = _apply(session, house, row, step, now) if step else None
        jobs += [job] if job else []
    return _readable(session, rows, jobs, now)


def _fresh(usable: set[str], now: datetime) -> ColumnElement[bool]:
    """Messages to send, to providers that may be called."""
    mine = or_(Message.pinned.is_(False), Message.provider.in_(sorted(usable)))
    return and_(Message.state == State.CREATED.value, Message.expires_at > now, mine)


def _others(now: datetime) -> ColumnElement[bool]:
    return or_(
        Message.state.in_(_UNDER_WAY),
        and_(Message.state == State.CREATED.value, Message.expires_at <= now),
    )


def _due(session: Session, which: ColumnElement[bool], limit: int, now: datetime) -> list[str]:
    """The ids of due messages, locked, the longest due first."""
    if limit < 1:
        return []
    statement = (
        select(Message.message_id)
        .where(Message.due_at <= now, which)
        .order_by(Message.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return list(session.scalars(statement))


def _locked(session: Session, ids: Sequence[str]) -> dict[str, Message]:
    """Locked in the order of their ids, so that two processes never wait for each other; opened only for a call, and
    then apart from each other: see `_readable`."""
    statement = (
        select(Message)
        .where(Message.message_id.in_(ids))
        .order_by(Message.message_id)
        .with_for_update(key_share=True)
        .options(*UNOPENED)
        .execution_options(populate_existing=True)
    )
    return {row.message_id: row for row in session.scalars(statement)}


def _attempts(session: Session, rows: Collection[str]) -> dict[str, list[Attempt]]:
    """The attempts of some messages, oldest first."""
    found: dict[str, list[Attempt]] = {message_id: [] for message_id in rows}
    statement = select(Attempt).where(Attempt.message_id.in_(found)).order_by(Attempt.number)
    for row in session.scalars(statement):
        found[row.message_id].append(row)
    return found


def _begin(
    session: Session,
    house: House,
    row: Message,
    known: tuple[Attempt | None, Sequence[str]],
    now: datetime,
) -> Job | None:
    """The step of a due message. `known`: its last attempt, and the providers that may be called."""
    last, order = known
    state = State(row.state)
    if state is State.SENDING and last is not None and last.outcome is not None:
        state = State.CREATED  # what came of the call is known, and the next one wasn't made
        change(session, row, state, reason=last.detail, now=now)
    elif state is State.SENDING and last is not None:
        # Its process was killed, or hangs: whether the provider has the message isn't known.
        last.ended_at, last.outcome, last.detail = now, Outcome.UNKNOWN.value, "lease-over"
        ATTEMPTS.labels(last.provider, "lease-over").inc()
    standing = _standing(row, last)
    if state is State.UNSURE:
        abilities = house.abilities.get(row.provider or "", Abilities())
        step = sending.unsure(standing, abilities, house.policy, now)
    else:
        step = sending.begin(standing, order, house.policy, now)
    return _apply(session, house, row, step, now)


def _sent(
    house: House,
    row: Message,
    known: tuple[Sequence[Attempt], Sequence[str]],
    done: Done,
    now: datetime,
) -> Step | None:
    """The step after a call; None when its outcome stands already, or a receipt was quicker than the answer. `known`:
    the message's attempts, and the providers that may be called."""
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
    return sending.after(standing, result, others, policy=house.policy, now=now)


def _asked(
    house: House, row: Message, attempts: Sequence[Attempt], done: Done, now: datetime
) -> Step | None:
    if State(row.state) is not State.UNSURE or done.job.number != row.attempts:
        return None
    last = attempts[-1]
    last.provider_reference = done.result.provider_reference or last.provider_reference
    return sending.asked(_standing(row, last), done.result, house.policy, now)


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


def _apply(session: Session, house: House, row: Message, step: Step, now: datetime) -> Job | None:
    """Makes the message as the step says, and answers the call that it asks for."""
    if step.send is not None and not _may_send(session, house, step.send, now):
        row.due_at = now + house.breaker.pause
        if State(row.state) is State.SENDING:  # no call runs that a lease would be for
            change(session, row, State.CREATED, reason="no-provider", now=now)
        return None
    row.due_at = step.due_at
    row.rounds += step.round_over
    row.pinned = row.pinned or step.pins
    row.possible_duplicate = row.possible_duplicate or step.twice
    if step.state.value != row.state:
        change(session, row, step.state, reason=step.reason, now=now)
        count(row, step.state, now)
    elif step.reason:
        row.reason = step.reason
    if step.ask is not None:
        return Job("ask", row.message_id, row.attempts, step.ask)
    return _attempt(session, row, step.send, now) if step.send is not None else None


def _may_send(session: Session, house: House, provider: str, now: datetime) -> bool:
    """Whether the provider is one of this house's, since a message may be pinned to one that isn't any more, and its
    breaker lets the message through."""
    known = house.breakers.get(provider)
    return known is not None and breakers.take(session, provider, known, house.breaker, now)


def _attempt(session: Session, row: Message, provider: str, now: datetime) -> Job:
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


def _readable(
    session: Session, rows: Mapping[str, Message], jobs: Sequence[Job], now: datetime
) -> list[Job]:
    """The calls with their numbers and texts. A message that can't be opened fails by itself, and holds up no other."""
    session.flush()
    sends = [job.message_id for job in jobs if job.kind == "send"]
    if not sends:
        return list(jobs)
    contents = _opened(session, sends)
    ready = []
    for job in jobs:
        if job.kind == "send" and job.message_id not in contents:
            log.error("sending.unreadable", provider=job.provider)
            change(
                session, rows[job.message_id], State.TECHNICAL_FAILURE, reason="unreadable", now=now
            )
        elif job.kind == "send":
            to, text = contents[job.message_id]
            ready.append(replace(job, to=to, text=text))
        else:
            ready.append(job)
    session.flush()
    return ready


def _opened(session: Session, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Number and text of each message that opens and has both."""
    columns = (Message.message_id, Message.recipient, Message.text_public, Message.text_secret)
    try:
        found = session.execute(select(*columns).where(Message.message_id.in_(ids))).all()
    except CannotUnseal:
        if len(ids) == 1:
            return {}
        return {key: one for each in ids for key, one in _opened(session, [each]).items()}
    return {
        key: (recipient, text)
        for key, recipient, public, secret in found
        if recipient and (text := secret or public)
    }


def count(row: Message, state: State, now: datetime) -> None:
    """Counts what a message has become."""
    if state is State.ACCEPTED and row.provider is not None:
        HANDED_OVER.labels(row.provider).observe((now - row.event_at).total_seconds())
    if state in TERMINAL:
        ENDED.labels(state.value).inc()


def preference(message_id: str, providers: Collection[str]) -> list[str]:
    """The order in which providers are tried for a message: each is first for its share, so that both are known to
    work, and the same one at every look."""
    if not providers:
        return []
    names = sorted(providers)
    start = int(message_id[-4:], 16) % len(names)
    return names[start:] + names[:start]
