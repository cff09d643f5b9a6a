"""What a person may do with an appointment by the link of a text."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from appointments.domain.appointments import AHEAD, PRESENT
from saudi.days import legal_day


class Choice(StrEnum):
    """A button of the page behind the link."""

    ACCEPT = "accept"
    LEAVE = "leave"
    WAIT = "wait"
    MOVE = "move"
    TICKET = "ticket"
    CALENDAR = "calendar"
    CANCEL = "cancel"


class Standing(Protocol):
    """The facts of an appointment from which the choices follow."""

    @property
    def status(self) -> str: ...
    @property
    def starts_at(self) -> datetime: ...
    @property
    def change_until(self) -> datetime: ...
    @property
    def affected_since(self) -> datetime | None: ...
    @property
    def waits_since(self) -> datetime | None: ...
    @property
    def offer_until(self) -> datetime | None: ...
    @property
    def cancel_until(self) -> datetime: ...


def choices_of(row: Standing, now: datetime) -> list[Choice]:
    """Returns the person's choices in the order of the page: none once the appointment is over, and the papers alone
    while the person is at the branch."""
    papers = [Choice.TICKET, Choice.CALENDAR]
    if row.status not in AHEAD:
        return papers if row.status in PRESENT else []
    cancel = [Choice.CANCEL] if now <= row.cancel_until else []
    return [*_waiting_choices(row, now), *_move_choice(row, now), *papers, *cancel]


def _waiting_choices(row: Standing, now: datetime) -> list[Choice]:
    accept = [Choice.ACCEPT] if row.offer_until is not None and row.offer_until > now else []
    if row.waits_since is not None:
        return [*accept, Choice.LEAVE]
    has_day_between = legal_day(row.starts_at) > legal_day(now)
    return [*accept, Choice.WAIT] if has_day_between else accept


def _move_choice(row: Standing, now: datetime) -> list[Choice]:
    """Returns the choice of another time; an affected appointment may be moved at any time."""
    return [Choice.MOVE] if row.affected_since is not None or now <= row.change_until else []
