"""Against floods of texts: who hasn't confirmed a mobile can make it ring for one report a day, and a day has caps.

A text that may not go waits (`held`); a right code lets out those of its mobile, a new day those that a cap held back,
in daylight and as far as that day's own caps have room.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import ColumnElement, and_, func, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.data.advisory import Lock
from chassis.data.sealed import keys_of
from notify.commands.changing import UNOPENED, change
from notify.domain import floods
from notify.domain.messages import State
from notify.models import ConfirmedMobile, DailyCount, Message
from saudi.days import RIYADH, legal_day

# A consumer's transaction counts texts to many people, in the order of its events. Two of them could wait for each
# other in a circle, so one counts at a time; a row of the day for all is enough then.
_COUNTING = Lock("notify.daily_count", 7261710182356645862)
MOST_AT_ONCE = 500
# As the partial index has it, which a parameter wouldn't meet.
IS_HELD = Message.state == literal_column("'held'")


@dataclass(frozen=True)
class Asked:
    """A text that wants to go: to whom (E.164), about which aggregate, and whether who took the mobile down has it
    confirmed."""

    mobile: str
    about: str | None
    confirmed: bool


def hold_reason(
    session: Session, asked: Asked, caps: floods.Caps, now: datetime
) -> floods.Held | None:
    """Why a text has to wait; None for one that may go, which then counts. Until the transaction ends, no other one
    counts."""
    day, key = legal_day(now), keys_of(session).index.key(asked.mobile)
    _COUNTING.take(session)
    if _over_a_cap(session, caps, (day, key)):
        return floods.Held.CAP
    if not _may_ring(session, asked, (day, key)):
        return floods.Held.UNCONFIRMED
    _count(session, day, {key: 1})
    return None


def count_asked(session: Session, caps: floods.Caps, now: datetime) -> None:
    """Counts a text that can't wait for another day: a one-time code, or what another system sends. Until the
    transaction ends, no other one counts. Raises DayIsFull."""
    day = legal_day(now)
    _COUNTING.take(session)
    all_of_day = DailyCount.day == day, DailyCount.kind == floods.ALL
    floods.check_room(session.scalar(select(DailyCount.count).where(*all_of_day)) or 0, caps, now)
    _count(session, day, {}, more=1)


def _may_ring(session: Session, asked: Asked, place: tuple[date, str]) -> bool:
    if asked.confirmed or asked.about is None or is_confirmed(session, asked.mobile):
        return True
    return _is_the_one_of_a_day(session, asked.about, place)


def is_confirmed(session: Session, mobile: str) -> bool:
    """Whether somebody has shown that the mobile is theirs."""
    keys = keys_of(session).index.keys(mobile)
    statement = select(ConfirmedMobile.confirmed_at).where(ConfirmedMobile.mobile_key.in_(keys))
    return session.scalar(statement.limit(1)) is not None


def confirm(session: Session, mobile: str, *, by: str, now: datetime) -> None:
    """Notes that a mobile is its owner's, and lets out what waits for it."""
    values = {"mobile": mobile, "confirmed_at": now, "by": by}
    statement = insert(ConfirmedMobile).values(mobile_key=mobile, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["mobile_key"], set_=values))
    theirs = Message.recipient_key.in_(keys_of(session).index.keys(mobile))
    unconfirmed = Message.reason == floods.Held.UNCONFIRMED.value
    _let_out(session, and_(unconfirmed, theirs), now)


def release_of_earlier_days(session: Session, caps: floods.Caps, now: datetime) -> None:
    """Lets out what a cap of an earlier day held back, the oldest first: between morning and evening, and as far as
    today's caps have room, in which it counts."""
    if not floods.goes_now(now):
        return
    day = legal_day(now)
    _COUNTING.take(session)
    of_today = select(DailyCount.count).where(DailyCount.day == day)
    counted = session.scalar(of_today.where(DailyCount.kind == floods.ALL)) or 0
    if counted >= caps.in_all:
        return
    mobile = DailyCount.kind == floods.MOBILE, DailyCount.key == Message.recipient_key
    is_full = of_today.where(*mobile, DailyCount.count >= caps.to_mobile).exists()
    held = and_(
        Message.reason == floods.Held.CAP.value,
        Message.created_at < datetime.combine(day, time(), RIYADH),
        Message.expires_at > now,
        ~is_full,
    )
    rows = _held(session, held, most=min(MOST_AT_ONCE, caps.in_all - counted))
    _send_now(session, _with_room(session, rows, caps, day), now)


