"""Questions of people without an account, and their answers. Nothing records who asked."""

from collections.abc import Mapping

from sqlalchemy import select

from chassis.core.ids import new_id
from chassis.core.refusals import Findings, NotFound, not_blank
from chassis.data.unit_of_work import UnitOfWork
from tenders.commands.recording import lock_offering, record_public_change
from tenders.domain.disclosure import fault_person_numbers
from tenders.domain.notices import ANSWERED
from tenders.domain.offerings import (
    DISMISSALS,
    Action,
    AnsweredAlready,
    DismissedAlready,
    require_questions_open,
)
from tenders.models import Offering, OfferingT, Question


def ask(work: UnitOfWork, row: Offering, *, text: str) -> Question:
    """Keeps a question about a published offering, in words that name nobody. Raises QuestionsAreClosed and
    InvalidFields."""
    text = not_blank(text, "question")
    row.life.after(Action.ANSWER, row.status)
    require_questions_open(row.questions_until, work.now)
    findings = Findings()
    fault_person_numbers(findings, question=text)
    findings.settle()
    question = Question(
        question_id=new_id(), offering_id=row.aggregate_id, asked=text, asked_at=work.now
    )
    work.session.add(question)
    work.session.flush()
    return question


def answer(
    work: UnitOfWork,
    model: type[OfferingT],
    offering_id: str,
    question_id: str,
    body: Mapping[str, str],
) -> Question:
    """Publishes a question, in words that name nobody, and its answer, in the shape of the contract's `Answer`, and has
    the followers told. Raises NotFound, IllegalTransition, AnsweredAlready, DismissedAlready and InvalidFields."""
    row = lock_offering(work, model, offering_id)
    question = _waiting_question(work, row, question_id, Action.ANSWER)
    texts = {name: body[name].strip() for name in ("question", "answer")}
    findings = Findings()
    for name, text in texts.items():
        with findings.gather():
            not_blank(text, name)
    fault_person_numbers(findings, **texts)
    findings.settle()
    question.question, question.answer = texts["question"], texts["answer"]
    question.answered_at = work.now
    record_public_change(work, row, Action.ANSWER, "answered", notice=ANSWERED)
    return question


def dismiss(
    work: UnitOfWork,
    model: type[OfferingT],
    offering_id: str,
    question_id: str,
    body: Mapping[str, str],
) -> Question:
    """Dismisses a question that won't be published, in the shape of the contract's `Dismissal`. The asker, whom nothing
    records, reads the reason by the question's id; nobody else is told, so no event follows. Raises NotFound,
    IllegalTransition, AnsweredAlready and DismissedAlready."""
    row = lock_offering(work, model, offering_id)
    question = _waiting_question(work, row, question_id, Action.DISMISS)
    reason = body["reason"]
    question.dismissed_at, question.dismissed_because = work.now, reason
    work.record_action(row, Action.DISMISS, note=DISMISSALS[reason].ar)
    work.session.flush()
    return question


def _waiting_question(
    work: UnitOfWork, row: Offering, question_id: str, action: Action
) -> Question:
    which = (Question.question_id == question_id, Question.offering_id == row.aggregate_id)
    question = work.session.scalars(select(Question).where(*which)).one_or_none()
    if question is None:
        raise NotFound
    row.life.after(action, row.status)
    if question.answered_at is not None:
        raise AnsweredAlready
    if question.dismissed_at is not None:
        raise DismissedAlready
    return question
