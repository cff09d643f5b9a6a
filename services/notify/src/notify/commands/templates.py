"""Templates of texts. A template gets new wordings and keeps its old wordings. Templates of other systems are added,
reworded and archived; a wording of the municipality's own templates is a draft first (`drafts`)."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select

from chassis.core.actors import Actor
from chassis.core.ids import new_id
from chassis.core.refusals import NotFound
from chassis.data.unit_of_work import UnitOfWork
from notify.domain import drafts, templates
from notify.domain.texts import placeholders
from notify.models import ApiService, Template, TemplateVersion


def add_template(work: UnitOfWork, given: Mapping[str, Any], *, hosts: Collection[str]) -> Template:
    """Adds a template of another system. Raises NotFound, InvalidFields and TemplateNameTaken."""
    service = work.session.get(ApiService, given["api_service_id"])
    if service is None:
        raise NotFound
    templates.check_wording(texts_of(given), known=None, needed=(), hosts=hosts)
    same = Template.name == given["name"], Template.api_service_id == service.api_service_id
    if work.session.scalar(select(exists().where(*same))):
        raise templates.TemplateNameTaken
    row = Template(
        **{name: given[name] for name in FACTS if name in given},
        template_id=new_id(),
        name=given["name"],
        title_ar=given["title_ar"].strip(),
        title_en=given["title_en"].strip(),
        api_service_id=service.api_service_id,
        current=1,
        archived=False,
        created_at=work.now,
        updated_at=work.now,
    )
    work.session.add(row)
    work.record_change(row, "add")
    work.session.flush()
    work.session.add(_wording(row, given, work.actor, work.now))
    return row


def add_version(
    work: UnitOfWork, template_id: str, given: Mapping[str, Any], *, hosts: Collection[str]
) -> Template:
    """Adds a wording to a template of another system, which new messages use. Raises NotFound, InvalidFields,
    TemplateIsArchived and TemplateNeedsApproval."""
    row = work.lock(Template, template_id)
    templates.require_not_archived(row.archived)
    drafts.require_other_system(is_own=row.api_service_id is None)
    check_wording(row, texts_of(given), hosts=hosts)
    before = {name: getattr(row, name) for name in FACTS}
    for name in FACTS:
        setattr(row, name, given.get(name, before[name]))
    row.current += 1
    row.updated_at = work.now
    changed = {name: [was, getattr(row, name)] for name, was in before.items()}
    details = {name: both for name, both in changed.items() if both[0] != both[1]}
    work.record_change(row, "reword", details={"wording": row.current, **details})
    work.session.add(_wording(row, given, work.actor, work.now))
    return row


def archive_template(work: UnitOfWork, template_id: str) -> Template:
    """Archives a template of another system. Raises NotFound, TemplateIsArchived and TemplateIsNeeded."""
    row = work.lock(Template, template_id)
    templates.require_not_archived(row.archived)
    templates.require_not_needed(is_own=row.api_service_id is None)
    row.archived, row.updated_at = True, work.now
    work.record_change(row, "archive")
    return row


def check_wording(row: Template, texts: Mapping[str, str], *, hosts: Collection[str]) -> None:
    """Raises InvalidFields for texts, by language, that break the rules of this template."""
    is_own = row.api_service_id is None
    templates.check_wording(
        texts,
        known=templates.known_parameters(row.name) if is_own else None,
        needed=templates.needed_parameters(row.name) if is_own else (),
        hosts=hosts,
    )


FACTS = ("kind", "when_unsure", "expires_seconds")


def texts_of(given: Mapping[str, Any]) -> dict[str, str]:
    """Returns the texts of a body, by language."""
    texts = {language: given[f"body_{language}"] for language in templates.LANGUAGES}
    return {language: text.strip() for language, text in (texts | given.get("further", {})).items()}


def _wording(
    row: Template, given: Mapping[str, Any], actor: Actor, now: datetime
) -> TemplateVersion:
    texts = texts_of(given)
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
