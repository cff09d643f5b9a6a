"""Reads: messages, templates, systems, and the limits of the day."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select, tuple_
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.refusals import NotFound
from chassis.data.aggregates import history
from chassis.data.paging import Page, PageRequest, keyset
from notify.domain import floods, notifications
from notify.domain.bill_subjects import BOOKLET
from notify.domain.messages import Skipped
from notify.models import (
    ApiKey,
    ApiService,
    DailyCount,
    Message,
    Template,
    TemplateDraft,
    TemplateVersion,
)
from saudi.branches import bound

# What the texts are about whose recipients no officer reads.
_SECRET = ("tender_notice", BOOKLET)


def get_message(session: Session, actor: Actor, message_id: str) -> Message:
    """Returns a message within the officer's reach. Raises NotFound."""
    row = session.scalar(select(Message).where(Message.message_id == message_id, _reach(actor)))
    if row is None:
        raise NotFound
    return row


def list_messages(
    session: Session,
    actor: Actor,
    page: PageRequest,
    *,
    report: str | None = None,
    state: str | None = None,
) -> Page[Message]:
    """Returns a page within the officer's reach, newest first. `report`: a report's number. Raises InvalidFields for a
    cursor of another search."""
    statement = select(Message).where(_reach(actor))
    if report is not None:
        statement = statement.where(Message.about_type == "report", Message.about_number == report)
    if state is not None:
        statement = statement.where(Message.state == state)
    key = (Message.created_at, Message.message_id)
    reach = bound(actor.attributes)
    search = {"list": "messages", "report": report, "state": state, "reach": reach}
    return keyset(session, statement, key, page, search=search, newest_first=True)


def mobile_of_reporter(session: Session, actor: Actor, report: str) -> str | None:
    """Returns the mobile of the newest text to a report's reporter within the officer's reach; None without a text or
    after its emptying."""
    statement = select(Message.recipient).where(
        _reach(actor),
        Message.about_type == "report",
        Message.about_number == report,
        Message.role == "reporter",
    )
    newest = Message.created_at.desc(), Message.message_id.desc()
    return session.scalar(statement.order_by(*newest).limit(1))


def _reach(actor: Actor) -> ColumnElement[bool]:
    """Returns which messages an officer may read: the governorate all, a branch those of its own things. A text about
    no branch's thing, such as a code or another system's text, is the governorate's alone. Nobody reads who follows a
    tender, nor who bought a booklet."""
    municipality = bound(actor.attributes)
    is_open = func.coalesce(Message.about_type, "").not_in(_SECRET)
    return is_open if municipality is None else is_open & (Message.municipality == municipality)


def list_templates(
    session: Session, api_service_id: str | None
) -> Sequence[tuple[Template, TemplateVersion]]:
    """Returns the templates of a system, or the municipality's own, by name, each with its current wording."""
    statement = _with_wording().where(Template.api_service_id.is_not_distinct_from(api_service_id))
    return [(row[0], row[1]) for row in session.execute(statement.order_by(Template.name))]


def get_template(
    session: Session, template_id: str, *, of_service: str | None = None
) -> tuple[Template, TemplateVersion]:
    """Returns a template with its current wording. `of_service`: the only system whose templates count. Raises
    NotFound."""
    statement = _with_wording().where(Template.template_id == template_id)
    if of_service is not None:
        statement = statement.where(Template.api_service_id == of_service)
    found = session.execute(statement).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1]


def drafts_of(session: Session, template_ids: Collection[str]) -> Mapping[str, TemplateDraft]:
    """Returns the drafts that wait for approval, by template."""
    rows = session.scalars(select(TemplateDraft).where(TemplateDraft.template_id.in_(template_ids)))
    return {row.template_id: row for row in rows}


def names_of_authors(session: Session, template_ids: Collection[str]) -> Mapping[str, str]:
    """Returns the names of the people who acted on templates, by subject, as the journal has them."""
    entries = history(session, *((Template.aggregate_type, one) for one in template_ids))
    return {one.subject: one.name for one in entries if one.name}


def wording_of(session: Session, template: Template, number: int) -> TemplateVersion:
    """Returns a wording of a template. Raises NotFound."""
    wording = session.get(TemplateVersion, (template.template_id, number))
    if wording is None:
        raise NotFound
    return wording


def list_template_versions(session: Session, template_id: str) -> Sequence[TemplateVersion]:
    """Returns all wordings, newest first. Raises NotFound."""
    statement = select(TemplateVersion).where(TemplateVersion.template_id == template_id)
    rows = session.scalars(statement.order_by(TemplateVersion.number.desc())).all()
    if not rows:
        raise NotFound
    return rows


