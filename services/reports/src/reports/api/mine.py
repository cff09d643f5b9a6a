"""The operations of citizens on the reports that they filed while signed in."""

from chassis.access.persons import persons_of
from chassis.call import page_of
from chassis.data.unit_of_work import UnitOfWork
from reports import queries
from reports.api.edge import Body, Created, View
from reports.api.public import filed_view, inquiry_view
from reports.api.public_filing import file_without_account
from reports.commands import referral
from reports.context import Call
from reports.domain.actors import REPORTER
from reports.domain.filing import Citizen
from reports.domain.reports import QuestionChanged


def list_my_reports(call: Call, limit: int, cursor: str | None = None) -> View:
    page = queries.list_mine(call.session, call.actor, page_of(call, limit, cursor))
    items = [inquiry_view(row) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def get_my_report(call: Call, report_number: str) -> View:
    """Returns the contract's MyReport."""
    row = queries.my_report(call.session, call.actor, report_number)
    view = inquiry_view(row)
    asked = queries.newest_question(call.session, row.report_id) if view["question"] else None
    return {**view, "question_id": asked}


def answer_my_report(call: Call, report_number: str, body: Body) -> View:
    """Records the answer of the citizen to the question about an own report. The question is compared behind the
    command, which has locked the report: `QuestionChanged` undoes the transaction."""
    row = queries.my_report(call.session, call.actor, report_number)
    answered = referral.answer(UnitOfWork.of(call, REPORTER), row.report_id, text=body["text"])
    newest = queries.newest_question(call.session, row.report_id)
    if body.get("question_id", newest) != newest:
        raise QuestionChanged
    return inquiry_view(answered)


def begin_my_report(call: Call) -> View:
    """Returns what a report can begin with."""
    person = persons_of(call.session).open(call.actor)
    return {"name": person.name, "mobile": person.mobile}


def file_my_report(call: Call, body: Body) -> Created:
    mobile = persons_of(call.session).open(call.actor).mobile
    row = file_without_account(call, body, filed_by=Citizen(call.actor.subject, mobile))
    return filed_view(row), 201
