"""The files of a form, each with the choice of the paper that the file is: attached and removed one by one.

A file goes to the service with the form in which it's chosen, so that no fault elsewhere loses it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.datastructures import FileStorage

from pages.forms import by_field
from pages.site import Visit
from portal.api.files import chosen_file, name_of
from portal.api.saved_forms import Upload
from portal.domain.form_documents import add_document, join_documents, read_documents
from portal.outside.services import Reply

# The name under which the files stand among what was typed, and the input to which their faults lead.
DOCUMENTS = "documents"
_ATTACH, _REMOVE = "attach", "remove:"


def documents_of(visit: Visit) -> str:
    """Returns the files that the form has, without the file that its button removes."""
    removed = visit.form.get("action", "").partition(_REMOVE)[2]
    return join_documents(visit.form.getlist("document"), without=removed)


def is_about_files(visit: Visit) -> bool:
    """Returns whether the person attaches or removes a file, and goes on with the form."""
    return visit.form.get("action", "").startswith((_ATTACH, _REMOVE))


def shown_documents(visit: Visit, typed: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what `form_documents.html` shows: the files, and the paper that was chosen with the file of this request,
    for a file that was refused."""
    files = read_documents(typed.get(DOCUMENTS, ""))
    return {"files": files, "paper": visit.form.get("paper", "")}


def upload_of(
    visit: Visit, typed: dict[str, Any], send_file: Callable[[FileStorage], Reply]
) -> Upload | None:
    """Returns how the file is sent that the form has chosen; None where the form neither has a file nor attaches
    one."""
    file = chosen_file("file")
    if file is None and visit.form.get("action") != _ATTACH:
        return None

    def send() -> Reply | None:
        if file is None:
            fault = {"field": "file", "detail": visit.text("document_no_file")}
            return Reply(400, {"errors": [fault]})
        reply = send_file(file)
        if reply.is_problem:
            return reply
        typed[DOCUMENTS] = add_document(
            typed[DOCUMENTS],
            attachment_id=str(reply.document["attachment_id"]),
            paper=visit.form.get("paper", ""),
            name=name_of(file),
        )
        return None

    return Upload(send=send, input_of=by_field({"file": DOCUMENTS}))
