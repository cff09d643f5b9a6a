"""Sends a form with the person's token, and loses no typed word.

A form that can't be sent now is kept, sealed, until the page at its address fills it in again behind a new token. A
refusal and an absent service show the form again. A form whose key is used up was carried out before: it gets another
key, and the page says so, with the way to what was saved.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar
from uuid import uuid4

import flask

from pages.forms import NO_FAULTS, Faults, FieldFault, InputOf, place_faults
from pages.site import Visit
from portal import queries
from portal.api import areas
from portal.api.asking import ServiceProblem
from portal.commands import sessions
from portal.domain.sessions import is_worn_out
from portal.outside.services import NewSignInNeeded, Reply, ServiceAway, TokenRefused

_KEY_USED = "idempotency-key-used"
# Stands in a kept form whose file didn't reach the service.
LOST_FILE = "lost_file"
Document = Mapping[str, Any]
_Outcome = TypeVar("_Outcome")


class ShowForm(Protocol):
    """Renders a form again, with what was typed. `conflict` comes to pages with conflicts: a colleague was faster, or
    the person's first form; the form is then sent with the present version."""

    def __call__(
        self,
        typed: dict[str, Any],
        *,
        faults: Faults = NO_FAULTS,
        status: int = 200,
        is_away: bool = False,
        conflict: str | None = None,
    ) -> flask.Response: ...


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file that is sent before its form, so that no fault elsewhere loses it. `send` adds the file to what was typed,
    and returns the service's refusal, if any. `check` sends the form without a refused file, where the service then
    refuses the form too: the person reads all faults at once."""

    send: Callable[[], Reply | None]
    input_of: InputOf
    check: Callable[[], Reply] | None = None


@dataclass(frozen=True, kw_only=True)
class FormPage:
    """The page of a form. `address` fills a kept form in again; `saved_at` is where the person finds what the form has
    saved. `input_of` returns the input to which a fault of a field leads. `conflicts`: refusals of somebody who was
    slower. `refusals`: problems that a page of their own shows. `missing`: statuses of a thing that isn't the person's.
    `waits_as`: the parameter of the address that names a kept form. `unsaved`: the inputs that aren't kept with it."""

    address: str
    show: ShowForm
    input_of: InputOf
    saved_at: str = ""
    conflicts: Collection[str] = ()
    refusals: Mapping[str, Callable[[dict[str, Any], Reply], flask.Response]] = field(
        default_factory=dict
    )
    missing: Collection[int] = (403, 404)
    waits_as: str = "form"
    unsaved: Collection[str] = ()


def restore(visit: Visit) -> dict[str, Any] | None:
    """Returns what waited at this page for a new token, if the address names it."""
    return read(visit, visit.path)


def save(visit: Visit, purpose: str, typed: Mapping[str, Any]) -> str:
    """Keeps what was typed, for a page whose address has the id of the form instead. Returns the id."""
    with visit.process.database.transaction() as session:
        return sessions.save_form(session, visit.known.session_id, purpose, typed, visit.now)


def read(visit: Visit, purpose: str, *, named: str = "form") -> dict[str, Any] | None:
    """Returns the form of a purpose whose id stands in the address, as the parameter `named`; None without one, and for
    the form of another session or purpose."""
    key = visit.query.get(named)
    return read_by_id(visit, purpose, key) if key else None


def read_by_id(visit: Visit, purpose: str, key: str) -> dict[str, Any] | None:
    """Returns the form of an id; None for the form of another session or purpose."""
    with visit.process.database.transaction() as session:
        return queries.saved_form(session, visit.known.session_id, key, purpose)


def add_found(visit: Visit, found: Mapping[str, Any], *, key: str | None = None) -> None:
    """Keeps what was found beside what was typed, so that a search that a service records is asked once. Without `key`
    the address names the form."""
    key = key or visit.query.get("form", "")
    with visit.process.database.transaction() as session:
        sessions.add_to_form(session, visit.known.session_id, key, found)


def send(
    visit: Visit,
    page: FormPage,
    typed: dict[str, Any],
    carry_out: Callable[[], Reply],
    *,
    upload: Upload | None = None,
    stays: bool = False,
) -> flask.Response | Document:
    """Sends a form, its file first. Returns the service's answer, or the page that the person sees instead.

    `stays`: the person sends the file alone, and goes on with the form. Raises ServiceProblem for a thing that isn't
    the person's.
    """
    waiting = [upload] if upload else []

    def steps() -> flask.Response | Document:
        while waiting:
            refusal = waiting[0].send()
            sent = waiting.pop()
            if refusal is not None:
                faults = _faults_without_file(page, sent, refusal)
                return page.show(typed, faults=faults, status=refusal.status)
        if stays:
            return page.show(typed)
        reply = carry_out()
        return show_refusal(visit, page, typed, reply) if reply.is_problem else reply.document

    return run_steps(visit, page, typed, steps, has_file=lambda: bool(waiting))


