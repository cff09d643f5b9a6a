"""Every operation of staff × everybody × whose thing it is: no wrong cell.

An operation without a row fails. A thing looks to an officer of another branch as if it weren't there. A caller
without the scope is refused before.
"""

from typing import Any

import pytest

from .over_http import OPERATIONS

OFFICERS = {
    "officer": {"organisation_kind": "affiliated_municipality", "municipality": "saihat"},
    "officer elsewhere": {"organisation_kind": "affiliated_municipality", "municipality": "tarout"},
    "governorate": {"organisation_kind": "municipality", "municipality": "qatif"},
    "officer of no municipality": {"municipality": None},
}
IN_REACH = {"officer", "governorate"}
ANY_SLOT = {"starts_at": "2026-12-02T06:15:00Z"}
# Operation → the body that it takes; the thing is one of Saihat's.
THINGS: dict[str, Any] = {
    "get_department": None,
    "set_plan": {"valid_from": "2090-01-01", "preview": True},
    "lift_closure": None,
    "get_appointment": None,
    "get_appointment_history": None,
    "reveal_person": {"reason": "الاتصال للتأكيد"},
    "confirm_appointment": None,
    "move_for_person": ANY_SLOT,
    "cancel_for_municipality": {"reason": "غياب الموظف"},
    "check_in": None,
    "call_person": {"counter": 1},
    "serve_person": None,
    "mark_no_show": None,
    "show_display": None,
}
LISTS = {
    *("list_departments", "list_appointments", "list_closures", "get_month_table"),
    *("add_department", "add_closure", "book_for_person"),
}
SECURED = {name for name, (_, _, one) in OPERATIONS.items() if one["security"]}


def test_every_operation_of_staff_has_a_row() -> None:
    assert set(THINGS) | LISTS == SECURED


@pytest.fixture
def things(session: Any, api: Any, booked: Any, open_department: Any) -> dict[str, str]:
    from appointments.models import Appointment

    booked()
    row = session.query(Appointment).one()
    closed = api.ask(
        "add_closure",
        {
            "municipality": "saihat",
            "department_id": open_department.department_id,
            "starts_at": "2090-01-01T05:00:00Z",
            "ends_at": "2090-01-01T06:00:00Z",
            "reason": {"ar": "صيانة", "en": "Maintenance"},
        },
    )
    return {
        "appointment_id": row.appointment_id,
        "department_id": open_department.department_id,
        "closure_id": closed["closure"]["closure_id"],
    }


@pytest.mark.parametrize("who", OFFICERS)
@pytest.mark.parametrize("name", THINGS)
def test_a_thing_answers_the_officers_of_its_branch_and_the_governorate_alone(
    api: Any, things: dict[str, str], name: str, who: str, open_department: Any, session: Any
) -> None:
    path = {one: value for one, value in things.items() if f"{{{one}}}" in OPERATIONS[name][1]}
    body = THINGS[name]
    if name == "set_plan":
        from appointments.sample import sample_plan

        body = {**body, "plan": sample_plan()}

    status = api.send(name, body, claims=OFFICERS[who], **path).status_code

    assert (status != 404) is (who in IN_REACH), status
    assert status < 500


@pytest.mark.parametrize("name", sorted(SECURED))
def test_nobody_is_let_in_without_the_scope(client: Any, token: Any, name: str) -> None:
    verb, path, _ = OPERATIONS[name]
    an_id = "0195ff10-4d00-7b22-9d3f-0000000000a1"
    url = path.format(appointment_id=an_id, department_id=an_id, closure_id=an_id)

    without = client.request(verb, url)
    other = client.request(verb, url, headers=token("reports.read"))

    assert (without.status_code, other.status_code) == (401, 403)


def test_lists_show_the_own_branch_only(api: Any, things: dict[str, str]) -> None:
    for who, claims in OFFICERS.items():
        rows = api.ask("list_appointments", claims=claims)["items"]
        departments = api.ask("list_departments", claims=claims)["items"]

        assert bool(rows) is bool(departments) is (who in IN_REACH)


def test_an_officer_adds_and_closes_nothing_of_another_branch(
    api: Any, things: dict[str, str]
) -> None:
    elsewhere = OFFICERS["officer elsewhere"]
    closure = {
        "municipality": "saihat",
        "starts_at": "2090-01-01T05:00:00Z",
        "ends_at": "2090-01-01T06:00:00Z",
        "reason": {"ar": "صيانة", "en": "Maintenance"},
    }

    added = api.refused(
        "add_department", {"municipality": "saihat", "code": "customer-service"}, claims=elsewhere
    )
    closed = api.refused("add_closure", closure, claims=elsewhere)
    listed = api.refused("list_closures", query={"municipality": "saihat"}, claims=elsewhere)

    assert (added[0], closed[0], listed[0]) == (400, 400, 404)


def test_an_officer_reads_a_masked_mobile_and_reveals_it_with_a_reason(
    api: Any, things: dict[str, str]
) -> None:
    which = {"appointment_id": things["appointment_id"]}

    shown = api.ask("get_appointment", **which)
    person = api.ask("reveal_person", {"reason": "الاتصال للتأكيد"}, **which)
    entries = api.ask("get_appointment_history", **which)["items"]

    assert shown["mobile"] == "+966******001"
    assert person["mobile"] == "+966500000001"
    assert (entries[-1]["action"], entries[-1]["note"]) == ("reveal", "الاتصال للتأكيد")


def test_the_display_shows_numbers_and_nothing_else(api: Any, things: dict[str, str]) -> None:
    shown = api.ask("show_display", department_id=things["department_id"])

    assert shown == {"called": [], "waiting": 0}
