"""The guide for the electricity company, in both languages: each call is made as it stands there, and answered as it
says."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from building_events import certificate_event, release_event, request_event

from chassis.core import contracts
from partner_gateway import consumers
from partner_gateway.commands import feed_changes
from partner_gateway.feed import sequencer
from saudi.days import legal_day

ROOT = contracts.directory().parent
GUIDES = {
    language: (ROOT / f"docs/partner-guide.{language}.md").read_text("utf-8")
    for language in ("ar", "en")
}
CALL = re.compile(r"```http (?P<status>\d+) (?P<who>\w+)\n(?P<text>.*?)\n```", re.DOTALL)
ORDER = "0197dd30-4d00-7b22-9d3f-000000000021"
METER = "1000456781"  # ten digits that begin with 10 too, with a check digit that no person has
SCOPES = {
    "employee": ("building-permits.read", "building-permits.search", "gateway.status"),
    "system": ("building-permits.follow",),
    "integrator": ("webhooks.manage",),
    "inspector": ("insulation-inspections.write",),
    "connector": ("supply.write",),
    "auditor": ("access-log.read",),
}


def calls(guide):
    for found in CALL.finditer(guide):
        head, _, body = found["text"].partition("\n\n")
        line, *headers = head.split("\n")
        method, path = line.split(" ", 1)
        named = dict(one.split(": ", 1) for one in headers)
        yield int(found["status"]), found["who"], method, path, named, body


@pytest.fixture
def building(session, context, project, grant, database, example):
    """A permit with all that may be known of its building; answers its id."""
    grant(purposes=["meter-connection", "establishment-connection"])
    owner = {**example["owners"][0], "id_type": "unified_number", "id_number": "7000000005"}
    permit = project(owners=[*example["owners"], owner])
    consumers.certificate_changed(context, certificate_event(permit))
    consumers.release_changed(context, release_event(permit))
    consumers.request_changed(context, request_event("44120990"))
    session.commit()
    sequencer.step(database)
    tomorrow = legal_day(context.now) + timedelta(days=1)
    feed_changes.close_days(
        session, context.now + timedelta(days=2), today=tomorrow, now=context.now
    )
    session.commit()
    return permit["permit_id"]


@pytest.mark.parametrize("language", ["ar", "en"])
def test_every_call_of_the_guide_is_answered_as_it_says(client, employee, building, language):
    told = []
    day = legal_day(datetime.now(UTC)).isoformat()
    for status, who, method, path, headers, body in calls(GUIDES[language]):
        for name, value in (("{permit_id}", building), ("{day}", day), ("{order_id}", ORDER)):
            path, body = path.replace(name, value), body.replace(name, value)
        kind = {"Content-Type": "application/json"} if body else {}
        machine = {"client_kind": "machine", "sub": "sec-follower", "client_id": "sec-follower"}
        answer = client.request(
            method, quote(path, safe="/?&=%:"), content=body.encode() or None,
            headers={
                **employee(*SCOPES[who], **(machine if who == "system" else {})), **kind, **headers,
            },
        )  # fmt: skip
        told.append((method, path, answer.status_code, status))

    assert len(told) >= 20
    assert [one for one in told if one[2] != one[3]] == []


def test_both_languages_have_the_same_calls():
    assert list(calls(GUIDES["ar"])) == list(calls(GUIDES["en"]))


@pytest.mark.parametrize("language", ["ar", "en"])
def test_the_guide_names_the_scopes_and_no_number_of_a_living_person(language):
    guide = GUIDES[language]

    for scopes in SCOPES.values():
        assert any(f"`{scope}`" in guide for scope in scopes)
    assert set(re.findall(r"\b[12]\d{9}\b", guide)) == {"1000000008", METER}
