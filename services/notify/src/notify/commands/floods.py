"""Protection against floods of texts: an unconfirmed mobile gets texts about a few things a day, and each day has caps.

A text over a limit waits (`held`). The right code releases the texts of its mobile. A new day releases the texts that a
cap held, in daylight and within the caps of that day.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.data.advisory import Lock
from chassis.data.sealed import keys_of
from notify.commands.messages import UNOPENED, change_state
from notify.commands.mobiles import keep_of_mobile
from notify.domain import floods
from notify.domain.messages import State
from notify.models import ConfirmedMobile, DailyCount, Message
from saudi.days import legal_day, midnight

# A transaction of the consumer counts texts to many people, in the order of its events. One transaction counts at a
# time, because two could deadlock.
_COUNTING = Lock("notify.daily_count", 7261710182356645862)
MOST_AT_ONCE = 500
# A literal, because a parameter doesn't match the partial index.
IS_HELD = Message.state == literal_column("'held'")
# Made into a statement once. No keyed hash of a mobile is the key of all texts.
_COUNTS = select(DailyCount.key, DailyCount.count).where(
    DailyCount.day == bindparam("day"),
    DailyCount.kind.in_((floods.MOBILE, floods.ALL)),
    DailyCount.key.in_(bindparam("keys", expanding=True)),
)
_ADD_COUNTS = text(
    """INSERT INTO daily_count (day, kind, key, count)
    SELECT :day, added.kind, added.key, added.count
    FROM unnest(CAST(:kinds AS text[]), CAST(:keys AS text[]), CAST(:counts AS integer[]))
        AS added (kind, key, count)
    ON CONFLICT (day, kind, key) DO UPDATE SET count = daily_count.count + excluded.count"""
)


@dataclass(frozen=True)
class HoldRequest:
    """A text before sending: the mobile (E.164), the aggregate, the template, whether the event says that the mobile is
    confirmed, and whether the text is urgent: then it never waits, and isn't counted."""

    mobile: str
    about: str | None
    template: str
    confirmed: bool
    urgent: bool


def hold_reasons(
    session: Session, requests: Sequence[HoldRequest], caps: floods.Caps, now: datetime
) -> list[floods.Held | None]:
    """Returns for each text, in order, why it has to wait, None for a text that may go; counts those that may. No other
    transaction counts until this transaction ends."""
    if all(one.urgent for one in requests):
        return [None for _ in requests]
    day, keys = legal_day(now), [keys_of(session).index.key(one.mobile) for one in requests]
    _COUNTING.take(session)
    counts = _read_counts(session, day, keys)
    sent: Counter[str] = Counter()
    told_about = set[tuple[str, str | None]]()  # the messages aren't written yet
    reasons: list[floods.Held | None] = []
    for key, request in zip(keys, requests, strict=True):
        thing = key, request.about
        is_told = request.urgent or thing in told_about
        if not is_told and not _may_send(session, request, (day, key)):
            reasons.append(floods.Held.UNCONFIRMED)
            continue
        told_about.add(thing)
        so_far = {
            floods.MOBILE: counts[key] + sent[key],
            floods.ALL: counts[floods.ALL] + sent.total(),
        }
        if request.urgent:
            reasons.append(None)
        elif floods.exceeds_cap(so_far, caps, request.template):
            reasons.append(floods.Held.CAP)
        else:
            sent[key] += 1
            reasons.append(None)
    if sent:
        _add_counts(session, day, sent)
    return reasons


def count_unheld(session: Session, caps: floods.Caps, now: datetime) -> None:
    """Counts a text that can't wait: a one-time code, or a text of another system. No other transaction counts until
    this transaction ends. Raises DayIsFull."""
    day = legal_day(now)
    _COUNTING.take(session)
    all_of_day = DailyCount.day == day, DailyCount.kind == floods.ALL
    floods.check_room(session.scalar(select(DailyCount.count).where(*all_of_day)) or 0, caps, now)
    _add_counts(session, day, {}, more=1)


def _may_send(session: Session, request: HoldRequest, place: tuple[date, str]) -> bool:
    if request.confirmed or request.about is None or request.template in floods.QUESTIONS:
        return True
    if is_confirmed(session, request.mobile):
        return True
    return _is_thing_of_day(session, request.about, place)


def is_confirmed(session: Session, mobile: str) -> bool:
    """Returns whether a code has confirmed the mobile."""
    keys = keys_of(session).index.keys(mobile)
    statement = select(ConfirmedMobile.confirmed_at).where(ConfirmedMobile.mobile_key.in_(keys))
    return session.scalar(statement.limit(1)) is not None


