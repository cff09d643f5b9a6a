"""The guide for municipalities: each call on its page is made as it stands there, and answered as it says."""

import re

import municipal
import pytest
from municipal import activity_event, faults, licence_event

from chassis.core import contracts
from partner_gateway import consumers

ROOT = contracts.directory().parent
GUIDE = (ROOT / "docs/partner-guide/municipalities.md").read_text("utf-8")
CALL = re.compile(r"```http (?P<status>\d+)\n(?P<text>.*?)\n```", re.DOTALL)
NUMBER = "144804000017"
SCOPES = (
    *("licences.submit", "licences.read", "licences.export"),
    *("events.read", "webhooks.manage"),
)


def calls():
    for found in CALL.finditer(GUIDE):
        head, _, body = found["text"].partition("\n\n")
        line, *headers = head.split("\n")
        method, path = line.split(" ", 1)
        yield int(found["status"]), method, path, dict(one.split(": ", 1) for one in headers), body


def test_every_call_of_the_guide_is_answered_as_it_says(client, clerk, project_licences):
    project_licences(activity_event("960111"), licence_event(NUMBER))
    told, application_id, cursor, webhook_id = [], "", "", ""
    for status, method, path, headers, body in calls():
        known = {"application_id": application_id, "webhook_id": webhook_id}
        path = path.format(licence_no=NUMBER, next_cursor=cursor, **known)
        kind = {"Content-Type": "application/json"} if body else {}
        answer = client.request(
            method, path, content=body.encode() or None,
            headers={**clerk(*SCOPES), **kind, **headers},
        )  # fmt: skip
        told.append((method, path, answer.status_code, status))
        if path == "/v1/licence-applications" and method == "POST":
            application_id = answer.json()["application_id"]
        if path == "/v1/webhooks":
            webhook_id = answer.json()["webhook"]["webhook_id"]
        if path.startswith("/v1/events"):
            cursor = answer.json()["next_cursor"]

    assert len(told) >= 10
    assert [one for one in told if one[2] != one[3]] == []


def test_the_guide_lists_the_towns_of_each_municipality():
    towns = {}
    for town in contracts.read("reference/places.yaml")["towns"]:
        towns.setdefault(town["municipality"], []).append(town["ar"])

    assert dict(re.findall(r"\| `([a-z-]+)` \| ([^|]+) \|", GUIDE)) == {
        code: "، ".join(names) for code, names in towns.items()
    }


@pytest.mark.parametrize(
    "happened",
    consumers.APPLICATION_EVENTS + consumers.LICENCE_EVENTS + consumers.BILL_EVENTS,
)
def test_the_guide_names_the_types_of_changes(happened):
    assert happened == "emptied" or f"`{happened}`" in GUIDE


@pytest.mark.parametrize("word", SCOPES)
def test_the_guide_names_the_scopes(word):
    assert f"`{word}`" in GUIDE


def test_one_answer_names_every_fault_that_the_guide_names(client, clerk, project_licences):
    """Faults of the form and of the tables stand in one answer, with the codes of the guide."""
    project_licences(activity_event("960111"))
    owner = {**municipal.BODY["owner"], "mobile": "12"}
    place = {**municipal.BODY["place"], "district": "حي لا يوجد"}
    elsewhere = {**place, "town": "صفوى"}
    second = {"code": "999999", "main": False}
    activities = [*municipal.BODY["activities"], second]
    sent = municipal.body(owner=owner, place=place, activities=activities, years=4, area_m2=900)
    head = {**clerk("licences.submit"), "Idempotency-Key": "faults"}

    found = faults(client.post("/v1/licence-applications", json=sent, headers=head))
    there = faults(
        client.post("/v1/licence-applications", json={**sent, "place": elsewhere}, headers=head)
    )

    assert {field for field, _ in found} >= {
        "owner.mobile", "place.district", "activities.1.code", "years", "area_m2"
    }  # fmt: skip
    assert {"place.town", "activities.1.code"} <= {field for field, _ in there}
    assert {field for field, _ in there}.isdisjoint({"years", "area_m2"})
    tables = {code for field, code in found | there if field != "owner.mobile"}
    assert {code for code in tables if f"`{code}`" not in GUIDE} == set()


def test_the_guide_names_whose_turn_it_may_be():
    listed = contracts.openapi("partner-gateway")["components"]["schemas"]["Awaited"]["enum"]

    assert [one for one in listed if f"`{one}`" not in GUIDE] == []
