"""Drafts of wordings: one person proposes a wording, another person approves it. Until then messages keep the current
wording."""

from collections.abc import Collection, Mapping
from typing import Any

from chassis.core.ids import new_id
from chassis.data.unit_of_work import UnitOfWork
from notify import catalogue
from notify.commands.templates import FACTS, check_wording, texts_of
from notify.domain import drafts, templates
from notify.domain.texts import placeholders
from notify.models import Template, TemplateDraft, TemplateVersion


def propose_wording(
    work: UnitOfWork, template_id: str, given: Mapping[str, Any], *, hosts: Collection[str]
) -> Template:
    """Keeps a wording as the template's draft, in the place of an earlier draft. Raises NotFound, InvalidFields,
    TemplateIsArchived and TemplateNeedsNoApproval."""
    row = _lock_own(work, template_id)
    texts = texts_of(given)
    check_wording(row, texts, hosts=hosts)
    facts = {name: given.get(name, getattr(row, name)) for name in FACTS}
    _keep_draft(work, row, texts, facts)
    return row


def propose_shipped_wording(
    work: UnitOfWork, template_id: str, *, hosts: Collection[str]
) -> Template:
    """Keeps the wording that the system ships now as the template's draft. Where an editor's wording is current, the
    versions of the template don't have it: `migrate` leaves such a template alone. Raises NotFound, NoShippedText,
    InvalidFields, TemplateIsArchived and TemplateNeedsNoApproval."""
    row = _lock_own(work, template_id)
    shipped = catalogue.read_wordings().get(row.name)
    current = work.session.get_one(TemplateVersion, (row.template_id, row.current))
    if shipped is None or current.created_by == templates.SHIPPED:
        raise drafts.NoShippedText
    check_wording(row, shipped["text"], hosts=hosts)
    facts = {name: shipped[name] for name in FACTS}
    _keep_draft(work, row, shipped["text"], facts, is_shipped=True)
    return row


def approve_draft(
    work: UnitOfWork, template_id: str, draft_id: str, *, hosts: Collection[str]
) -> Template:
    """Makes the draft the current wording. Raises NotFound, DraftChanged, OwnDraft, DraftIsOld, InvalidFields,
    TemplateIsArchived and TemplateNeedsNoApproval."""
    row = _lock_own(work, template_id)
    draft = _require_draft(work, row, draft_id)
    drafts.require_other_person(_proposal(draft), work.actor.subject)
    drafts.require_current(_proposal(draft), row.current)
    check_wording(row, draft.texts(), hosts=hosts)
    for name in FACTS:
        setattr(row, name, getattr(draft, name))
    row.current += 1
    row.updated_at = work.now
    work.record_change(
        row, "approve", details={"wording": row.current, "proposed_by": draft.proposed_by}
    )
    work.session.add(_wording_of(draft, row.current, work))
    work.session.delete(draft)
    return row


def withdraw_draft(work: UnitOfWork, template_id: str, draft_id: str) -> Template:
    """Drops the draft. Raises NotFound and DraftChanged."""
    row = work.lock(Template, template_id)
    draft = _require_draft(work, row, draft_id)
    work.record_change(row, "withdraw_draft", details={"proposed_by": draft.proposed_by})
    work.session.delete(draft)
    return row


def _lock_own(work: UnitOfWork, template_id: str) -> Template:
    """Locks a template that takes drafts. Raises NotFound, TemplateIsArchived and TemplateNeedsNoApproval."""
    row = work.lock(Template, template_id)
    templates.require_not_archived(row.archived)
    drafts.require_own(is_own=row.api_service_id is None)
    return row


def _keep_draft(
    work: UnitOfWork,
    row: Template,
    texts: Mapping[str, str],
    facts: Mapping[str, Any],
    *,
    is_shipped: bool = False,
) -> None:
    draft = TemplateDraft(
        template_id=row.template_id,
        draft_id=new_id(),
        body_ar=texts["ar"],
        body_en=texts["en"],
        further={one: texts[one] for one in templates.FURTHER if one in texts},
        **facts,
        based_on=row.current,
        is_shipped=is_shipped,
        proposed_at=work.now,
        proposed_by=work.actor.subject,
    )
    work.record_change(row, "propose", details={"draft": draft.draft_id, "shipped": is_shipped})
    work.session.merge(draft)


def _require_draft(work: UnitOfWork, row: Template, draft_id: str) -> TemplateDraft:
    """Returns the draft that the person has seen. Raises DraftChanged."""
    draft = work.session.get(TemplateDraft, row.template_id)
    if draft is None:
        raise drafts.DraftChanged
    drafts.require_seen(_proposal(draft), draft_id)
    return draft


def _proposal(draft: TemplateDraft) -> drafts.Proposal:
    return drafts.Proposal(draft.draft_id, draft.based_on, draft.proposed_by)


def _wording_of(draft: TemplateDraft, number: int, work: UnitOfWork) -> TemplateVersion:
    """Returns the draft as a wording. A shipped text is the system's again, so that `migrate` keeps it up to date."""
    return TemplateVersion(
        template_id=draft.template_id,
        number=number,
        body_ar=draft.body_ar,
        body_en=draft.body_en,
        further=draft.further,
        parameters=list(placeholders(draft.body_ar)),
        created_at=work.now,
        created_by=templates.SHIPPED if draft.is_shipped else draft.proposed_by,
        approved_by=work.actor.subject,
    )
