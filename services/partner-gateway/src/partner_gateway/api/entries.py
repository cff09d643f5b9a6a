"""Entries of a partner's named staff about buildings, on insulation and supply, and the municipality's answers."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from chassis.call import page_of
from chassis.core.refusals import Fault
from chassis.core.times import rfc3339
from chassis.http import texts
from partner_gateway.api.views import entry_view
from partner_gateway.api.visits import ENTRIES, check_may_enter, visit
from partner_gateway.commands import entries as commands
from partner_gateway.commands.entries import PATHS, Entered
from partner_gateway.context import Call
from partner_gateway.domain import entries
from partner_gateway.domain.entries import INSULATION, SUPPLY
from partner_gateway.domain.permit_queries import check_range
from partner_gateway.queries import partners
from partner_gateway.queries.partners import EntrySearch
from saudi.days import midnight

Body = dict[str, Any]
# Fields of an entry that the record keeps.
_ASKED = ("permit_id", "permit_number", "municipality", "stage")


def enter_insulation_inspection(call: Call, body: Body) -> Any:
    """POST: what was seen of a stage."""
    return _enter(call, body)


def enter_insulation_certificate(call: Call, body: Body) -> Any:
    """POST: the company's number."""
    return _enter(call, body)


def enter_insulation_revocation(call: Call, body: Body) -> Any:
    """POST: the certificate is withdrawn."""
    return _enter(call, body)


def enter_coordination_certificate(call: Call, body: Body) -> Any:
    """POST: that the building can be supplied."""
    return _enter(call, body)


def enter_energisation(call: Call, body: Body) -> Any:
    """POST: current was given."""
    return _enter(call, body)


def enter_disconnection(call: Call, body: Body) -> Any:
    """POST: current was cut."""
    return _enter(call, body)


def enter_reconnection(call: Call, body: Body) -> Any:
    """POST: current was given again."""
    return _enter(call, body)


def acknowledge_disconnection(call: Call, body: Body) -> Any:
    """POST: the municipality's order has arrived."""
    return _enter(call, body)


def find_insulation_entries(call: Call, limit: int, cursor: str | None = None, **asked: Any) -> Any:
    """GET: a page of the organisation's own, newest first."""
    return _find(call, INSULATION, limit, cursor, **asked)


def find_supply_entries(call: Call, limit: int, cursor: str | None = None, **asked: Any) -> Any:
    """GET: entries about supply, as those about insulation."""
    return _find(call, SUPPLY, limit, cursor, **asked)


def get_insulation_entry(call: Call, entry_id: str) -> Any:
    """GET: one entry. A missing one is recorded too."""
    return _get(call, INSULATION, entry_id)


def get_supply_entry(call: Call, entry_id: str) -> Any:
    """GET: entries about supply, as those about insulation."""
    return _get(call, SUPPLY, entry_id)


def _enter(call: Call, body: Body) -> Any:
    area, kind = entries.OPERATIONS[call.operation_id]
    asked = {name: body[name] for name in _ASKED if name in body}
    with _visit(call, area, **asked) as one:
        check_may_enter(call, area)
        caller = call.actor
        entered = commands.enter(call.work, call.settings, area=area, kind=kind, body=body)
        one.ids.append(entered.row.permit_id)
        one.note(entry_id=entered.row.entry_id)
        demand = call.resources.limits.of_entry(caller.organisation, entered.row.permit_id, kind)
        call.charge(demand)
    return _accepted_answer(call, entered)


def _find(
    call: Call,
    area: str,
    limit: int,
    cursor: str | None,
    entered_from: date | None = None,
    entered_to: date | None = None,
    **asked: str,
) -> Any:
    if "permit_id" in asked:
        asked["permit_id"] = asked["permit_id"].lower()
    search = EntrySearch(
        area=area,
        entered_from=midnight(entered_from) if entered_from else None,
        entered_to=midnight(entered_to) if entered_to else None,
        **asked,
    )
    with _visit(call, area, **vars(search)) as one:
        check_may_enter(call, area)
        check_range("entered", entered_from, entered_to)
        page = partners.find_entries(
            call.session, call.actor.organisation, search, page_of(call, limit, cursor)
        )
        one.ids += dict.fromkeys(row.permit_id for row in page.rows)
        one.count = len(page.rows)
    return {
        "items": [entry_view(row, call.now) for row in page.rows],
        "next_cursor": page.next_cursor,
    }


def _get(call: Call, area: str, entry_id: str) -> Any:
    with _visit(call, area, entry_id=entry_id) as one:
        check_may_enter(call, area)
        row = partners.find_entry(call.session, call.actor.organisation, area, entry_id.lower())
        one.ids.append(row.permit_id)
    return entry_view(row, call.now)


def _visit(call: Call, area: str, /, **asked: Any) -> Any:
    demands = call.resources.limits.demands(call.actor, by_civil_id=False)
    return visit(call, ENTRIES[area], *demands, **asked)


def _accepted_answer(call: Call, entered: Entered) -> tuple[Body, int, dict[str, str]]:
    row = entered.row
    address = f"{call.settings.public_url}{PATHS[row.area]}/{row.entry_id}"
    body = {
        "entry_id": row.entry_id,
        "kind": row.kind,
        "permit_id": row.permit_id,
        "outcome": row.outcome,
        "entered_at": rfc3339(call.now),
        "href": address,
        "warnings": [_warning(one, call.language) for one in entered.warnings],
    }
    return body, 202, {"Location": address}


def _warning(fault: Fault, language: str) -> Mapping[str, str]:
    detail = texts.fault_text(fault.code, fault.params, language)
    return {"field": fault.field, "code": fault.code, "detail": detail}
