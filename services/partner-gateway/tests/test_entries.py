"""What partners enter: what is taken, what is published, who sees it, and what permits answered."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from entering import (
    CERTIFICATES,
    ENERGISATIONS,
    INSPECTIONS,
    INSULATION,
    INSULATION_ENTRIES,
    LIST_OF,
    POSTS,
    REVOCATIONS,
    SUPPLY,
    SUPPLY_ENTRIES,
    answer_event,
    body,
)
from prometheus_client import REGISTRY
from sqlalchemy import select, text

from chassis.core import contracts
from chassis.core.ids import new_id
from partner_gateway import chores, consumers
from partner_gateway.commands.entries import AnswerToNothing
from partner_gateway.models import FeedEvent, PartnerEntry
from saudi.days import legal_day

NAME = "سارة بنت علي (بيانات تجريبية)"
ALL = ["insulation", "supply"]


@pytest.fixture
def given(grant):
    """The company's grant."""
    return grant(entry_kinds=ALL)


@pytest.fixture
def permit(project, given):
    return project(permit_number="1448/77", municipality="central-qatif")


@pytest.fixture
def enter(client, employee, permit):
    """`enter(path, stage="roof", who={…})` → the answer; about `permit` unless `sent` says otherwise."""

    def enter(path=INSPECTIONS, *, sent=None, key=None, who=None, headers=None, **changes):
        head = {
            **employee(POSTS[path][0], **{"name": NAME, **(who or {})}),
            "Idempotency-Key": key or new_id(),
            **(headers or {}),
        }
        return client.post(path, json=sent or body(path, permit, **changes), headers=head)

    return enter


@pytest.fixture
def look(client, employee):
    """`look(path, **query)` → the answer, for a colleague who holds both scopes."""

    def look(path, *, who=None, **query):
        head = employee(INSULATION, SUPPLY, **{"sub": "p_colleague", **(who or {})})
        return client.get(path, params=query, headers=head)

    return look


@pytest.fixture
def answered(context, session):
    """`answered(entry_id, outcome="refused")`: as if the consumer had got it from permits."""

    def answered(entry_id, **answer):
        consumers.entry_answered(context, answer_event(entry_id, **answer))
        session.commit()

    return answered


def faults(answer):
    assert answer.status_code == 400, answer.text
    return {(one["field"], one["code"]) for one in answer.json()["errors"]}


def refusal(answer):
    problem = answer.json()
    return answer.status_code, problem["type"].rpartition("/")[2], problem.get("code")


def told_of(entry_id):
    """The feed's changes of an entry, beside those of its permit."""
    return select(FeedEvent).where(FeedEvent.subject == entry_id)


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
    assert data["entered_by"]["name"] == NAME


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


def test_of_two_permits_of_one_number_the_municipality_decides(enter, project, permit):
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
def test_what_breaks_the_contract_is_refused_before_it_is_taken(
    enter, outbox_rows, path, changes, fault
):
    assert fault in faults(enter(path, **changes))
    assert outbox_rows() == []


@pytest.mark.parametrize(
    ("path", "name"), [(INSPECTIONS, "inspected_on"), (ENERGISATIONS, "happened_on")]
)
def test_what_is_still_to_come_cannot_be_entered(enter, path, name):
    tomorrow = legal_day(datetime.now(UTC)) + timedelta(days=1)

    assert faults(enter(path, **{name: tomorrow.isoformat()})) == {(name, "future-date")}