def _faults_without_file(page: FormPage, upload: Upload, refusal: Reply) -> Faults:
    """Returns the faults of a refused file, and the other faults of its form. Raises ServiceAway and TokenRefused."""
    of_file = place_faults(refusal.document, upload.input_of).all
    checked = upload.check() if upload.check else None
    if checked is None or not checked.document.get("errors"):
        return Faults(of_file)
    named = {one.field for one in of_file}
    others = place_faults(checked.document, page.input_of).all
    return Faults([*of_file, *(one for one in others if one.field not in named)])


def run_steps(
    visit: Visit,
    page: FormPage,
    typed: dict[str, Any],
    steps: Callable[[], _Outcome],
    *,
    has_file: Callable[[], bool] = lambda: False,
) -> _Outcome | flask.Response:
    """Runs the steps of a form, which ask a service. Returns what they return, or the page that the person sees instead
    when the token is worn out or the service away. `has_file`: whether a file still waits to be sent."""

    def keep(wishes: Mapping[str, str] | None = None) -> flask.Response:
        kept = {name: "" if name in page.unsaved else value for name, value in typed.items()}
        return save_and_renew(
            visit, page.address, kept, lost_file=has_file(), waits_as=page.waits_as, wishes=wishes
        )

    if is_token_worn_out(visit):
        return keep()
    try:
        return steps()
    except NewSignInNeeded as needed:
        return keep(needed.wishes)
    except TokenRefused:
        return keep()
    except ServiceAway:
        return page.show(typed, is_away=True, status=503)


def is_token_worn_out(visit: Visit) -> bool:
    """Returns whether a new token has to come before anything is sent."""
    return is_worn_out(visit.known.caller.expires_at, visit.now)


def save_and_renew(
    visit: Visit,
    address: str,
    typed: Mapping[str, Any],
    *,
    lost_file: bool = False,
    waits_as: str = "form",
    wishes: Mapping[str, str] | None = None,
) -> flask.Response:
    """Keeps what was typed while a new token is fetched: the page at the address fills it in again. A file that was
    chosen is lost, and the page says so. `wishes`: the person signs in anew first, as young or strong as they say."""
    kept = {**typed, LOST_FILE: "yes"} if lost_file else typed
    path, mark, _ = address.partition("?")
    key = save(visit, path, kept)
    return_to = f"{address}{'&' if mark else '?'}{waits_as}={key}"
    return areas.sign_in_anew(visit, wishes, return_to) if wishes else visit.see_other(return_to)


def show_refusal(
    visit: Visit, page: FormPage, typed: dict[str, Any], reply: Reply
) -> flask.Response:
    """Shows why nothing was changed. Raises ServiceProblem, ServiceAway and TokenRefused."""
    if reply.status in page.missing:
        raise ServiceProblem(reply)
    if shown := page.refusals.get(reply.problem_name):
        return shown(typed, reply)
    if reply.problem_name == _KEY_USED:
        words = visit.text("form_carried_out")
        faults = Faults([FieldFault("", words, page.saved_at)])
        newer = {**typed, "key": str(uuid4())}
        show = partial(page.show, conflict=words) if page.conflicts else page.show
        return show(newer, faults=faults, status=reply.status)
    if reply.problem_name in page.conflicts:
        return page.show(typed, conflict=words_of(reply), status=reply.status)
    return page.show(typed, faults=place_faults(reply.document, page.input_of), status=reply.status)


def drop_refused_files(
    typed: dict[str, Any], reply: Reply, *, field: str, kept_in: str
) -> dict[str, Any]:
    """Empties the input with the ids of sent files if the service refuses the field with these files: an upload is
    dropped after a day, and every repetition would fail. Returns what was typed."""
    refused = {str(one["field"]).partition(".")[0] for one in reply.document.get("errors", ())}
    return {**typed, kept_in: ""} if field in refused else typed


def words_of(reply: Reply) -> str:
    """Returns the words of a refusal."""
    return str(reply.document.get("detail") or reply.document.get("title") or "")
