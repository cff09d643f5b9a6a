"""Two steps behind a code to the mobile: to follow a tender or an auction, and to buy the booklet of an auction.

The mobile stands in no address: what was typed lies sealed for the browser between the steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import flask

from pages.forms import by_field
from pages.site import Visit
from portal.api.public.asking import (
    asks_for_another_code,
    faults_of_refusal,
    forget_form,
    keep_first_step,
    keep_form,
    open_form,
    read_publicly,
    render_step,
    send_code,
    send_once,
)
from portal.api.tenders.offerings import SERVICE, require_number
from portal.domain.inputs import read_inputs
from portal.domain.offerings import OPEN, OfferingKind
from portal.outside.services import Reply, ServiceAway

_BUYER = ("name", "id_type", "id_number")
ID_TYPES = ("unified_number", "national_id", "iqama")
_CODE_OVER = "code-over"
_FOLLOWED = "followed"  # all that is left of a form that was carried out
_INPUT_OF = by_field(
    {one: one for one in ("mobile", "code", *_BUYER)} | {f"buyer.{one}": one for one in _BUYER}
)


@dataclass(frozen=True)
class Purpose:
    """What a code is for. `name` is also the last part of the page's address; `inputs`: what is typed beside the
    mobile."""

    name: str
    code_path: str
    path: str
    inputs: tuple[str, ...] = ()


FOLLOW = Purpose("follow", "/v1/public/follow-codes", "/v1/public/followings")
BOOKLET = Purpose("booklet", "/v1/public/booklet-codes", "/v1/public/booklets", _BUYER)
_READ = "/v1/public/booklet-readings"


def show_form(visit: Visit, kind: OfferingKind, purpose: Purpose, number: str) -> flask.Response:
    """GET …/follow, GET …/booklet: the mobile first, then the code; of a booklet then the bill."""
    require_number(number)
    return _show(visit, kind, purpose, number, open_form(visit, _form_of(purpose, number)))


def submit_form(visit: Visit, kind: OfferingKind, purpose: Purpose, number: str) -> flask.Response:
    """POST …/follow, POST …/booklet: sends a code, or does with the code what it is for."""
    require_number(number)
    form = open_form(visit, _form_of(purpose, number))
    action = visit.form.get("action", "")
    if action == "restart":
        forget_form(visit, _form_of(purpose, number))
        return visit.see_other(_address(kind, purpose, number))
    try:
        if action == "send":
            return _send_code(visit, kind, purpose, number)
        return _use_code(visit, kind, purpose, number, form)
    except ServiceAway:
        kept = open_form(visit, _form_of(purpose, number))
        return _show(visit, kind, purpose, number, kept, is_away=True, status=503)


def _send_code(visit: Visit, kind: OfferingKind, purpose: Purpose, number: str) -> flask.Response:
    name = _form_of(purpose, number)
    kept = open_form(visit, name)
    is_another = asks_for_another_code(visit, kept, "mobile")
    if is_another:
        form: Mapping[str, Any] = {**kept, **read_inputs(visit.form, purpose.inputs)}
        keep_form(visit, name, form)
    else:
        form = keep_first_step(visit, name, kept, read_inputs(visit.form, ("mobile",)))
    about = {"mobile": form["mobile"]}
    refusal = send_code(
        visit,
        name,
        form=form,
        about=about,
        to=(SERVICE, purpose.code_path),
        body={"number": number, **about, "language": visit.language},
        is_another=is_another,
    )
    if refusal is not None:
        return _show(visit, kind, purpose, number, form, refusal=refusal, status=refusal.status)
    return visit.see_other(_address(kind, purpose, number))


def _use_code(
    visit: Visit, kind: OfferingKind, purpose: Purpose, number: str, form: Mapping[str, Any]
) -> flask.Response:
    followed = f"{kind.path}/{number}?followed=yes"
    if form.get(_FOLLOWED):
        return visit.see_other(followed)
    typed = read_inputs(visit.form, ("code", *purpose.inputs))
    form = {**form, **{name: typed[name] for name in purpose.inputs}}
    name = _form_of(purpose, number)
    keep_form(visit, name, form)
    body = {"number": number, "mobile": form.get("mobile", ""), "code": typed["code"]}
    body["language"] = visit.language
    path = purpose.path
    if purpose is BOOKLET and visit.form.get("action") == "read":
        path = _READ
    elif purpose is BOOKLET:
        body["buyer"] = {one: typed[one] for one in _BUYER if typed[one]}
    reply = send_once(visit, SERVICE, path, body)
    if reply.is_problem:
        if reply.problem_name == _CODE_OVER:
            form = {**form, "sent": None}
            keep_form(visit, name, form)
        return _show(visit, kind, purpose, number, form, refusal=reply, status=reply.status)
    if purpose is FOLLOW:
        keep_form(visit, name, {_FOLLOWED: True})
        return visit.see_other(followed)
    purchase = dict(reply.document)
    is_known = form.get("purchase") == purchase  # perhaps the kept answer to an earlier press
    bought = {
        "mobile": form.get("mobile", ""),
        "purchase": purchase,
        "read_at": form["read_at"] if is_known else visit.now.isoformat(),
    }
    keep_form(visit, name, bought)
    return visit.see_other(_address(kind, purpose, number))


def _form_of(purpose: Purpose, number: str) -> str:
    return f"{purpose.name} {number}"


def _address(kind: OfferingKind, purpose: Purpose, number: str) -> str:
    return f"{kind.path}/{number}/{purpose.name}"


def _is_sale_over(visit: Visit, kind: OfferingKind, purpose: Purpose, number: str) -> bool:
    """Returns whether the booklet isn't sold any more, so that the page leads to an earlier purchase alone. While the
    service is away nobody knows, and the page offers both."""
    if purpose is not BOOKLET:
        return False
    try:
        reply = read_publicly(visit, SERVICE, f"{kind.service_path}/{number}")
    except ServiceAway:
        return False
    return not reply.is_problem and reply.document["status"] != OPEN


def _show(
    visit: Visit,
    kind: OfferingKind,
    purpose: Purpose,
    number: str,
    form: Mapping[str, Any],
    *,
    refusal: Reply | None = None,
    is_away: bool = False,
    status: int = 200,
) -> flask.Response:
    return render_step(
        visit,
        "offering_code.html",
        _address(kind, purpose, number),
        status=status,
        kind=kind,
        purpose=purpose,
        number=number,
        form={
            **dict.fromkeys(("mobile", *_BUYER), ""),
            **dict.fromkeys(("sent", "purchase", "read_at")),
            **form,
        },
        id_types=[(one, visit.text(f"tenders_id_{one}")) for one in ID_TYPES],
        is_sale_over=_is_sale_over(visit, kind, purpose, number),
        faults=faults_of_refusal(refusal, _INPUT_OF),
        is_away=is_away,
    )
