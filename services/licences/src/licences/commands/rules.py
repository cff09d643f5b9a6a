"""Versions of the rules: proposed, approved by another person, withdrawn; or loaded by the command line."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import yaml
from sqlalchemy import select

from chassis.core.refusals import InvalidFields, not_blank
from chassis.data.advisory import Lock
from chassis.data.unit_of_work import UnitOfWork
from licences.catalogue import (
    document_before,
    fee_limits,
    forget_versions_in_force,
    municipalities,
    version_after,
    version_replaced_on,
)
from licences.domain.actors import require_governorate
from licences.domain.rule_differences import are_kept, are_taken_back, find_differences
from licences.domain.rule_documents import rule_faults, succession_faults
from licences.domain.rule_rows import FeeRow, place_of_row, with_fee_row
from licences.domain.rule_versions import (
    RuleAction,
    RulesDayTaken,
    RulesKnown,
    RulesSuccessor,
    RuleStanding,
    RuleStatus,
    replayed_digest,
    require_approvable,
    require_withdrawable,
)
from licences.domain.rules import Rules
from licences.models import RuleVersion
from saudi.days import legal_day

REPLAY = "rules-replay"  # the deadline at which `work` replays a proposal
MOST_JOURNALLED = 200  # fields that the journal of a proposal lists; it counts all
LOADING = Lock(
    "licences.rules", 7302611
)  # one process at a time adds or approves a version, or publishes activities


@dataclass(frozen=True)
class RuleFile:
    """A file of the rules and what was read of it, without faults."""

    source: str
    document: Mapping[str, Any]


def propose_rules(work: UnitOfWork, file: RuleFile) -> RuleVersion:
    """Keeps a version that decides nothing yet. Takes the name of a proposal that was withdrawn. Journals what the
    version changes of the version that it replaces. Raises NotFound for a person of a branch, and RulesKnown."""
    require_governorate(work.actor)
    LOADING.take(work.session)
    return _keep_proposal(work, file, _version_before(work, file))


def propose_fee(
    work: UnitOfWork, name: str, fee: FeeRow, *, version: str, effective_from: date
) -> RuleVersion:
    """Proposes a version that is the named one with a further row of a fee. Takes the name of the person's own proposal
    that is named, too. Journals what the row changes of the named version. Raises NotFound, RulesKnown and
    InvalidFields, which names the faults of the row by its own fields."""
    LOADING.take(work.session)
    base = lock_version(work, name)
    document = {
        **with_fee_row(base.document, fee, fee_limits()),
        "version": version,
        "effective_from": effective_from.isoformat(),
    }
    faults = rule_faults(
        document,
        municipalities=municipalities(),
        after=legal_day(work.now),
        before=document_before(work.session, version, effective_from),
    )
    if faults:
        place = place_of_row(document, fee)
        raise InvalidFields([replace(one, field=one.field.removeprefix(place)) for one in faults])
    return _keep_proposal(work, RuleFile(_write_yaml(document), document), base, grown_from=name)


def _keep_proposal(
    work: UnitOfWork,
    file: RuleFile,
    before: RuleVersion | None,
    *,
    grown_from: str | None = None,
) -> RuleVersion:
    """Keeps the file as a proposal, and journals what it changes of the version `before`: the file of a proposal gives
    way to the next file of the same name, and the journal stays."""
    changes = _changes_of(before, file.document)
    row = _row_for(work, Rules.read(file.document), grown_from=grown_from)
    row.status = RuleStatus.PROPOSED.value
    row.proposed_at, row.proposed_by, row.replay = work.now, work.actor.subject, None
    _keep_file(row, file)
    work.record_change(row, "propose", details={"digest": row.digest, **changes})
    return row


def _version_before(work: UnitOfWork, file: RuleFile) -> RuleVersion | None:
    first_day = date.fromisoformat(file.document["effective_from"])
    return version_replaced_on(work.session, file.document["version"], first_day)


def _changes_of(before: RuleVersion | None, document: Mapping[str, Any]) -> dict[str, Any]:
    if before is None:
        return {}
    found = find_differences(before.document, document, municipalities())
    return {
        "effective_from": document["effective_from"],
        "compared_with": before.name,
        "change_count": len(found),
        "changes": [one.record() for one in found[:MOST_JOURNALLED]],
    }


class _Dumper(yaml.SafeDumper):
    """Writes a value that stands twice twice: a file of the rules has no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _write_yaml(document: Mapping[str, Any]) -> str:
    text: str = yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)
    return text


def load_rules(work: UnitOfWork, file: RuleFile) -> RuleVersion:
    """Puts a version into force from its first day on, as an operator of the system. Raises RulesKnown."""
    LOADING.take(work.session)
    changes = _changes_of(_version_before(work, file), file.document)
    row = _row_for(work, Rules.read(file.document))
    row.status = RuleStatus.APPROVED.value
    row.loaded_at, row.loaded_by = work.now, work.actor.subject
    row.proposed_at = row.proposed_by = row.replay = None
    _keep_file(row, file)
    work.record_change(row, "load", details={"digest": row.digest, **changes})
    forget_versions_in_force(work.session)
    work.session.flush()
    return row


