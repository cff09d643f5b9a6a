"""Entries of partners: accepted, published, refused."""

from datetime import UTC, datetime, timedelta

import pytest
from entering import (
    ALL,
    CERTIFICATES,
    ENERGISATIONS,
    INSPECTIONS,
    INSULATION,
    INSULATION_ENTRIES,
    LIST_OF,
    NAME,
    POSTS,
    REVOCATIONS,
    SUPPLY,
    body,
    faults,
    refusal,
)
from sqlalchemy import select

from chassis.core.ids import new_id
from partner_gateway.models import PartnerEntry
from saudi.days import legal_day


@pytest.mark.parametrize("path", POSTS)
def test_the_contracts_own_example_is_taken_and_published(enter, outbox_rows, permit, path):
    scope, kind, _ = POSTS[path]

    answer = enter(path)

    (row,) = outbox_rows()
    entry, data = answer.json(), row.envelope["data"]
    aggregate = {INSULATION: "insulation-inspection", SUPPLY: "supply"}[scope]
    assert answer.status_code == 202, answer.text
    assert (entry["kind"], entry["outcome"], entry["warnings"]) == (kind, "pending", [])
    assert answer.headers["location"] == entry["href"]
    assert entry["href"].endswith(f"{LIST_OF[scope]}/{entry['entry_id']}")
    assert row.type == f"sa.gov.qatif.partner-gateway.{aggregate}.entered.v1"
    assert (row.aggregate_id, row.version) == (entry["entry_id"], 1)
    assert (data["kind"], data["partner"], data["permit_id"]) == (kind, "sec", permit["permit_id"])
    assert (data["permit_number"], data["municipality"]) == ("1448/77", "central-qatif")
    assert data["entered_by"] == {"subject": "p_test"}
    assert NAME not in str(data)


def test_an_entry_says_what_was_seen_in_the_events_own_forms(enter, outbox_rows):
    enter(u_value="٠٫٣٥", inspected_on="1448/06/14", materials="  صوف صخري ")

    data = outbox_rows()[0].envelope["data"]
    assert (data["u_value"], data["inspected_on"]) == ("0.35", "2026-11-24")
    assert (data["materials"], data["certificate_number"], data["reason"]) == (
        "صوف صخري", None, None,
    )  # fmt: skip


def test_meters_come_in_ascii_digits(enter, outbox_rows):
    enter(ENERGISATIONS, meter_numbers=["١٠٠٠٤٥٦٧٨١", "1000 456 782"])

    data = outbox_rows()[0].envelope["data"]
    assert data["meter_numbers"] == ["1000456781", "1000456782"]
    assert (data["extent"], data["certificate_number"], data["units"]) == ("partial", None, None)


@pytest.mark.parametrize(
    "spelling", [{"permit_number": "١٤٤٨ / 77"}, {"permit_number": " 1448/77 "}]
)
def test_a_permit_is_found_in_any_spelling_of_its_number(enter, spelling):
    assert enter(**spelling).status_code == 202


def test_a_permit_is_found_by_its_id(enter, permit):
    sent = body(CERTIFICATES, permit_number=None, municipality=None)

    answer = enter(CERTIFICATES, sent={**sent, "permit_id": permit["permit_id"].upper()})

    assert answer.json()["permit_id"] == permit["permit_id"]


def test_the_municipality_decides_between_two_permits_of_one_number(enter, project, permit):
    other = project(permit_number="1448/77", municipality="saihat")

    assert enter(municipality="saihat").json()["permit_id"] == other["permit_id"]
    assert enter().json()["permit_id"] == permit["permit_id"]


@pytest.mark.parametrize(
    "names", [{"permit_number": "1448/78"}, {"municipality": "saihat"}, {"permit_number": "٠"}]
)
def test_a_permit_that_is_not_known_is_refused_and_nothing_is_kept(
    enter, outbox_rows, session, names
):
    answer = enter(**names)

    assert refusal(answer) == (422, "permit-unknown-here", None)
    assert "رمز البلدية" in answer.json()["detail"]
    assert outbox_rows() == []
    assert session.scalars(select(PartnerEntry)).all() == []


def test_two_permits_of_one_number_in_one_municipality_are_named_by_id(enter, project):
    project(permit_number="1448/77", municipality="central-qatif")

    assert refusal(enter()) == (422, "permit-unknown-here", "ambiguous")


@pytest.mark.parametrize(
    ("path", "changes", "fault"),
    [
        (INSPECTIONS, {"stage": "floor"}, ("stage", "enum")),
        (INSPECTIONS, {"stage": None}, ("stage", "required")),
        (INSPECTIONS, {"defects": None}, ("defects", "defects-of-a-failure")),
        (INSPECTIONS, {"result": "pass"}, ("defects", "defects-of-a-pass")),
        (INSPECTIONS, {"u_value": "جيد"}, ("u_value", "pattern")),
        (INSPECTIONS, {"u_value": 0.35}, ("u_value", "type")),
        (INSPECTIONS, {"inspected_on": "1448/02/31"}, ("inspected_on", "no-such-day")),
        (INSPECTIONS, {"defects": ["شق", ""]}, ("defects.1", "too-short")),
        (ENERGISATIONS, {"meter_numbers": ["9"]}, ("meter_numbers.0", "too-short")),
        (ENERGISATIONS, {"meter_numbers": ["1000456781", 9]}, ("meter_numbers.1", "type")),
        (INSPECTIONS, {"owner": "1000000008"}, ("owner", "unknown")),
        (INSPECTIONS, {"entered_by": "p_other"}, ("entered_by", "unknown")),
        (INSPECTIONS, {"municipality": None}, ("municipality", "required")),
        (REVOCATIONS, {"reason": None}, ("reason", "required")),
        *(
            (CERTIFICATES, {"certificate_number": number}, ("certificate_number", "pattern"))
            for number in (" . ", "-", "SEC/", "SEC//1", "SEC 1", "SEC/١", "حسن", "SEC/1\n", "<b>1")
        ),
        (CERTIFICATES, {"certificate_number": "1" * 41}, ("certificate_number", "too-long")),
        (REVOCATIONS, {"certificate_number": "SEC 1"}, ("certificate_number", "pattern")),
        (ENERGISATIONS, {"extent": None}, ("extent", "required")),
        (ENERGISATIONS, {"meter_numbers": []}, ("meter_numbers", "too-few")),
        (ENERGISATIONS, {"meter_numbers": ["2000456781"]}, ("meter_numbers.0", "meter-number")),
    ],
)  # fmt: skip
def test_an_entry_that_breaks_the_contract_is_refused(enter, outbox_rows, path, changes, fault):
    assert fault in faults(enter(path, **changes))
    assert outbox_rows() == []


