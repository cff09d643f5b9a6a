"""The operations of the municipality's staff: entry, moves, letters, files, lists."""

from chassis.call import page_of
from chassis.files.attachments import attachment_of
from chassis.http.if_match import in_version_read, version_of
from chassis.http.uploads import take_upload
from documents.issuing import answers
from saudi.days import legal_day
from saudi.text import compact
from transactions import limits, queries
from transactions.api import views
from transactions.api.letters import paper_of
from transactions.api.views import Body, Created, FileAnswer, View
from transactions.catalogue import catalogue
from transactions.commands import applicants, letters, move
from transactions.commands.enter import FILES, enter
from transactions.context import Call
from transactions.domain.access import TransactionChanged
from transactions.models import Transaction
from transactions.queries import Search

in_version_seen = in_version_read(TransactionChanged)


def list_transaction_kinds(call: Call) -> View:
    today, known = legal_day(call.now), catalogue()
    items = []
    for kind in known.taken_kinds(today):
        rules = kind.rules_on(today)
        items.append(
            {
                "code": kind.code,
                **kind.words.pair(),
                "online": kind.online,
                "confidential": kind.confidential,
                "department": views.department_view(rules.department),
                "working_days": rules.working_days,
                "answer_days": rules.answer_days,
                "papers": [{"code": one, **known.papers[one].pair()} for one in rules.papers],
            }
        )
    departments = [views.department_view(code) for code in known.departments]
    return {"items": items, "departments": departments}


def upload_attachment(call: Call, body: Body) -> Created:
    """Keeps the file for its sender until a transaction claims it."""
    return views.attachment_view(take_upload(call, body["file"])), 201


def enter_transaction(call: Call, body: Body) -> Created:
    return _view(call, enter(call.work, body)), 201


def list_transactions(
    call: Call,
    limit: int,
    cursor: str | None = None,
    status: str | None = None,
    municipality: str | None = None,
    department: str | None = None,
    kind: str | None = None,
    number: str | None = None,
    overdue: bool = False,
    step_overdue: bool = False,
    with_counts: bool = False,
) -> View:
    today = legal_day(call.now)
    search = Search(
        status=status,
        municipality=municipality,
        department=department,
        kind=kind,
        number=number,
        overdue=overdue,
        step_overdue=step_overdue,
    )
    page = queries.list_transactions(
        call.session, call.actor, search, page_of(call, limit, cursor), today=today
    )
    rows = [views.summary_view(row, today) for row in page.rows]
    view = views.page_view(rows, page.next_cursor)
    if with_counts:
        view["counts"] = queries.count_lists(call.session, call.actor, search, today=today)
    return view


def search_transactions(call: Call, body: Body) -> View:
    call.charge_caller(limits.searches_of_caller(call.settings))
    rows = applicants.find_by_applicant(
        call.work, compact(body["id_number"]), reason=body["reason"]
    )
    today = legal_day(call.now)
    return {"items": [views.summary_view(row, today) for row in rows]}


def get_transaction(call: Call, transaction_id: str) -> View:
    return _view(call, queries.get_transaction(call.session, call.actor, transaction_id))


@in_version_seen
def refer_transaction(call: Call, transaction_id: str, body: Body) -> View:
    row = move.refer(
        call.work,
        transaction_id,
        department=body["department"],
        note=body["note"],
        within=body.get("working_days"),
    )
    return _view(call, row)


def add_note(call: Call, transaction_id: str, body: Body) -> View:
    return _view(call, move.note(call.work, transaction_id, text=body["text"]))


@in_version_seen
def return_transaction(call: Call, transaction_id: str, body: Body) -> View:
    return _view(call, move.return_for_completion(call.work, transaction_id, note=body["note"]))


@in_version_seen
def complete_transaction(call: Call, transaction_id: str, body: Body) -> View:
    row = move.answer_at_counter(
        call.work, transaction_id, text=body["text"], documents=body.get("documents", ())
    )
    return _view(call, row)


@in_version_seen
def decide_transaction(call: Call, transaction_id: str, body: Body) -> View:
    row = move.decide(call.work, transaction_id, outcome=body["outcome"], note=body["note"])
    return _view(call, row)


@in_version_seen
def file_transaction(call: Call, transaction_id: str, body: Body) -> View:
    return _view(call, move.file_away(call.work, transaction_id, reason=body["reason"]))


@in_version_seen
def withdraw_transaction(call: Call, transaction_id: str, body: Body) -> View:
    return _view(call, move.withdraw_at_counter(call.work, transaction_id, reason=body["reason"]))


def reveal_applicant(call: Call, transaction_id: str, body: Body) -> View:
    call.charge_caller(limits.searches_of_caller(call.settings))
    row = applicants.reveal_applicant(call.work, transaction_id, reason=body["reason"])
    return views.transaction_view(call, row, reveal=True)


def get_attachment(call: Call, transaction_id: str, attachment_id: str) -> FileAnswer:
    row = queries.get_transaction(call.session, call.actor, transaction_id)
    file = attachment_of(call.session, attachment_id, owner_type=FILES, owner_id=row.transaction_id)
    return call.resources.files.answer(file)


def issue_letter(
    call: Call, transaction_id: str, body: Body, if_match: str | None = None
) -> Created:
    letter = letters.issue_letter(call.work, transaction_id, body, seen=version_of(if_match))
    return views.letter_view(letter), 201


def cancel_letter(call: Call, transaction_id: str, letter_id: str, body: Body) -> View:
    row = letters.cancel_letter(call.work, transaction_id, letter_id, reason=body["reason"])
    return views.letter_view(row)


def get_letter_document(call: Call, transaction_id: str, letter_id: str) -> FileAnswer:
    signing = call.resources.signing
    document = letters.document_of(call.work, transaction_id, letter_id, signing)
    return answers.printed(call, document, paper_of(document.content, document.made_at))


def _view(call: Call, row: Transaction) -> View:
    return views.transaction_view(call, row)