def confirm_mobile(
    session: Session, mobile: str, caps: floods.Caps, *, by: str, now: datetime
) -> None:
    """Confirms a mobile, and releases its held texts within today's cap. The others wait for a day with room."""
    keep_of_mobile(session, ConfirmedMobile, mobile, confirmed_at=now, by=by)
    held = and_(
        Message.reason == floods.Held.UNCONFIRMED.value,
        Message.recipient_key.in_(keys_of(session).index.keys(mobile)),
        Message.expires_at > now,
    )
    _COUNTING.take(session)
    rows = _lock_held(session, held)
    _send_now(session, _within_caps(session, rows, caps.to_mobile_of_others, legal_day(now)), now)
    for row in rows:
        if row.state == State.HELD:
            row.reason = floods.Held.CAP.value


def release_held_texts(session: Session, caps: floods.Caps, now: datetime) -> None:
    """Releases the texts that a cap of an earlier day held: in daylight and within the caps of today. Bills and
    decisions with a term go first, each kind oldest first."""
    if not floods.is_daytime(now):
        return
    _COUNTING.take(session)
    come_first = Message.template.in_(sorted(floods.PRIORITY_TEMPLATES))
    _release_texts(session, come_first, caps, caps.to_mobile, now)
    _release_texts(session, ~come_first, caps, caps.to_mobile_of_others, now)


def _release_texts(
    session: Session, which: ColumnElement[bool], caps: floods.Caps, most: int, now: datetime
) -> None:
    """Releases the held texts of this kind that fit into `most` texts of a mobile today."""
    day = legal_day(now)
    of_today = select(DailyCount.count).where(DailyCount.day == day)
    counted = session.scalar(of_today.where(DailyCount.kind == floods.ALL)) or 0
    if counted >= caps.in_all:
        return
    mobile = DailyCount.kind == floods.MOBILE, DailyCount.key == Message.recipient_key
    is_full = of_today.where(*mobile, DailyCount.count >= most).exists()
    held = and_(
        which,
        Message.reason == floods.Held.CAP.value,
        Message.created_at < midnight(day),
        Message.expires_at > now,
        ~is_full,
    )
    rows = _lock_held(session, held, most=min(MOST_AT_ONCE, caps.in_all - counted))
    _send_now(session, _within_caps(session, rows, most, day), now)


def expire_held_texts(session: Session, now: datetime) -> None:
    """Ends held texts past their time."""
    for row in _lock_held(session, Message.expires_at <= now):
        change_state(session, row, State.EXPIRED, reason=row.reason, now=now)


def _within_caps(session: Session, rows: Sequence[Message], most: int, day: date) -> list[Message]:
    """Returns the rows that fit into `most` texts of their mobiles today, in order."""
    taken = _read_counts(session, day, {row.recipient_key or "" for row in rows})
    fitting = []
    for row in rows:
        taken[row.recipient_key or ""] += 1
        if taken[row.recipient_key or ""] <= most:
            fitting.append(row)
    return fitting


def _send_now(session: Session, rows: Sequence[Message], now: datetime) -> None:
    for row in rows:
        row.due_at = now
        change_state(session, row, State.CREATED, now=now)
    if rows:
        _COUNTING.take(session)
        _add_counts(session, legal_day(now), Counter(row.recipient_key or "" for row in rows))


def _lock_held(
    session: Session, which: ColumnElement[bool], *, most: int = MOST_AT_ONCE
) -> Sequence[Message]:
    """Locks and returns some held texts; skips rows that another process has locked."""
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


def _is_thing_of_day(session: Session, about: str, place: tuple[date, str]) -> bool:
    """Returns whether the aggregate is among the first for this mobile today, or was sent about on an earlier day."""
    day, key = place
    things = DailyCount.things
    stays = or_(things.contains([about]), func.cardinality(things) >= floods.UNCONFIRMED_THINGS)
    statement = (
        insert(DailyCount)
        .values(day=day, kind=floods.MOBILE, key=key, count=0, things=[about])
        .on_conflict_do_update(
            index_elements=["day", "kind", "key"],
            set_={"things": case((stays, things), else_=things.concat([about]))},
        )
        .returning(things)
    )
    if about in session.scalars(statement).one():
        return True
    earlier = select(Message.message_id).where(
        Message.recipient_key == key,
        Message.about_id == about,
        Message.reason.is_distinct_from(floods.Held.UNCONFIRMED.value),
    )
    return session.scalar(earlier.limit(1)) is not None


def _read_counts(session: Session, day: date, keys: Collection[str]) -> Counter[str]:
    """Returns the texts of the day to each mobile by the key of the mobile, and those in all by `floods.ALL`."""
    rows = session.execute(_COUNTS, {"day": day, "keys": [floods.ALL, *keys]})
    return Counter({row.key: row.count for row in rows})


def _add_counts(session: Session, day: date, texts: Mapping[str, int], more: int = 0) -> None:
    """Counts texts by the keys of their mobiles, and `more` texts in all."""
    values = {
        "day": day,
        "kinds": [floods.ALL, *(floods.MOBILE for _ in texts)],
        "keys": [floods.ALL, *texts],
        "counts": [sum(texts.values()) + more, *texts.values()],
    }
    session.execute(_ADD_COUNTS, values)
