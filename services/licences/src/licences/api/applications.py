"""Applications, for the staff of the municipality that they were sent to."""

from typing import Any

from chassis.call import page_of
from chassis.files.attachments import of_owner, one_of_owner
from licences.api import views
from licences.api.edge import View
from licences.api.mine_views import files_view
from licences.commands.mine import FILES
from licences.context import Call
from licences.queries import applications
from licences.queries.applications import ApplicationSearch
from licences.queries.remarks import remarks_of
from saudi.days import legal_day

FileAnswer = tuple[bytes, int, dict[str, str]]


def list_licence_applications(
    call: Call, limit: int, cursor: str | None = None, **filters: Any
) -> View:
    page = applications.list_applications(
        call.session,
        call.actor,
        ApplicationSearch(**filters),
        page_of(call, limit, cursor),
        today=legal_day(call.now),
    )
    items = [views.application_view(row) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def get_licence_application(call: Call, application_id: str) -> View:
    row = applications.get_application(call.session, call.actor, application_id)
    return views.application_view(row)


def list_application_files(call: Call, application_id: str) -> View:
    applications.get_application(call.session, call.actor, application_id)
    return files_view(of_owner(call.session, FILES, [application_id]))


def get_application_file(call: Call, application_id: str, attachment_id: str) -> FileAnswer:
    """Under a name that tells nothing: the original's may be that of a person."""
    row = applications.get_application(call.session, call.actor, application_id)
    file = one_of_owner(call.session, attachment_id, owner_type=FILES, owner_id=application_id)
    name = f"{row.application_no}-{attachment_id[-4:]}"
    return call.resources.files.answer(file, name=name)


def explain_application(call: Call, application_id: str) -> View:
    row = applications.get_application(call.session, call.actor, application_id)
    return views.explanation_view(row.decision)


def get_application_history(call: Call, application_id: str) -> View:
    rows = applications.history_of_application(call.session, call.actor, application_id)
    return views.history_view(rows, remarks_of(call.session, rows))