def test_an_odd_u_value_is_taken_with_a_warning_in_the_callers_language(enter, outbox_rows):
    arabic = enter(u_value="15.0")
    english = enter(u_value="15.0", headers={"Accept-Language": "en"})

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
def test_what_the_grant_does_not_cover_is_refused(
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


def test_an_entry_waits_with_its_age_until_permits_answers(enter, look, answered):
    entry_id = enter().json()["entry_id"]
    before = look(f"{INSULATION_ENTRIES}/{entry_id}").json()

    answered(entry_id)
    after = look(f"{INSULATION_ENTRIES}/{entry_id}").json()

    assert (before["outcome"], before["answered_at"], before["effects"]) == ("pending", None, [])
    assert before["waiting_seconds"] >= 0
    assert before["outcome_title"]["ar"] == "بانتظار البلدية"
    assert (after["outcome"], after["waiting_seconds"], after["reason"]) == (
        "effective", None, None,
    )  # fmt: skip
    assert after["effects"]
    assert after["answered_at_hijri"] is not None
    assert before.keys() == after.keys()


def test_a_refused_entry_says_why_in_both_languages(enter, look, answered):
    entry_id = enter().json()["entry_id"]

    answered(entry_id, outcome="refused")

    entry = look(f"{INSULATION_ENTRIES}/{entry_id}").json()
    assert (entry["outcome"], entry["outcome_title"]["ar"]) == ("refused", "مرفوض")
    assert set(entry["reason"]) == {"code", "ar", "en"}


def test_an_entry_shows_who_entered_what(enter, look):
    sent = enter(who={"sub": "p_inspector"}).json()

    entry = look(f"{INSULATION_ENTRIES}/{sent['entry_id']}").json()

    assert entry["entered_by"] == {"subject": "p_inspector", "name": NAME}
    assert (entry["entry"]["stage"], entry["entry"]["inspected_on_hijri"]) == ("roof", "1448/06/14")
    assert entry["kind_title"] == {"ar": "معاينة عزل", "en": "Insulation inspection"}


def test_an_older_answer_that_comes_again_changes_nothing(enter, look, answered, session):
    entry_id = enter().json()["entry_id"]

    answered(entry_id, outcome="refused", sequence=2)
    answered(entry_id, outcome="effective", sequence=1)

    assert look(f"{INSULATION_ENTRIES}/{entry_id}").json()["outcome"] == "refused"
    assert len(session.scalars(told_of(entry_id)).all()) == 1


def test_an_answer_to_nothing_is_an_error_and_lies_aside(answered, permit):
    with pytest.raises(AnswerToNothing):
        answered(new_id())


def test_the_company_hears_of_the_answer_in_its_feed(enter, answered, session, permit):
    entry_id = enter().json()["entry_id"]

    answered(entry_id, outcome="refused")

    (change,) = session.scalars(told_of(entry_id)).all()
    data = change.document["data"]
    assert change.audiences == ["partner/sec"]
    assert (change.subject, change.path) == (entry_id, f"{INSULATION_ENTRIES}/{entry_id}")
    assert (data["outcome"], data["permit_id"]) == ("refused", permit["permit_id"])
    assert data["reason"]["ar"]


def test_a_foreign_entry_and_a_missing_one_are_the_same_bytes(enter, look, grant, answered):
    entry_id = enter().json()["entry_id"]
    grant(organisation="water", entry_kinds=ALL)

    other = {"organisation": "water"}
    foreign = look(f"{INSULATION_ENTRIES}/{entry_id}", who=other)
    missing = look(f"{INSULATION_ENTRIES}/{new_id()}", who=other)
    elsewhere = look(f"{SUPPLY_ENTRIES}/{entry_id}")

    assert {one.status_code for one in (foreign, missing, elsewhere)} == {404}
    assert foreign.content == missing.content == elsewhere.content
    assert look(INSULATION_ENTRIES, who=other).json()["items"] == []


def test_the_list_is_the_organisations_own_newest_first_page_by_page(enter, look):
    made = [enter(stage=stage).json()["entry_id"] for stage in ("walls", "roof", "windows")]
    enter(ENERGISATIONS)

    seen, cursor = [], None
    while True:
        page = look(INSULATION_ENTRIES, limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [one["entry_id"] for one in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break

    assert seen == made[::-1]


def test_the_list_is_narrowed_by_outcome_permit_and_day(enter, look, answered, project, permit):
    other = project(permit_number="1448/99", municipality="central-qatif")
    waiting = enter().json()["entry_id"]
    refused = enter(permit_number="1448/99").json()["entry_id"]
    answered(refused, outcome="refused")

    def found(**query):
        return [one["entry_id"] for one in look(INSULATION_ENTRIES, **query).json()["items"]]

    today = legal_day(datetime.now(UTC))
    assert found(outcome="pending") == [waiting]
    assert found(outcome="refused") == [refused]
    assert found(permit_id=other["permit_id"].upper()) == [refused]
    assert found(entered_from=today.isoformat()) == [refused, waiting]
    assert found(entered_to=today.isoformat()) == []


def test_an_entry_and_a_look_at_it_have_their_rows_in_the_record(enter, look, session, permit):
    entry_id = enter().json()["entry_id"]
    look(f"{INSULATION_ENTRIES}/{entry_id}")

    rows = session.execute(
        text(
            "SELECT operation, decision, query_kinds, filters, permit_ids::text[] AS ids"
            " FROM access_log ORDER BY at"
        )
    ).all()
    assert [tuple(row[:2]) for row in rows] == [
        ("enter_insulation_inspection", "allowed"),
        ("get_insulation_entry", "allowed"),
    ]
    assert rows[0].query_kinds == ["insulation-entry"]
    assert rows[0].filters == {
        "permit_number": "1448/77", "municipality": "central-qatif", "stage": "roof",
        "entry_id": entry_id,
    }  # fmt: skip
    assert rows[0].ids == rows[1].ids == [permit["permit_id"]]


def test_who_entered_and_what_was_seen_stands_in_no_column_in_the_clear(enter, session):
    enter(inspector="ناصر التجريبي", defects=["عيب سري"])

    kept = session.scalars(
        text(
            "SELECT to_jsonb(e)::text FROM partner_entry e"
            " UNION ALL SELECT to_jsonb(l)::text FROM access_log l"
            " UNION ALL SELECT to_jsonb(k)::text FROM idempotency_key k"
        )
    ).all()

    assert len(kept) == 3
    for secret in ("ناصر", "عيب سري", NAME):
        assert not any(secret in one for one in kept)


def test_of_the_owner_nothing_is_published_and_nothing_is_shown(
    enter, look, outbox_rows, permit, answered
):
    entry_id = enter().json()["entry_id"]
    answered(entry_id)

    told = json.dumps(outbox_rows()[0].envelope, ensure_ascii=False)
    told += look(f"{INSULATION_ENTRIES}/{entry_id}").text
    for owner in permit["owners"]:
        for value in (owner["name"], owner["id_number"], owner.get("mobile")):
            assert not value or value not in told


def test_the_oldest_entry_without_an_answer_is_measured(enter, answered, context, session):
    late = enter().json()["entry_id"]
    enter(ENERGISATIONS)
    session.execute(
        text(
            "UPDATE partner_entry SET entered_at = entered_at - interval '2 hours'"
            " WHERE entry_id = :id"
        ),
        {"id": late},
    )

    chores.watch_entries(context)
    before = measured()
    answered(late)
    chores.watch_entries(context)
    after = measured()

    assert before["age"] >= 3_600 > after["age"]
    assert (before["insulation"], after["insulation"], after["supply"]) == (1, 0, 1)


def measured():
    """What the gauges say: the oldest one's age, and how many wait in each area."""
    counts = {
        area: REGISTRY.get_sample_value("partner_entries_unanswered", {"area": area})
        for area in ALL
    }
    return {"age": REGISTRY.get_sample_value("partner_entry_oldest_unanswered_seconds"), **counts}


def test_every_operation_that_enters_says_which_kind_it_is():
    from partner_gateway.domain.entries import OPERATIONS

    paths = contracts.openapi("partner-gateway")["paths"]
    posted = {paths[path]["post"]["operationId"]: kind for path, (_, kind, _) in POSTS.items()}

    assert {name: kind for name, (_, kind) in OPERATIONS.items()} == posted