def end_past_their_time(session: Session, now: datetime) -> None:
    """Ends texts that waited until they were past their time."""
    for row in _held(session, Message.expires_at <= now):
        change(session, row, State.EXPIRED, reason=row.reason, now=now)


def _let_out(session: Session, which: ColumnElement[bool], now: datetime) -> None:
    _send_now(session, _held(session, and_(which, Message.expires_at > now)), now)


def _with_room(
    session: Session, rows: Sequence[Message], caps: floods.Caps, day: date
) -> list[Message]:
    """Of these the ones for which their mobiles have room today, the first first."""
    keys = {row.recipient_key or "" for row in rows}
    counts = select(DailyCount.key, DailyCount.count).where(
        DailyCount.day == day, DailyCount.kind == floods.MOBILE, DailyCount.key.in_(keys)
    )
    taken: Counter[str] = Counter()
    for key, count in session.execute(counts):
        taken[key] = count
    fitting = []
    for row in rows:
        taken[row.recipient_key or ""] += 1
        if taken[row.recipient_key or ""] <= caps.to_mobile:
            fitting.append(row)
    return fitting


def _send_now(session: Session, rows: Sequence[Message], now: datetime) -> None:
    for row in rows:
        row.due_at = now
        change(session, row, State.CREATED, now=now)
    if rows:
        _COUNTING.take(session)
        _count(session, legal_day(now), Counter(row.recipient_key or "" for row in rows))


def _held(
    session: Session, which: ColumnElement[bool], *, most: int = MOST_AT_ONCE
) -> Sequence[Message]:
    """Some of those that wait, locked; what another process is at is left to it."""
    statement = (
        select(Message)
        .where(IS_HELD, which)
        .order_by(Message.message_id)
        .limit(most)
        .with_for_update(skip_locked=True, key_share=True)
        .options(*UNOPENED)
        .execution_options(populate_existing=True)
    )
    return session.scalars(statement).all()


def _is_the_one_of_a_day(session: Session, about: str, place: tuple[date, str]) -> bool:
    """Whether the mobile's texts are about the report that came first today, or came first on an earlier day."""
    day, key = place
    statement = (
        insert(DailyCount)
        .values(day=day, kind=floods.MOBILE, key=key, count=0, first=about)
        .on_conflict_do_update(
            index_elements=["day", "kind", "key"],
            set_={"first": func.coalesce(DailyCount.first, about)},
        )
        .returning(DailyCount.first)
    )
    if session.scalar(statement) == about:
        return True
    earlier = select(Message.message_id).where(
        Message.recipient_key == key,
        Message.about_id == about,
        Message.reason.is_distinct_from(floods.Held.UNCONFIRMED.value),
    )
    return session.scalar(earlier.limit(1)) is not None


def _over_a_cap(session: Session, caps: floods.Caps, place: tuple[date, str]) -> bool:
    day, key = place
    kinds = [(floods.MOBILE, key), (floods.ALL, floods.ALL)]
    counts = select(DailyCount.kind, DailyCount.count).where(
        DailyCount.day == day, tuple_(DailyCount.kind, DailyCount.key).in_(kinds)
    )
    rows = session.execute(counts).all()
    return floods.is_over({kind: count for kind, count in rows if count}, caps)


def _count(session: Session, day: date, texts: Mapping[str, int], more: int = 0) -> None:
    """Counts texts that go, by the keys of their mobiles, and `more` in all."""
    rows = [(floods.ALL, floods.ALL, sum(texts.values()) + more)]
    rows += [(floods.MOBILE, key, count) for key, count in texts.items()]
    statement = insert(DailyCount).values(
        [{"day": day, "kind": kind, "key": key, "count": count} for kind, key, count in rows]
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["day", "kind", "key"],
            set_={"count": DailyCount.count + statement.excluded.count},
        )
    )
