"""The pages of the desk of tenders and leases. Both have the same pages, below `/desk/tenders` and `/desk/leases`."""

from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import Any

import flask

from pages.site import Page, Visit
from portal.api.areas import NavigationRow, needs
from portal.api.desk import action_forms
from portal.api.desk.tenders import files, forms, lists, offering
from portal.api.desk.tenders.views import ACTED
from portal.domain import tasks
from portal.domain.areas import DESK
from portal.domain.large_forms import TENDER_FILES
from portal.domain.tender_desk import DESK_KINDS, FORMS, LEASE_DESK, TENDER_DESK

_ShowPage = Callable[..., flask.Response]
_READ, _PREPARE = needs(DESK, tasks.READ_TENDERS), needs(DESK, tasks.PREPARE_TENDERS)
_PUBLISH, _OPEN = needs(DESK, tasks.PUBLISH_TENDERS), needs(DESK, tasks.OPEN_BIDS)
_POST = ("POST",)
_ACTED = {name: ACTED[kind.name] for name, kind in DESK_KINDS.items()}
_LIST = f"/desk/<any({', '.join(DESK_KINDS)}):offerings>"
_ONE = f"{_LIST}/<uuid:thing_id>"
_FILE = f"{_ONE}/files/<uuid:attachment_id>"
_ACTION = f"{_ONE}/actions/<action>"
_REPLY = f"{_ONE}/questions/<uuid:question_id>/<reply>"


def _of_kind(show: _ShowPage, given: Mapping[str, Any] = DESK_KINDS) -> _ShowPage:
    """Returns the page as the table calls it, with what is `given` for the kind that the path names."""

    @wraps(show)
    def page(visit: Visit, offerings: str, **parts: Any) -> flask.Response:
        return show(visit, given[offerings], **parts)

    return page


def _form(
    name: str, path: str, guard: str, show: _ShowPage, submit: _ShowPage
) -> tuple[Page, Page]:
    """Returns the page of a form, and the entry that takes the form."""
    return Page(name, path, guard, show), Page(f"{name}_entry", path, guard, submit, _POST)


PAGES = (
    *(
        Page(f"desk_{name}", kind.path, _READ, partial(lists.show_list, kind=kind))
        for name, kind in DESK_KINDS.items()
    ),
    Page("desk_offering_search", TENDER_DESK.path, _READ, lists.submit_search, _POST),
    Page("desk_offering", _ONE, _READ, _of_kind(offering.show_offering)),
    *_form(
        "desk_offering_draft",
        f"{_LIST}/new",
        _PREPARE,
        _of_kind(forms.show_draft),
        _of_kind(forms.submit_draft),
    ),
    *(
        page
        for step, (show, submit) in forms.STEPS.items()
        for page in _form(
            f"desk_offering_{step}",
            f"{_ONE}/{step}",
            needs(DESK, FORMS[step]),
            _of_kind(show),
            _of_kind(submit),
        )
    ),
    Page("desk_offering_file_entry", TENDER_FILES, _READ, files.submit_new, _POST),
    Page("desk_offering_file", f"{_ONE}/files/new", _READ, _of_kind(files.show_new)),
    Page("desk_offering_file_content", _FILE, _READ, _of_kind(files.send_file), is_download=True),
    *_form(
        "desk_offering_file_withdrawal",
        f"{_FILE}/withdraw",
        _READ,
        _of_kind(files.show_withdrawal),
        _of_kind(files.submit_withdrawal),
    ),
    *_form(
        "desk_offering_reply",
        _REPLY,
        _PUBLISH,
        _of_kind(forms.show_reply),
        _of_kind(forms.submit_reply),
    ),
    *_form(
        "desk_offering_action",
        _ACTION,
        _READ,
        _of_kind(action_forms.show_action, _ACTED),
        _of_kind(action_forms.submit_action, _ACTED),
    ),
    Page(
        "desk_booklet_buyers",
        f"{LEASE_DESK.path}/<uuid:thing_id>/booklets",
        _OPEN,
        offering.show_buyers,
    ),
)
NAVIGATION = (
    NavigationRow("desk_tenders", tasks.READ_TENDERS, TENDER_DESK.path, "nav_desk_tenders"),
    NavigationRow("desk_leases", tasks.READ_TENDERS, LEASE_DESK.path, "nav_desk_leases"),
)
