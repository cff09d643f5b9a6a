"""The rules of a draft: a wording of the municipality's own texts is proposed by one person and approved by another."""

from dataclasses import dataclass

from chassis.core.refusals import Conflict


class TemplateNeedsApproval(Conflict):
    """A wording of the municipality's own texts doesn't take effect by one person."""

    problem = "template-needs-approval"


class TemplateNeedsNoApproval(Conflict):
    """A template of another system takes no drafts: its owner answers for a wording."""

    problem = "template-needs-no-approval"


class OwnDraft(Conflict):
    """The person who proposed a draft doesn't approve it."""

    problem = "own-draft"


class DraftChanged(Conflict):
    """The draft isn't the one that the person has seen."""

    problem = "draft-changed"


class DraftIsOld(Conflict):
    """The current wording has changed since the draft was proposed."""

    problem = "draft-is-old"


class NoShippedText(Conflict):
    """There is no shipped text to go back to."""

    problem = "no-shipped-text"


@dataclass(frozen=True)
class Proposal:
    """A draft as the rules know it. `based_on`: the version that was current when it was proposed."""

    draft_id: str
    based_on: int
    proposed_by: str


def require_seen(draft: Proposal, draft_id: str) -> None:
    """Raises DraftChanged unless the draft that waits is the one that the person has seen."""
    if draft.draft_id != draft_id:
        raise DraftChanged


def require_other_person(draft: Proposal, subject: str) -> None:
    """Raises OwnDraft."""
    if draft.proposed_by == subject:
        raise OwnDraft


def require_current(draft: Proposal, current: int) -> None:
    """Raises DraftIsOld unless the draft was proposed for the current version."""
    if draft.based_on != current:
        raise DraftIsOld


def require_own(*, is_own: bool) -> None:
    """Raises TemplateNeedsNoApproval for a template of another system."""
    if not is_own:
        raise TemplateNeedsNoApproval


def require_other_system(*, is_own: bool) -> None:
    """Raises TemplateNeedsApproval for a template of the municipality's own."""
    if is_own:
        raise TemplateNeedsApproval
