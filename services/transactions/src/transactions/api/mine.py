"""The operations of citizens on their own transactions."""

from chassis.call import page_of
from chassis.files.attachments import attachment_of
from documents.issuing import answers
from transactions import limits, queries
from transactions.api import staff, views
from transactions.api.letters import paper_of
from transactions.api.views import (
    Body,
    Created,
    FileAnswer,
    View,
    citizen_of,
    citizen_who_changes,
)
from transactions.commands import letters, move
from transactions.commands.enter import FILES, enter_own
from transactions.context import Call


def list_my_transactions(call: Call, limit: int, cursor: str | None = None) -> View:
    page = queries.my_transactions(call.session, citizen_of(call), page_of(call, limit, cursor))
    return views.page_view([views.own_summary_view(row) for row in page.rows], page.next_cursor)


def enter_my_transaction(call: Call, body: Body) -> Created:
    citizen = citizen_of(call)
    call.charge_caller(limits.entries_of_citizen(call.settings))
    row = enter_own(call.work, citizen, body)
    return views.own_view(call.session, row), 201


def get_my_transaction(call: Call, transaction_id: str) -> View:
    row = queries.my_transaction(call.session, citizen_of(call), transaction_id)
    return views.own_view(call.session, row)


@staff.in_version_seen
def answer_my_transaction(call: Call, transaction_id: str, body: Body) -> View:
    citizen = citizen_who_changes(call)
    row = move.answer_own(
        call.work,
        citizen,
        transaction_id,
        text=body["text"],
        documents=body.get("documents", ()),
    )
    return views.own_view(call.session, row)


def withdraw_my_transaction(call: Call, transaction_id: str) -> View:
    row = move.withdraw_own(call.work, citizen_who_changes(call), transaction_id)
    return views.own_view(call.session, row)


def upload_my_attachment(call: Call, body: Body) -> Created:
    citizen_of(call)
    return staff.upload_attachment(call, body)


def get_my_attachment(call: Call, transaction_id: str, attachment_id: str) -> FileAnswer:
    row = queries.my_transaction(call.session, citizen_of(call), transaction_id)
    file = attachment_of(call.session, attachment_id, owner_type=FILES, owner_id=row.transaction_id)
    return call.resources.files.answer(file)


def get_my_letter_document(call: Call, transaction_id: str, letter_id: str) -> FileAnswer:
    document = letters.own_document_of(
        call.work, citizen_of(call), transaction_id, letter_id, call.resources.signing
    )
    return answers.printed(call, document, paper_of(document.content, document.made_at))