def _with_wording() -> Select[Template, TemplateVersion]:
    current = and_(
        TemplateVersion.template_id == Template.template_id,
        TemplateVersion.number == Template.current,
    )
    return select(Template, TemplateVersion).join(TemplateVersion, current)


def list_api_services(session: Session) -> Sequence[tuple[ApiService, Sequence[ApiKey]]]:
    """Returns all systems by name, with their keys."""
    services = session.scalars(select(ApiService).order_by(ApiService.name)).all()
    keys = _keys_by_service(session, [one.api_service_id for one in services])
    return [(one, keys[one.api_service_id]) for one in services]


def get_api_service(session: Session, api_service_id: str) -> tuple[ApiService, Sequence[ApiKey]]:
    """Returns a system with its keys. Raises NotFound."""
    service = session.get(ApiService, api_service_id)
    if service is None:
        raise NotFound
    return service, _keys_by_service(session, [api_service_id])[api_service_id]


def _keys_by_service(session: Session, ids: Sequence[str]) -> Mapping[str, list[ApiKey]]:
    statement = select(ApiKey).where(ApiKey.api_service_id.in_(ids))
    found = defaultdict[str, list[ApiKey]](list)
    for key in session.scalars(statement.order_by(ApiKey.made_at, ApiKey.key_id)):
        found[key.api_service_id].append(key)
    return found


@dataclass(frozen=True)
class NotificationSearch:
    """A search in the messages of a system's keys. `statuses` and `types`: in the words of GOV.UK Notify."""

    api_service_id: str
    is_test: bool
    statuses: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    reference: str | None = None
    older_than: str | None = None


def list_notifications(session: Session, search: NotificationSearch) -> Sequence[Message]:
    """Returns a page, newest first."""
    if search.types and "sms" not in search.types:
        return ()
    of_test_key = Message.reason.is_not_distinct_from(Skipped.TEST_KEY)
    statement = select(Message).where(
        Message.api_service_id == search.api_service_id,
        of_test_key if search.is_test else ~of_test_key,
    )
    if search.statuses:
        statement = statement.where(_has_status(search.statuses))
    if search.reference is not None:
        statement = statement.where(Message.api_reference == search.reference)
    if search.older_than is not None:
        place = session.execute(_position_of(search)).one_or_none()
        if place is None:  # as in Notify, a message of another system gives an empty page
            return ()
        statement = statement.where(tuple_(Message.created_at, Message.message_id) < tuple(place))
    newest = Message.created_at.desc(), Message.message_id.desc()
    return session.scalars(statement.order_by(*newest).limit(notifications.PAGE)).all()


def _has_status(statuses: Sequence[str]) -> ColumnElement[bool]:
    of_test_key = Message.reason == Skipped.TEST_KEY
    states = notifications.states(statuses)
    found = and_(Message.state.in_(states), func.coalesce(~of_test_key, True))
    return or_(found, of_test_key) if "delivered" in statuses else found


def _position_of(search: NotificationSearch) -> Select[datetime, str]:
    return select(Message.created_at, Message.message_id).where(
        Message.message_id == search.older_than, Message.api_service_id == search.api_service_id
    )


def get_notification(
    session: Session, api_service_id: str, message_id: str, *, is_test: bool
) -> Message:
    """Returns a message of the system's keys of this kind. Raises NotFound."""
    row = session.get(Message, message_id)
    if row is None or row.api_service_id != api_service_id:
        raise NotFound
    if (row.reason == Skipped.TEST_KEY) != is_test:
        raise NotFound
    return row


def most_used(session: Session, day: date) -> Mapping[str, int]:
    """Returns the largest number of texts to one mobile on a day, and the number of all texts, by kind."""
    most, total = func.max(DailyCount.count), func.sum(DailyCount.count)
    statement = select(DailyCount.kind, most, total).where(DailyCount.day == day)
    rows = session.execute(statement.group_by(DailyCount.kind))
    return {kind: int(total if kind == floods.ALL else most) for kind, most, total in rows}


def held_by_reason(session: Session) -> Mapping[str, int]:
    """Returns the number of held texts by reason."""
    held = select(Message.reason, func.count()).where(Message.state == literal_column("'held'"))
    rows = session.execute(held.group_by(Message.reason))
    return {reason or "": count for reason, count in rows}
