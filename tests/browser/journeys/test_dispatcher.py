"""A dispatcher of the electricity company finds a permit by each of the four queries, and reads whether current may be
given; in English."""

from typing import Any

from devstack.journeys.visitor import MARK
from devstack.stories.building import BuildingStory, application_of

from .person import Person, await_condition

TASK = "Look up permits before current is given"
BUILDING = 85


def search(dispatcher: Person, *fields: tuple[str, str]) -> None:
    dispatcher.open("/sec/permits")
    for label, text in fields:
        dispatcher.fill(label, text)
    dispatcher.press("Search")


def test_a_dispatcher_finds_a_permit_by_each_query_and_reads_the_verdict(
    town: Any, at_browser: Any
) -> None:
    application = application_of(BUILDING)
    permit = BuildingStory(town.description).issue_permit(BUILDING, application)
    number, plot = permit["permit_number"], application["land"]["plots"][0]
    owner = application["owners"][0]["id_number"]
    dispatcher = at_browser("sec.dispatcher", language="en")
    dispatcher.sign_in("sec", TASK)

    def find_by_number() -> bool:
        search(dispatcher, ("Permit number", number))
        return "Permits, newest first" in dispatcher.read()

    await_condition(find_by_number, dispatcher.read)
    assert number in dispatcher.read()

    search(dispatcher, ("Plan number", "٧١٣ / ٧"), ("Plot", plot))
    assert number in dispatcher.read()

    search(dispatcher, ("From", permit["issued_on"]))
    assert number in dispatcher.read()

    dispatcher.open("/sec/permits")
    dispatcher.fill("The owner's number", owner)
    dispatcher.choose("Purpose", "Connecting a meter")
    dispatcher.fill("Your case number", "SEC-2026-77")
    dispatcher.press("Search")
    assert number in dispatcher.read()
    assert owner not in dispatcher.address

    dispatcher.press(number)
    assert "No current may be given" in dispatcher.read()
    assert MARK in dispatcher.read()
    assert owner not in dispatcher.read()
    query = (
        "SELECT query_kinds, decision, case_reference FROM access_log"
        " WHERE case_reference = 'SEC-2026-77'"
    )
    recorded = town.row("partner-gateway", query)
    assert ("civil-id" in recorded.query_kinds, recorded.decision) == (True, "allowed")
