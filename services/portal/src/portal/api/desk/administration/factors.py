"""A person's second factors as an administrator sees them, the enrolment code, and the policy of an organisation."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import flask
from markupsafe import Markup

from chassis.core import contracts
from pages.marks import arabic, code, moment, sentence
from pages.site import Visit
from portal.api.asking import answer_or_problem, ask
from portal.api.desk.administration import views
from portal.api.desk.journal import JournalEntry
from portal.domain.administration import offered_factor_actions
from portal.outside.services import ServiceAway, TokenRefused

Document = Mapping[str, Any]
# How many people without a factor stand beside the policy; the list behind the link has all of them.
_NAMED = 20


def factors_of(visit: Visit, path: str) -> Document | None:
    """Returns the factors of a person; None while they can't be had. Raises TokenRefused."""
    try:
        reply = ask(visit, f"{path}/factors")
    except ServiceAway:
        return None
    return None if reply.is_problem else reply.document


def show_factors(
    visit: Visit, person: Document, factors: Document, history: Sequence[JournalEntry]
) -> Mapping[str, Any]:
    """Returns what the person's page says about the factors: rows, the open code, the open request, the actions."""
    reset, own_id = factors["reset"], visit.known.caller.subject
    ends, left = factors["enrolment_code_expires_at"], factors["recovery_codes_left"]
    text = visit.text
    return {
        "rows": [_factor_cells(visit, one) for one in factors["items"]],
        "facts": [
            (text("register_recovery_codes"), code(left) if factors["items"] else None),
            (text("register_code_open_until"), moment(ends, visit.language) if ends else None),
        ],
        "reset": _reset_facts(visit, reset, history) if reset else None,
        "is_own": person["person_id"] == own_id,
        "is_own_request": reset is not None and reset["requested_by"] == own_id,
        "actions": offered_factor_actions(
            person, factors, visit.known.scopes, administrator=own_id
        ),
    }


def _factor_cells(visit: Visit, factor: Document) -> tuple[Any, ...]:
    """Returns kind, beginning and last use of a factor. A kind that the texts don't know stands as its code."""
    used = factor["last_used_at"]
    return (
        visit.words_of("register_factor_kind", factor["kind"]),
        moment(factor["created_at"], visit.language),
        moment(used, visit.language) if used else visit.text("register_factor_unused"),
    )


def _reset_facts(
    visit: Visit, reset: Document, history: Sequence[JournalEntry]
) -> list[tuple[str, Any]]:
    """Returns the open request for a reset as rows of words and value. The history knows the administrator's name."""
    by = reset["requested_by"]
    name = next((one.name for one in history if one.actor == by and one.name), None)
    return [
        (visit.text("register_reset_by"), arabic(name) if name else code(by)),
        (visit.text("register_reset_at"), moment(reset["requested_at"], visit.language)),
        (visit.text("register_reason"), sentence(reset["reason"])),
        (visit.text("register_reset_until"), moment(reset["expires_at"], visit.language)),
    ]


def show_code(visit: Visit, page: str, made: Document) -> flask.Response:
    """Shows an enrolment code once, to print or to copy. `page` is the person's."""
    return visit.render(
        "register_enrolment_code.html",
        back=page,
        holder=_person_if_there(visit, page),
        enrolment_code=made["code"],
        ends=moment(made["expires_at"], visit.language),
    )


def _person_if_there(visit: Visit, page: str) -> Document | None:
    """Returns the person whom the code is for. The code is shown without the name rather than lost."""
    try:
        reply = ask(visit, f"/v1/people/{page.rpartition('/')[2]}")
    except (ServiceAway, TokenRefused):
        return None
    return None if reply.is_problem else reply.document


def policies(visit: Visit) -> views.Choices:
    """Returns the policies of the second factor, as the contract lists them."""
    schemas = contracts.openapi("identity")["components"]["schemas"]
    codes = schemas["SecondFactorPolicy"]["enum"]
    return [(one, visit.words_of("register_second_factor", one)) for one in codes]


def people_without_factor(visit: Visit, organisation: str) -> tuple[str, Any]:
    """Returns the people whom a demand would keep out until they enrol, as a row of words and value. Raises Problem and
    TokenRefused."""
    query = {"organisation": organisation, "has_second_factor": "false", "limit": _NAMED}
    page = answer_or_problem(visit, "/v1/people", query)
    ending = urlencode({"organisation": organisation, "factor": "none"})
    link = Markup('<br><a href="{}">{}</a>').format(
        f"{visit.known.area.path}/administration/people?{ending}",
        visit.text("register_without_factor_all"),
    )
    names = views.listed((arabic(one["display_name"]) for one in page["items"]), visit)
    shown = (names + link) if names else visit.text("register_without_factor_nobody")
    return visit.text("register_without_factor"), shown
