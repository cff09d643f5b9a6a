"""Rules of what a partner's machine is told, without a database: field by field on events of `permits`."""

import json

import pytest
from building_events import example

from chassis.core import contracts
from partner_gateway.domain import following

PERMITS = ("permit.issued", "permit.suspended", "permit.cancelled", "permit.completed")
CERTIFICATES = (
    "certificate.inspected",
    "certificate.revoked",
    "certificate.flagged",
    "certificate.unflagged",
    "certificate.requested",
)
RELEASES = ("release.submitted", "release.disconnected", "release.energised")
# What says something of a person, or may: names, numbers, free text.
NEVER = {
    *("owners", "owner", "name", "id_number", "id_masked", "mobile", "contacts", "inquiry"),
    *("deed", "reason", "defects", "engineering_office", "inspector", "use", "body", "note"),
    *("meter_place", "materials", "description", "building", "street", "latitude", "longitude"),
    *("transaction_number", "site_inspection", "inspection"),
}


def told(name):
    kind = name.partition(".")[0]
    of = {
        "permit": following.of_permit,
        "certificate": following.of_certificate,
        "release": following.of_release,
    }
    return of[kind](example(name))


def names_in(value):
    if isinstance(value, dict):
        return set(value) | {name for part in value.values() for name in names_in(part)}
    if isinstance(value, list):
        return {name for part in value for name in names_in(part)}
    return set()


@pytest.mark.parametrize("name", [*PERMITS, *CERTIFICATES, *RELEASES])
def test_no_field_that_says_something_of_a_person_is_told(name):
    assert names_in(told(name)) & NEVER == set()


@pytest.mark.parametrize("name", [*PERMITS, *CERTIFICATES, *RELEASES])
def test_no_text_that_somebody_typed_is_told(name):
    """The only Arabic texts of the state are those of places."""
    state = example(name)
    places = {state.get("land", {}).get(name) for name in ("town", "district", "plan_number")}

    def texts(value):
        if isinstance(value, dict):
            return {text for part in value.values() for text in texts(part)}
        if isinstance(value, list):
            return {text for part in value for text in texts(part)}
        return (
            {value}
            if isinstance(value, str) and any("\u0621" <= c <= "\u064a" for c in value)
            else set()
        )

    assert texts(told(name)) - places == set()


@pytest.mark.parametrize("name", [*PERMITS, *CERTIFICATES, *RELEASES])
def test_a_change_names_its_permit_and_is_described_by_the_contract(name):
    schemas = contracts.openapi("partner-gateway")["components"]["schemas"]

    data = told(name)

    assert data["permit_id"]
    assert data["permit_number"]
    assert set(data) <= set(schemas["FollowedChange"]["properties"])
    assert set(data) <= following.FIELDS | set(following.ALWAYS)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("certificate.inspected", "insulation"),
        ("certificate.flagged", "completion"),
        ("certificate.requested", "occupancy"),
        ("release.energised", "release"),
    ],
)
def test_a_part_stands_under_the_name_that_a_grant_has_for_it(name, part):
    assert part in told(name)
    assert part in following.FIELDS


def test_an_insulation_says_what_was_found_of_each_stage():
    [first, *_] = told("certificate.inspected")["insulation"]["stages"]

    assert set(first) == {"stage", "result", "inspected_on", "u_value", "by", "warnings"}


@pytest.mark.parametrize(("left_out", "name"), [((), "order_id"), (("order_id",), "release_id")])
def test_an_order_to_disconnect_is_told_with_the_id_that_an_entry_names(left_out, name):
    state = example("release.disconnected")
    ids = {"order_id": state["disconnection"]["order_id"], "release_id": state["release_id"]}
    order = {key: value for key, value in state["disconnection"].items() if key not in left_out}

    told_of = following.of_release({**state, "disconnection": order})

    assert told_of["release"]["disconnection"]["order_id"] == ids[name]


def test_a_change_within_a_grant_has_its_fields_and_no_others():
    data = {**told("permit.completed"), "correction": True}

    shown = following.granted(data, {"status", "plots"})

    always = {"permit_id", "permit_number", "correction", "origin", "verified"}
    assert set(shown) == {*always, "status", "plots"}


def test_an_event_of_before_there_were_buildings_is_told_too():
    state = example("permit.issued")
    for name in ("building_id", "predecessor", "successor", "occupancy"):
        state.pop(name, None)

    assert json.dumps(following.of_permit(state))