@pytest.mark.parametrize(
    ("path", "name"), [(INSPECTIONS, "inspected_on"), (ENERGISATIONS, "happened_on")]
)
def test_a_day_in_the_future_cannot_be_entered(enter, path, name):
    tomorrow = legal_day(datetime.now(UTC)) + timedelta(days=1)

    assert faults(enter(path, **{name: tomorrow.isoformat()})) == {(name, "future-date")}


def test_an_odd_u_value_is_taken_with_a_warning_in_the_callers_language(enter, outbox_rows):
    arabic = enter(u_value="0.05")
    english = enter(u_value="0.05", headers={"Accept-Language": "en"})

    (warning,) = arabic.json()["warnings"]
    assert (arabic.status_code, warning["field"], warning["code"]) == (
        202, "u_value", "u-value-unusual",
    )  # fmt: skip
    assert "خارج المعتاد" in warning["detail"]
    assert "Unusual" in english.json()["warnings"][0]["detail"]
    assert len(outbox_rows()) == 2


def test_the_same_request_with_its_key_is_carried_out_once(enter, outbox_rows):
    first, again = enter(key="k-1"), enter(key="k-1")

    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json()
    assert len(outbox_rows()) == 1


def test_without_a_key_nothing_is_taken(client, employee, permit):
    answer = client.post(INSPECTIONS, json=body(INSPECTIONS, permit), headers=employee(INSULATION))

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": "withdrawn"}, "no-grant"),
        ({"entry_kinds": []}, "entry-kind-not-granted"),
        ({"entry_kinds": ["supply"]}, "entry-kind-not-granted"),
        ({"entry_kinds": ALL, "query_kinds": ["plan-number"]}, "query-kind-not-granted"),
    ],
)
def test_an_entry_that_the_grant_does_not_cover_is_refused(
    client, employee, project, grant, outbox_rows, changes, code
):
    permit = project(permit_number="1448/77")
    grant(**changes)

    answer = client.post(
        INSPECTIONS,
        json=body(INSPECTIONS, permit),
        headers={**employee(INSULATION), "Idempotency-Key": new_id()},
    )

    assert refusal(answer) == (403, "grant-refused", code)
    assert outbox_rows() == []


def test_a_withdrawn_grant_ends_entering_reading_and_the_answers_of_before(
    enter, look, grant, given
):
    entry_id = enter(key="k-1").json()["entry_id"]
    grant(grant_id=given["grant_id"], sequence=2, status="withdrawn")

    assert refusal(enter()) == (403, "grant-refused", "no-grant")
    assert refusal(enter(key="k-1")) == (403, "grant-refused", "no-grant")
    assert refusal(look(INSULATION_ENTRIES)) == (403, "grant-refused", "no-grant")
    assert refusal(look(f"{INSULATION_ENTRIES}/{entry_id}")) == (403, "grant-refused", "no-grant")


def test_known_and_unknown_permits_look_alike_to_who_may_not_ask_by_number(
    client, employee, project, grant
):
    permit = project(permit_number="1448/77")
    grant(entry_kinds=ALL, query_kinds=["plan-number"])
    answers = [
        client.post(
            INSPECTIONS,
            json=body(INSPECTIONS, permit, permit_number=number),
            headers={**employee(INSULATION), "Idempotency-Key": new_id()},
        )
        for number in ("1448/77", "1448/78")
    ]

    assert answers[0].content == answers[1].content
    assert answers[0].status_code == 403


@pytest.fixture
def two_a_day(settings):
    """The limit of entries about a permit, where a test can reach it; the service reads its settings after this."""
    before = settings.entries_per_permit
    object.__setattr__(settings, "entries_per_permit", 2)
    yield
    object.__setattr__(settings, "entries_per_permit", before)


def test_a_permit_takes_so_many_entries_of_a_kind_a_day_and_withdrawals_beside_them(
    two_a_day, enter, project, outbox_rows
):
    other = project(permit_number="1448/79", municipality="central-qatif")
    taken = [enter() for _ in range(2)]

    over = enter()

    assert [answer.status_code for answer in taken] == [202, 202]
    assert refusal(over) == (429, "too-many-requests", "entries")
    assert int(over.headers["retry-after"]) > 0
    assert len(outbox_rows()) == 2
    assert enter(REVOCATIONS).status_code == 202
    assert enter(sent=body(INSPECTIONS, other)).status_code == 202