def _row_for(work: UnitOfWork, rules: Rules, *, grown_from: str | None = None) -> RuleVersion:
    """Returns a new row, the row of a proposal that was withdrawn before it was approved, or the actor's own proposal
    that the rules have grown from."""
    LOADING.take(work.session)
    if work.session.get(RuleVersion, rules.version) is None:
        row = RuleVersion(name=rules.version)
        work.session.add(row)
    else:
        row = work.lock(RuleVersion, rules.version)
        is_proposed = row.status == RuleStatus.PROPOSED and row.name == grown_from
        is_own = is_proposed and row.proposed_by == work.actor.subject
        is_free = row.status == RuleStatus.WITHDRAWN and row.loaded_at is None
        if not (is_own or is_free):
            raise RulesKnown
    row.effective_from = rules.effective_from
    return row


def _keep_file(row: RuleVersion, file: RuleFile) -> None:
    row.source, row.document = file.source, dict(file.document)


def approve_rules(work: UnitOfWork, name: str, *, digest: str) -> RuleVersion:
    """Puts the proposal into force from its first day on. `digest`: of the content that the person has read. Raises
    NotFound, what `require_approvable` raises, RulesDayTaken, RulesSuccessor, and InvalidFields for rows and days that
    are at fault beside the version that is replaced: another one may have been approved since the proposal."""
    LOADING.take(work.session)
    row = lock_version(work, name)
    require_approvable(
        version_of(row), subject=work.actor.subject, digest=digest, today=legal_day(work.now)
    )
    _require_free_day(work, row)
    before = document_before(work.session, name, row.effective_from)
    if faults := succession_faults(row.document, before):
        raise InvalidFields(faults)
    _require_fitting_successor(work, row, before)
    row.status = RuleStatus.APPROVED.value
    row.loaded_at, row.loaded_by = work.now, work.actor.subject
    work.record_change(row, RuleAction.APPROVE, details={"digest": digest})
    forget_versions_in_force(work.session)
    return row


def _require_free_day(work: UnitOfWork, row: RuleVersion) -> None:
    """Raises RulesDayTaken if another approved version has the first day."""
    same_day = select(RuleVersion.name).where(
        RuleVersion.status == RuleStatus.APPROVED.value,
        RuleVersion.effective_from == row.effective_from,
    )
    if (name := work.session.scalar(same_day.limit(1))) is not None:
        raise RulesDayTaken(name=name)


def _require_fitting_successor(
    work: UnitOfWork, row: RuleVersion, before: Mapping[str, Any] | None
) -> None:
    """Raises RulesSuccessor if the next approved version, which was approved beside `before`, takes back what the
    proposal changes, or has rows and days at fault beside the proposal."""
    after = version_after(work.session, row.name, row.effective_from)
    if after is None:
        return
    faults = succession_faults(after.document, row.document)
    documents = {"before": before or row.document, "after": after.document}
    if faults or are_taken_back(row.document, **documents, municipalities=municipalities()):
        raise RulesSuccessor(name=after.name)


def withdraw_rules(work: UnitOfWork, name: str, *, reason: str) -> RuleVersion:
    """Withdraws a proposal, or an approved version before its first day. Raises NotFound, IllegalTransition,
    RulesInForce, RulesSuccessor, and InvalidFields without a reason."""
    LOADING.take(work.session)
    row = lock_version(work, name)
    require_withdrawable(version_of(row), today=legal_day(work.now))
    reason = not_blank(reason, "reason")
    if row.status == RuleStatus.APPROVED:
        _require_successor_without(work, row)
    row.status = RuleStatus.WITHDRAWN.value
    work.record_change(row, RuleAction.WITHDRAW, note=reason)
    forget_versions_in_force(work.session)
    return row


def _require_successor_without(work: UnitOfWork, row: RuleVersion) -> None:
    """Raises RulesSuccessor if the next approved version keeps what the withdrawn version changes, or has rows and days
    at fault beside the version that it follows then."""
    after = version_after(work.session, row.name, row.effective_from)
    before = document_before(work.session, row.name, row.effective_from)
    if after is None or before is None:
        return
    faults = succession_faults(after.document, before)
    documents = {"before": before, "after": after.document}
    if faults or are_kept(row.document, **documents, municipalities=municipalities()):
        raise RulesSuccessor(name=after.name)


def lock_version(work: UnitOfWork, name: str) -> RuleVersion:
    """Locks a version. Raises NotFound, also for a person of a branch."""
    require_governorate(work.actor)
    return work.lock(RuleVersion, name)


def version_of(row: RuleVersion) -> RuleStanding:
    """Returns the row as the rules of its life know it."""
    return RuleStanding(
        status=row.status,
        effective_from=row.effective_from,
        digest=row.digest,
        proposed_by=row.proposed_by,
        replayed=replayed_digest(row.replay),
    )
