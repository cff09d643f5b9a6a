"""The pages of tenders and auctions."""

from functools import partial

from pages.site import PUBLIC, Page
from portal.api.public.table import REPORTER
from portal.api.tenders import following, offerings
from portal.api.tenders.following import BOOKLET, FOLLOW, Purpose
from portal.domain.offerings import AUCTIONS, TENDERS, OfferingKind

_POST = ("POST",)


def _pages_of(kind: OfferingKind) -> tuple[Page, ...]:
    """Returns the pages of tenders or of auctions."""
    one = f"{kind.path}/<number>"
    question = f"{one}/question"
    name = kind.name
    return (
        Page(f"{name}s", kind.path, PUBLIC, partial(offerings.show_list, kind=kind)),
        Page(name, one, PUBLIC, partial(offerings.show_offering, kind=kind)),
        Page(f"{name}_question", question, REPORTER, partial(offerings.show_question, kind=kind)),
        Page(
            f"{name}_question_entry",
            question,
            REPORTER,
            partial(offerings.submit_question, kind=kind),
            _POST,
        ),
        *_steps_of(kind, FOLLOW),
    )


def _steps_of(kind: OfferingKind, purpose: Purpose) -> tuple[Page, ...]:
    """Returns the form that a code to the mobile stands behind."""
    name, path = f"{kind.name}_{purpose.name}", f"{kind.path}/<number>/{purpose.name}"
    show = partial(following.show_form, kind=kind, purpose=purpose)
    submit = partial(following.submit_form, kind=kind, purpose=purpose)
    return (
        Page(name, path, REPORTER, show),
        Page(f"{name}_entry", path, REPORTER, submit, _POST),
    )


PAGES = (
    *_pages_of(TENDERS),
    Page("offering_link", "/t/<number>", PUBLIC, offerings.open_link),
    Page("tender_asked", "/tenders/questions/<uuid:question_id>", PUBLIC, offerings.show_asked),
    Page(
        "tender_file",
        "/tenders/files/<uuid:file_id>",
        PUBLIC,
        offerings.send_file,
        is_download=True,
    ),
    *_pages_of(AUCTIONS),
    *_steps_of(AUCTIONS, BOOKLET),
)
