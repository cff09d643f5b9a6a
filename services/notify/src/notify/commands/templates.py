"""Templates: those of other systems are added and taken out of use; every template gets new wordings, and keeps its old
ones."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.ids import new_id
from chassis.core.refusals import NotFound
from chassis.data.aggregates import lock, record_change
from notify.domain import templates
from notify.domain.texts import placeholders
from notify.models import ApiService, Template, TemplateVersion


def add_template(
    session: Session,
    actor: Actor,
    given: Mapping[str, Any],
    *,
    hosts: Collection[str],
    now: datetime,
) -> Template:
    """A template of another system. Raises NotFound, InvalidFields and TemplateNameTaken."""
    service = session.get(ApiService, given["api_service_id"])
    if service is None:
        raise NotFound
    templates.check(_texts(given), known=None, needed=(), hosts=hosts)
    same = Template.name == given["name"], Template.api_service_id == service.api_service_id
    if session.scalar(select(exists().where(*same))):
        raise templates.TemplateNameTaken
    row = Template(
        **{name: given[name] for name in _FACTS if name in given},
        template_id=new_id(),
        name=given["name"],
        title_ar=given["title_ar"].strip(),
        title_en=given["title_en"].strip(),
        api_service_id=service.api_service_id,
        current=1,
        archived=False,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    record_change(session, row, actor, "add", now=now)
    session.flush()
    session.add(_wording(row, given, actor, now))
    return row


def add_version(
    session: Session,
    actor: Actor,
    template_id: str,
    given: Mapping[str, Any],
    *,
    hosts: Collection[str],
    now: datetime,
) -> Template:
    """A new wording, which messages take from now on. Raises NotFound, InvalidFields and TemplateIsArchived."""
    row = lock(session, Template, template_id)
    templates.refuse_archived(row.archived)
    check_wording(row, _texts(given), hosts=hosts)
    before = {name: getattr(row, name) for name in _FACTS}
    for name in _FACTS:
        setattr(row, name, given.get(name, before[name]))
    row.current += 1
    row.updated_at = now
    changed = {name: [was, getattr(row, name)] for name, was in before.items()}
    details = {name: both for name, both in changed.items() if both[0] != both[1]}
    record_change(
        session, row, actor, "reword", now=now, details={"wording": row.current, **details}
    )
    session.add(_wording(row, given, actor, now))
    return row


def archive(session: Session, actor: Actor, template_id: str, *, now: datetime) -> Template:
    """Takes a template of another system out of use. Raises NotFound, TemplateIsArchived and TemplateIsNeeded."""
    row = lock(session, Template, template_id)
    templates.refuse_archived(row.archived)
    templates.refuse_needed(is_own=row.api_service_id is None)
    row.archived, row.updated_at = True, now
    record_change(session, row, actor, "archive", now=now)
    return row


def check_wording(row: Template, texts: Mapping[str, str], *, hosts: Collection[str]) -> None:
    """Refuses texts, by language, that can't be a wording of this template. Raises InvalidFields."""
    is_own = row.api_service_id is None
    templates.check(
        texts,
        known=templates.known_parameters(row.name) if is_own else None,
        needed=templates.needed_parameters(row.name) if is_own else (),
        hosts=hosts,
    )


_FACTS = ("kind", "when_unsure", "expires_seconds")


def _texts(given: Mapping[str, Any]) -> dict[str, str]:
    own = {language: given[f"body_{language}"] for language in templates.LANGUAGES}
    return {language: text.strip() for language, text in (own | given.get("further", {})).items()}


def _wording(
    row: Template, given: Mapping[str, Any], actor: Actor, now: datetime
) -> TemplateVersion:
    texts = _texts(given)
    return TemplateVersion(
        template_id=row.template_id,
        number=row.current,
        body_ar=texts["ar"],
        body_en=texts["en"],
        further={one: texts[one] for one in templates.FURTHER if one in texts},
        parameters=list(placeholders(texts["ar"])),
        created_at=now,
        created_by=actor.subject,
    )
