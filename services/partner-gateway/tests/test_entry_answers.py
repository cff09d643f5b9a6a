"""Answers to entries: who sees them, and what the record and the rows keep."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from entering import (
    ALL,
    COORDINATIONS,
    ENERGISATIONS,
    INSPECTIONS,
    INSULATION_ENTRIES,
    NAME,
    POSTS,
    SUPPLY_ENTRIES,
)
from prometheus_client import REGISTRY
from sqlalchemy import select, text

from chassis.core import contracts
from chassis.core.ids import new_id
from chassis.core.times import rfc3339
from partner_gateway import chores
from partner_gateway.commands.entries import AnswerToNothing
from partner_gateway.models import FeedEvent
from saudi.days import legal_day


def told_of(entry_id):
    """The feed's changes of an entry, beside those of its permit."""
    return select(FeedEvent).where(FeedEvent.subject == entry_id)


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
    swapped = look(INSULATION_ENTRIES, entered_from="1448/06/14", entered_to="1448/06/01")
    assert swapped.json()["errors"][0]["code"] == "empty-range"


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


def test_no_column_holds_the_employee_or_the_finding_in_the_clear(enter, session):
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


def test_nothing_of_the_owner_is_published_or_shown(enter, look, outbox_rows, permit, answered):
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


def test_names_and_typed_texts_of_an_old_entry_are_emptied_and_what_it_proves_stays(
    enter, look, answered, session, context
):
    said = {"result": "fail", "defects": ["العزل مقطوع"], "materials": "صوف صخري"}
    old = enter(INSPECTIONS, **said).json()["entry_id"]
    waiting = enter(COORDINATIONS).json()["entry_id"]
    answered(old)
    before = look(f"{INSULATION_ENTRIES}/{old}").json()
    later = context.now + timedelta(days=1826)

    chores.empty_entries(replace(context, now=later))
    chores.empty_entries(replace(context, now=later))

    item = look(f"{INSULATION_ENTRIES}/{old}").json()
    assert item["entered_by"]["name"] is None
    assert item["entered_by"]["subject"] == before["entered_by"]["subject"]
    typed = ("inspector", "materials", "defects")
    assert [item["entry"][name] for name in typed] == [None, None, []]
    kept = ("stage", "result", "inspected_on", "u_value")
    assert [item["entry"][name] for name in kept] == [before["entry"][name] for name in kept]
    assert (item["outcome"], item["effects"]) == (before["outcome"], before["effects"])
    assert (before["emptied_at"], item["emptied_at"]) == (None, rfc3339(later))
    assert look(f"{SUPPLY_ENTRIES}/{waiting}").json()["entered_by"]["name"] is not None


def test_an_entry_within_its_time_is_left_whole(enter, look, answered, context):
    fresh = enter(INSPECTIONS).json()["entry_id"]
    answered(fresh)

    chores.empty_entries(replace(context, now=context.now + timedelta(days=1824)))

    assert look(f"{INSULATION_ENTRIES}/{fresh}").json()["emptied_at"] is None
