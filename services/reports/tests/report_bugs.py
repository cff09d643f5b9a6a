"""Deliberate bugs, each by its name: a mistake that the rules of reports forbid, put into the running code."""

from collections.abc import Callable, Mapping
from typing import Any

from chassis.service import on_deadline
from reports.app import SERVICE
from reports.commands import duplicates, ending, open311, recording, referral, remarks, treatment
from reports.commands.recording import ESCALATION
from reports.domain import reports as rules
from reports.domain.actors import SERVICE_CLOCK
from reports.open311 import views

Bug = Callable[[Any], None]  # puts itself in with a MonkeyPatch


def a_replaced_contractor_keeps_the_work(patch: Any) -> None:
    """`start` without a contractor leaves the contractor (so it was)."""

    def give_work(row: Any, now: Any, contractor: Any = None, work_order: Any = None) -> None:
        if contractor is not None:
            recording.give_work(row, now, contractor, work_order)

    patch.setattr(treatment, "give_work", give_work)


def words_are_public_at_once(patch: Any) -> None:
    """Nobody has to read the words first (so it was)."""
    request = views._request

    def tell(row: Any, picture: Any, language: str) -> Any:
        told = request(row, picture, language)
        return {**told, "description": "" if row.text_withheld else row.description}

    patch.setattr(views, "_request", tell)


def an_update_is_public_at_once(patch: Any) -> None:
    """Another system's words count as released."""
    add = open311.add_remark

    def add_remark(work: Any, row: Any, kind: str, body: str) -> Any:
        row.released_remark_id = 2**62 if row.words_released_at else None
        return add(work, row, kind, body)

    patch.setattr(open311, "add_remark", add_remark)


def withheld_words_stay_public(patch: Any) -> None:
    """Withholding marks the report and takes nothing back."""

    def withhold_words(work: Any, report_id: str) -> Any:
        row = recording.lock_report(work, report_id)
        row.text_withheld = True
        return row

    withhold_words.__name__ = "withhold_words"
    patch.setattr(remarks, "withhold_words", withhold_words)


def the_clock_runs_on_while_an_outside_body_has_it(patch: Any) -> None:
    """A link to another body doesn't stop the clock."""
    patch.setattr(referral, "pause_clock", lambda row, now: None)


def a_reopening_sets_the_clock_back(patch: Any) -> None:
    """A reopened report begins anew."""
    reopen = ending._reopen

    def begin_anew(work: Any, row: Any, reason: Any, rule: Any) -> Any:
        row.filed_at = work.now
        return reopen(work, row, reason, rule)

    patch.setattr(ending, "_reopen", begin_anew)


def a_deadline_arms_itself_in_the_past(patch: Any) -> None:
    """A level that has passed is planned again, and fires again at once."""

    def escalate(work: Any, report_id: str) -> None:
        row = recording.lock_report(work, report_id)
        recording.plan_escalation(work.session, row, before=None)

    patch.setitem(SERVICE.deadlines, ESCALATION, on_deadline(escalate, SERVICE_CLOCK))


def a_duplicate_keeps_its_own_due_time(patch: Any) -> None:
    """The due time of a main report isn't passed on."""
    for module in (duplicates, referral, treatment):
        patch.setattr(module, "pass_on_due_time", lambda work, row, followers: None)


def a_rating_outlives_the_treatment(patch: Any) -> None:
    """The stars of a treatment stay after the reopening."""
    reopen = ending._reopen

    def keep_stars(work: Any, row: Any, reason: Any, rule: Any) -> Any:
        stars = row.satisfaction
        changed = reopen(work, row, reason, rule)
        row.satisfaction = stars
        work.session.flush()
        return changed

    patch.setattr(ending, "_reopen", keep_stars)


def a_report_is_reopened_for_ever(patch: Any) -> None:
    """Nobody counts the reopenings."""
    reopen = rules.reopen

    def uncounted(course: Any, rule: Any, now: Any) -> Any:
        after = reopen(course, rule, now)
        return rules.replace(after, reopen_count=course.reopen_count)

    patch.setattr(rules, "reopen", uncounted)


def a_department_acts_beyond_its_reach(patch: Any) -> None:
    """A department that lost the report still starts the work."""
    patch.setattr(duplicates, "require_reach", lambda actor, row: None)
    patch.setattr(recording, "require_reach", lambda actor, row: None)


BUGS: Mapping[str, Bug] = {
    bug.__name__: bug
    for bug in (
        a_replaced_contractor_keeps_the_work,
        words_are_public_at_once,
        an_update_is_public_at_once,
        withheld_words_stay_public,
        the_clock_runs_on_while_an_outside_body_has_it,
        a_reopening_sets_the_clock_back,
        a_deadline_arms_itself_in_the_past,
        a_duplicate_keeps_its_own_due_time,
        a_rating_outlives_the_treatment,
        a_report_is_reopened_for_ever,
        a_department_acts_beyond_its_reach,
    )
}
