"""The building of a permit as the electricity company sees it, and why a number has no answer."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event as Stop

import pytest
from building_events import certificate_event, release_event, request_event

from chassis.core.ids import new_id
from chassis.events.consumer import Consumer
from chassis.events.kafka import Record
from chassis.process import Process
from partner_gateway import consumers
from partner_gateway.commands import projections
from partner_gateway.models import BuildingFacts
from saudi.days import legal_day

PATH = "/v1/building-permits"
TODAY = legal_day(datetime.now(UTC))


class Broker:
    """Hands over what a test has published."""

    def __init__(self):
        self.records = []

    def poll(self, _milliseconds):
        found, self.records = self.records, []
        return found

    def assignment(self):
        return {(topic, 0) for topic in consumers.HANDLERS}

    def commit(self, _done):
        return True

    def positions(self):
        return {}


@pytest.fixture
def tell(service, settings, database):
    """`tell(certificate_event(…))`: the consumer takes them from the broker."""
    broker, process = Broker(), Process(service, settings, database)
    consumer = Consumer(service.name, database, broker, consumers.HANDLERS, process.context)

    def tell(*events):
        for one in events:
            sent = {**vars(one), "sequence": str(one.sequence), "time": one.time.isoformat()}
            record = Record(
                topic=".".join(one.type.split(".")[3:5]),
                key=one.subject,
                value=json.dumps(sent).encode(),
                partition=0,
                offset=0,
            )
            broker.records.append(record)
        assert consumer.step(Stop()) == len(events)

    return tell


@pytest.fixture
def ask(client, employee, grant):
    """`ask(plan_number="1")` → the items of the page."""
    grant()

    def ask(**params):
        answer = client.get(PATH, params=params, headers=employee())
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    return ask


def test_a_permit_shows_the_insulation_of_its_building_whichever_came_first(ask, project, tell):
    first = project(plan_number="1")
    inspected = certificate_event(first)
    tell(inspected)
    building = first["permit_id"]
    early = certificate_event({**first, "permit_id": new_id(), "building_id": building})
    tell(early)
    renewed = project(
        plan_number="1", building_id=building, previous_permit_id=building,
        predecessor={"permit_id": building, "permit_number": first["permit_number"]},
    )  # fmt: skip

    shown = {item["permit_id"]: item for item in ask(plan_number="1")}

    newest = early.data["certificate_id"]
    assert {one["insulation"]["certificate_id"] for one in shown.values()} == {newest}
    [stage, *_] = shown[renewed["permit_id"]]["insulation"]["stages"]
    assert stage["title"]["ar"] in {"الجدران", "السقف", "النوافذ"}
    assert stage["inspected_on"]
    assert shown[renewed["permit_id"]]["predecessor"]["permit_id"] == building


def test_a_permit_without_anything_of_its_building_has_empty_blocks(ask, project):
    project(plan_number="1")

    [item] = ask(plan_number="1")

    blocks = ("insulation", "completion_refused", "occupancy", "release", "successor")
    assert [item[name] for name in blocks] == [None] * len(blocks)


def test_an_older_state_of_a_certificate_changes_nothing(ask, project, tell):
    permit = project(plan_number="1")
    newer = certificate_event(permit, sequence=4, happened="revoked", reason="بيانات تجريبية")
    tell(newer, certificate_event(permit, sequence=3, certificate_id=newer.data["certificate_id"]))

    [item] = ask(plan_number="1")

    assert item["insulation"]["status"] == "revoked"
    assert item["insulation"]["reason"] == "بيانات تجريبية"


def test_occupancy_and_release_are_shown_with_their_words(ask, project, tell):
    permit = project(plan_number="1")
    past = str(TODAY - timedelta(days=1))
    occupancy = certificate_event(permit, kind="occupancy", happened="issued", valid_until=past)
    tell(occupancy, release_event(permit))

    [item] = ask(plan_number="1")

    assert item["occupancy"]["status_title"] == {"ar": "منتهية", "en": "Expired"}
    assert item["occupancy"]["kind_title"]["ar"] in {"نهائية", "مؤقتة"}
    assert item["release"]["status_title"]["ar"]
    assert not {"contacts", "inquiry"} & (item["release"].keys() | item["occupancy"].keys())


def test_titles_of_status_and_kind_stand_beside_the_codes(ask, project):
    project(plan_number="1", kind="renewal", status="suspended")

    [item] = ask(plan_number="1")

    assert item["status_title"] == {"ar": "موقوفة", "en": "Suspended"}
    assert item["kind_title"] == {"ar": "تجديد", "en": "Renewal"}


def test_plot_municipality_and_baladys_number_find_a_permit(ask, project):
    wanted = project(
        plan_number="9", plots=["٢١٥ أ", "216"], municipality="safwa", request_number="4411"
    )
    project(plan_number="9", plots=["216"], municipality="saihat", request_number="4412")

    def ids(**params):
        return {item["permit_id"] for item in ask(**params)}

    only = {wanted["permit_id"]}
    assert ids(plan_number="9", plot="215 أ") == only
    assert ids(plan_number="9", municipality="safwa") == only
    assert ids(request_number="٤٤١١") == only
    assert ids(plan_number="9", plot="216", municipality="safwa", status="سارية") == only
    assert len(ids(plan_number="9", plot="216")) == 2
    assert ids(plan_number="9", plot="217") == set()


def test_permits_without_a_plan_are_found_by_the_words(ask, project):
    project(plan_number="1")
    without = {project(plan_number=words)["permit_id"] for words in (None, "بدون مخطط")}

    items = ask(plan_number="بدون مخطط")

    assert {item["permit_id"] for item in items} == without
    assert [item["plan_number"] for item in items] == [None, None]


@pytest.mark.parametrize(
    ("field", "number", "id_type", "purpose"),
    [
        ("unified_number", "7000000005", "unified_number", "establishment-connection"),
        ("border_number", "3000000001", "border_number", "meter-connection"),
    ],
)
def test_owners_that_are_no_citizens_are_found_for_a_purpose_of_their_own(
    client, employee, grant, project, example, field, number, id_type, purpose
):
    grant(purposes=["meter-connection", "establishment-connection"])
    owner = {**example["owners"][0], "id_type": id_type, "id_number": number}
    permit = project(owners=[owner])
    body = {field: number, "purpose": purpose, "case_reference": "C-1"}

    def search(**changes):
        return client.post(
            "/v1/building-permit-searches", json={**body, **changes}, headers=employee()
        )

    found = search()
    other = {"meter-connection", "establishment-connection"} - {purpose}
    refused = search(purpose=other.pop())

    assert [item["permit_id"] for item in found.json()["items"]] == [permit["permit_id"]]
    assert (refused.status_code, refused.json()["code"]) == (403, "purpose-not-granted")
    assert f"({purpose})" in refused.json()["detail"]
    assert number not in found.text


def test_a_word_that_is_no_status_is_refused_with_the_list(client, employee, grant):
    grant()

    answer = client.get(PATH, params={"plan_number": "1", "status": "جارية"}, headers=employee())

    [error] = answer.json()["errors"]
    assert (answer.status_code, error["field"], error["code"]) == (400, "status", "enum")
    assert "سارية" in error["detail"]


@pytest.mark.parametrize(
    ("happened", "status", "reason"),
    [
        ("submitted", "draft", "draft"),
        ("forwarded", "technical_review", "under-review"),
        ("rejected", "rejected", "ended"),
        (None, None, "unknown"),
    ],
)
@pytest.mark.parametrize("field", ["permit_number", "request_number"])
def test_a_number_without_an_answer_says_why(
    client, employee, grant, tell, field, happened, status, reason
):
    grant()
    if happened:
        tell(request_event("44120990", happened=happened, status=status))

    page = client.get(PATH, params={field: "٤٤١٢٠٩٩٠"}, headers=employee()).json()

    assert page["items"] == []
    assert page["absence"]["reason"] == reason
    assert page["absence"]["title"]["ar"]
    assert not happened or page["absence"]["request"]["status_title"]["ar"]
    assert (page["absence"]["request"] is not None) == (happened is not None)


def test_a_number_that_the_other_filters_leave_out_is_told_apart(client, employee, grant, project):
    grant()
    permit = project(permit_number="1448/77", kind="new")

    def asked(**params):
        params = {"permit_number": permit["permit_number"], **params}
        return client.get(PATH, params=params, headers=employee()).json()["absence"]

    assert asked(kind="fence")["reason"] == "left-out"
    assert asked() is None


def test_without_the_field_in_the_grant_nothing_is_said_of_a_missing_number(
    client, employee, grant, tell, all_fields
):
    grant(fields=[name for name in all_fields if name != "absence"])
    tell(request_event("44120990"))

    page = client.get(PATH, params={"request_number": "44120990"}, headers=employee()).json()

    assert (page["items"], page["absence"]) == ([], None)


def test_the_grant_lists_the_purposes_that_may_be_named(client, employee, grant):
    grant(purposes=["meter-connection", "establishment-connection", "a-new-one"])

    terms = client.get("/v1/grant", headers=employee()).json()

    assert {one["purpose"]: one["searches"] for one in terms["purposes"]} == {
        "a-new-one": ["civil-id", "border-number"],
        "establishment-connection": ["unified-number"],
        "meter-connection": ["civil-id", "border-number"],
    }
    assert terms["purposes"][2]["title"]["ar"] == "إيصال عداد"


def test_the_grant_says_what_may_be_entered(client, employee, grant):
    grant(entry_kinds=["supply", "insulation"])

    assert client.get("/v1/grant", headers=employee()).json()["entry_kinds"] == [
        "insulation",
        "supply",
    ]


def test_without_a_grant_in_force_there_is_nothing_to_list(client, employee):
    answer = client.get("/v1/grant", headers=employee())

    assert (answer.status_code, answer.json()["code"]) == (403, "no-grant")


def test_a_certificate_and_a_release_that_arrive_together_are_both_shown(real_database):
    """Two partitions, two transactions: the one that commits last has seen the other."""
    permit = {"permit_id": new_id(), "permit_number": "1448/1", "municipality": "safwa"}
    written = threading.Barrier(2)

    def keep(row, write):
        with real_database.transaction() as session:
            written.wait(10)
            write(session, [row])

    certificate = projections.certificate_row(certificate_event(permit))
    release = projections.release_row(release_event(permit))
    with ThreadPoolExecutor(2) as pool:
        for one in [
            pool.submit(keep, certificate, projections.keep_certificates),
            pool.submit(keep, release, projections.keep_releases),
        ]:
            one.result()

    with real_database.transaction() as session:
        facts = session.get_one(BuildingFacts, permit["permit_id"])
        assert '"insulation":null' not in facts.document
        assert '"release":null' not in facts.document


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("full", ["approved"])),
        ({"status": "completed"}, ("full", ["approved"])),
        ({"status": "suspended"}, ("none", ["permit-suspended"])),
        ({"status": "cancelled"}, ("none", ["permit-cancelled"])),
        ({"status": "renewed"}, ("none", ["permit-replaced"])),
        ({"issued_on": "2020-01-01", "expires_on": "2023-01-01"}, ("none", ["permit-expired"])),
    ],
)
def test_an_employee_reads_whether_current_may_be_given_and_why(
    ask, project, tell, changes, expected
):
    permit = project(plan_number="1", **changes)
    approval = {
        "extent": "full", "approved_on": "2026-11-20",
        "occupancy_certificate_id": None, "insulation_certificate_id": None,
    }  # fmt: skip
    tell(
        release_event(
            permit, happened="approved", disconnection=None, flagged=False, approval=approval
        )
    )

    [item] = ask(plan_number="1")

    verdict = item["connection"]
    assert (verdict["extent"], [one["code"] for one in verdict["reasons"]]) == expected
    assert verdict["title"]["ar"]
