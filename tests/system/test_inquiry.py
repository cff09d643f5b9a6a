"""The portal's inquiry in the running system: what a service publishes is asked about on the page."""

from typing import Any

import requests
from sqlalchemy import text

from chassis.core.states import state
from devstack.journeys.reports import ReportsJourney
from devstack.stories.reports import CALLER, OFFICER, OPERATOR, REPORT
from permits.sample import sample_id

from .conftest import until
from .page_visitor import Browser

# An inquirer has few tries an hour, so a test waits for the row and then asks once.
_STATUS = text(
    "SELECT state ->> 'status' AS status, version FROM inquiry_thing WHERE thing_id = :thing"
)
_DAMAGE = text("UPDATE inquiry_thing SET match_keys = '{}', state = NULL")


def ask(town: Any, kind: str, **typed: str) -> requests.Response:
    """Asks on the portal's page as a citizen without an account does."""
    browser = Browser(town.description["portal"]["url"])
    return browser.send(browser.get(f"/inquiry?kind={kind}"), "/inquiry", **typed)


def wait_for(town: Any, thing: str, status: str, *, version: int = 1) -> None:
    """Waits until the read model has a thing in a status, by an event of that version or a later one."""

    def arrived() -> bool:
        with town.databases["portal"].transaction() as session:
            row = session.execute(_STATUS, {"thing": thing}).one_or_none()
        return row is not None and row.status == status and row.version >= version

    until(arrived, seconds=10)


def shows(answer: requests.Response, kind: str, status: str) -> bool:
    return answer.ok and state(kind, status).next.ar in answer.text


def test_a_report_is_asked_about_from_its_filing_to_its_referral(town):
    journey = ReportsJourney(town.description)
    report = journey.file(OPERATOR, REPORT)
    typed = {"number": report["report_number"], "proof": CALLER}
    wait_for(town, report["report_id"], report["status"])
    assert shows(ask(town, "report", **typed), "report", report["status"])

    journey.advance(OFFICER, report, "refer", {"department": "cleaning"})

    wait_for(town, report["report_id"], "assigned")
    assert shows(ask(town, "report", **typed), "report", "assigned")
    assert (
        ask(town, "report", number=report["report_number"], proof="0500000009").status_code == 404
    )


def test_a_certificate_opens_to_the_corrected_owner_and_not_to_the_former(town):
    permit = town.issue(plan_number="713/9")
    path = f"/v1/permits/{permit['permit_id']}"
    opened = town.command(f"{path}/insulation-certificates", {})
    assert opened.ok, opened.text
    certificate = opened.json()["certificate_id"]
    wait_for(town, certificate, "pending")
    numbers = [one.get("id_number") for one in permit["owners"]]
    former = next(one for one in numbers if one)
    corrected = next(one for n in range(10) if (one := sample_id("1", n)) not in numbers)
    typed = {"number": permit["permit_number"], "municipality": permit["municipality"]}
    assert ask(town, "insulation_certificate", **typed, proof=former).ok
    shown = requests.get(
        town.url("permits") + path, headers=town.headers("qatif.officer", "permits"), timeout=10
    ).json()
    owners = {
        "version": shown["version"],
        "correct": [
            {"position": numbers.index(former), "id_number": corrected, "id_type": "national_id"}
        ],
    }

    amended = town.command(f"{path}/amend", {"reason": "حسب الهوية", "owners": owners})

    assert amended.ok, amended.text
    wait_for(town, certificate, "pending", version=2)
    assert ask(town, "insulation_certificate", **typed, proof=corrected).ok
    assert ask(town, "insulation_certificate", **typed, proof=former).status_code == 404


def issue_to_person(town):
    """Returns a permit with the number of an owner who is a person; some sample permits have establishments only."""
    permits = (town.issue(plan_number="713/7") for _ in range(20))
    return next(
        (permit, owner["id_number"])
        for permit in permits
        for owner in permit["owners"]
        if owner.get("id_number")
    )


def test_a_damaged_read_model_is_rebuilt_from_the_topics(town):
    permit, id_number = issue_to_person(town)
    typed = {
        "number": permit["permit_number"],
        "municipality": permit["municipality"],
        "proof": id_number,
    }
    wait_for(town, permit["permit_id"], "valid")
    assert shows(ask(town, "building_permit", **typed), "building_permit", "valid")
    with town.databases["portal"].transaction() as session:
        session.execute(_DAMAGE)
    assert ask(town, "building_permit", **typed).status_code == 404

    town.system.run("portal", "rebuild-inquiries")

    assert shows(ask(town, "building_permit", **typed), "building_permit", "valid")
