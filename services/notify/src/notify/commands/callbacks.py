"""Delivery receipts for other systems: created with the end of a message, claimed for an attempt, then settled."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, defer

from chassis.core.ids import new_id
from chassis.data.sealing import CannotUnseal
from chassis.data.wakeup import Channel
from notify.domain import notifications
from notify.domain.api_services import CallbackState, receipt_body, state_after
from notify.models import ApiService, Callback, Message

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class DueCallback:
    """A claimed callback: body, address and secrets."""

    callback_id: str
    api_service_id: str
    url: str
    token: str = field(repr=False)
    secret: str = field(repr=False)
    body: dict[str, Any] = field(repr=False)


TO_RECEIPT = Channel("receipts")  # wakes the poster of callbacks


def create_callback(session: Session, message: Message, now: datetime) -> None:
    """Creates a receipt for the system of the message, if the system wants receipts."""
    if message.api_service_id is None:
        return
    service = session.get(ApiService, message.api_service_id)
    if service is None or service.callback_url is None:
        return
    facts = notifications.facts(message.facts())
    TO_RECEIPT.wake_after_commit(session)
    session.add(
        Callback(
            callback_id=new_id(),
            api_service_id=service.api_service_id,
            message_id=message.message_id,
            state=CallbackState.WAITING,
            body=receipt_body(facts, message.template_id, message.template_version),
            attempts=0,
            created_at=now,
            due_at=now,
        )
    )


def services_with_due(session: Session, now: datetime) -> list[str]:
    """Returns the systems with due callbacks."""
    statement = select(Callback.api_service_id).where(Callback.due_at <= now).distinct()
    return list(session.scalars(statement))


def claim(
    session: Session,
    api_service_id: str,
    *,
    most: int,
    most_attempts: int,
    lease_seconds: float,
    now: datetime,
) -> list[DueCallback]:
    """Claims up to `most` callbacks of a system, the longest due first. No other process claims them until the lease
    ends.

    A callback ends here if the system wants no more receipts, if the body can't be unsealed, or if the attempts are
    used up. While the secrets of the system can't be unsealed, its callbacks wait.
    """
    statement = (
        select(Callback)
        .where(Callback.api_service_id == api_service_id, Callback.due_at <= now)
        .order_by(Callback.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
        .options(defer(Callback.body))  # `_open_callback` unseals each body alone
    )
    rows = session.scalars(statement).all()
    service = _read_service(session, api_service_id)
    claimed = []
    for row in rows:
        row.due_at = now + timedelta(seconds=lease_seconds)
        if service is None:
            continue
        row.attempts += 1
        if service.callback_url is None or row.attempts > most_attempts:
            _end(row, CallbackState.GIVEN_UP, now)
        else:
            claimed += _open_callback(row, service, now)
    return claimed


def _read_service(session: Session, api_service_id: str) -> ApiService | None:
    """Returns the system; None if its secrets can't be unsealed."""
    try:
        return session.get_one(ApiService, api_service_id)
    except CannotUnseal:
        log.error("callbacks.unreadable", row=api_service_id)
        return None


def _open_callback(row: Callback, service: ApiService, now: datetime) -> list[DueCallback]:
    """Returns the callback to post; nothing if its body can't be unsealed."""
    try:
        body = row.body or {}
    except CannotUnseal:
        log.error("callbacks.unreadable", row=row.callback_id)
        _end(row, CallbackState.GIVEN_UP, now)
        return []
    token, secret = service.callback_token or "", service.callback_secret or ""
    url = service.callback_url or ""
    return [DueCallback(row.callback_id, service.api_service_id, url, token, secret, body)]


def settle(
    session: Session,
    callback_id: str,
    status: int | None,
    *,
    retries: int,
    retry_seconds: float,
    now: datetime,
) -> CallbackState:
    """Records the outcome of an attempt; `status` is None without an answer. An ended callback stays unchanged."""
    row = session.get_one(Callback, callback_id, with_for_update=True, populate_existing=True)
    if row.state != CallbackState.WAITING:
        return CallbackState(row.state)
    row.status = status
    state = state_after(status, row.attempts, 1 + retries)
    if state is CallbackState.WAITING:
        row.due_at = now + timedelta(seconds=retry_seconds)
    else:
        _end(row, state, now)
    return state


def postpone(session: Session, callback_id: str, until: datetime) -> None:
    """Reschedules a callback whose outcome can't be stored."""
    _postpone(session, until, callback_id=callback_id)


def postpone_all_of(session: Session, api_service_id: str, until: datetime) -> None:
    """Reschedules all callbacks of a system whose claim failed."""
    _postpone(session, until, api_service_id=api_service_id)


def _postpone(session: Session, until: datetime, **which: str) -> None:
    statement = update(Callback).filter_by(**which).where(Callback.due_at.is_not(None))
    session.execute(
        statement.values(due_at=until), execution_options={"synchronize_session": False}
    )


def delete_old_callbacks(session: Session, before: datetime) -> None:
    """Deletes callbacks that ended before the moment."""
    session.execute(delete(Callback).where(Callback.ended_at < before))


def _end(row: Callback, state: CallbackState, now: datetime) -> None:
    row.state, row.ended_at, row.due_at, row.body = state, now, None, None
