"""The tables of a version of the rules, row by row, and the form for a fee's new amount from a day on."""

from collections.abc import Mapping
from typing import Any

import flask

from chassis.http.problems import Problem
from pages import marks
from pages.site import Visit
from portal.api.asking import answer_or_problem, post
from portal.api.desk.licences.rules import path_of
from portal.api.entry_forms import EntryForm, Surroundings, show_form, submit_form
from portal.api.listing import done_of
from portal.domain.entry_form import EntryField, body_of
from portal.domain.licence_rules import RULES
from saudi.money import grouped_riyals

_DAY = 20
_FIELDS = (
    EntryField("version", "code", 8),
    EntryField("effective_from", "day", _DAY),
    EntryField("amount", "code", 20),
    EntryField("since", "day", _DAY),
    EntryField("until", "day", _DAY),
)
_FEE, _PROPOSED = "fee", "proposed"


def show_tables(visit: Visit, name: str) -> flask.Response:
    """GET /desk/licences/rules/{name}/tables: fees with their days and activities; what differs from the version before
    is marked."""
    version = answer_or_problem(visit, path_of(name))
    document = answer_or_problem(visit, f"{path_of(name)}/document")
    return visit.render(
        "desk_rule_tables.html",
        version=version,
        fees=[{**one, "amount": grouped_riyals(one["halalas"])} for one in document["fees"]],
        activities=document["activities"],
        changed={(one["part"], one["code"]) for one in version["differences"]},
        address=f"{RULES}/{name}",
        done=done_of(visit, (_FEE,)),
    )


def show_fee(visit: Visit, name: str, code: str) -> flask.Response:
    """GET /desk/licences/rules/{name}/fees/{code}."""
    return show_form(visit, _fee_form(visit, name, code))


def submit_fee(visit: Visit, name: str, code: str) -> flask.Response:
    """POST /desk/licences/rules/{name}/fees/{code}: proposes the version with the new row, or adds the row to the
    person's own proposal."""
    return submit_form(visit, _fee_form(visit, name, code))


def _fee_form(visit: Visit, name: str, code: str) -> EntryForm:
    def look() -> Surroundings:
        version = answer_or_problem(visit, path_of(name))
        document = answer_or_problem(visit, f"{path_of(name)}/document")
        fee = _newest_row(document["fees"], code)
        return Surroundings(
            facts=[
                (visit.text("rules_version"), marks.code(name)),
                (visit.text("rules_row"), f"{fee[visit.language]} ({_classes_of(visit, fee)})"),
                (visit.text("rules_amount"), marks.code(grouped_riyals(fee["halalas"]))),
                (visit.text("rules_since"), marks.day(fee["since"], visit.language)),
            ],
            blank=_proposal_of(version),
        )

    return EntryForm(
        name="rule_fee",
        address=f"{RULES}/{name}/fees/{code}",
        back=f"{RULES}/{name}/tables",
        fields=_FIELDS,
        look=look,
        send=lambda typed: post(
            visit,
            f"{path_of(name)}/fees",
            {**body_of(_FIELDS, typed), "code": code},
            once=typed["key"],
        ),
        target=lambda made: f"{RULES}/{made['name']}/tables?done={_FEE}",
    )


def _newest_row(fees: list[Mapping[str, Any]], code: str) -> Mapping[str, Any]:
    """Returns the row of a fee that begins last. Raises Problem for a fee that the version doesn't have."""
    rows = [one for one in fees if one["code"] == code]
    if not rows:
        raise Problem("not-found")
    return max(rows, key=lambda one: str(one["since"]))


def _classes_of(visit: Visit, fee: Mapping[str, Any]) -> str:
    words = [visit.words_of("rules_fee_classes", one) for one in fee.get("fee_classes", ())]
    return f"{visit.text('comma')} ".join(words) or str(fee["code"])


def _proposal_of(version: Mapping[str, Any]) -> Mapping[str, str]:
    """Returns what the form begins with: a proposal takes further rows under its own name."""
    if version["status"] != _PROPOSED:
        return {}
    first_day = version["effective_from"].replace("-", "/")
    return {"version": version["name"], "effective_from": first_day, "since": first_day}
