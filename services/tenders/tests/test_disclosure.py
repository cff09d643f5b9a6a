"""Nothing is told before its time: over the API, in the feed, in events, in open data and in the lists of officers."""

from typing import Any

import pytest

from tenders.commands import awards, bids
from tenders.models import Lease, Tender

from .people import CANCELLATION, OPENER, PREPARER, RECEIPTS
from .stages import AFTER, bring, work
from .test_life import follow, tell

BOTH = pytest.mark.parametrize("model", [Tender, Lease])
SECRETS = {Tender: ("125000000", "1250000"), Lease: ("5000000", "50000.00")}
BIDDERS = tuple(f"مؤسسة {one}" for one in RECEIPTS)
NAMES = {Tender: "tender", Lease: "lease"}
OFFICER = {"organisation_kind": "affiliated_municipality", "municipality": "saihat"}


def everything_public(api: Any, client: Any, row: Any, model: Any) -> str:
    """Returns what anybody reads of an offering, as one text."""
    name = NAMES[model]
    prefix = "" if model is Tender else "lease_"
    return "".join(
        (
            str(api.ask(f"get_public_{name}", number=row.number)),
            str(api.ask(f"list_public_{name}s")),
            str(api.ask(f"list_{prefix}releases")),
            str(api.ask(f"list_{prefix}records")),
            client.get("/v1/public/tenders-and-leases.atom").text,
        )
    )


def everything_published(outbox_rows: Any) -> str:
    """Returns the events, without the sealed contacts."""
    return "".join(str(one.envelope) for one in outbox_rows() if one.topic != "tenders.notice")


@BOTH
@pytest.mark.parametrize("stage", ["published", "received", "opened"])
def test_before_the_award_nothing_tells_estimate_or_bidder(
    session: Any, api: Any, client: Any, outbox_rows: Any, model: Any, stage: str
) -> None:
    row = bring(session, model, stage)

    told = everything_public(api, client, row, model) + everything_published(outbox_rows)

    assert [secret for secret in (*SECRETS[model], *BIDDERS) if secret in told] == []


@BOTH
def test_before_the_opening_nothing_tells_how_many_handed_in(
    session: Any, api: Any, client: Any, outbox_rows: Any, model: Any
) -> None:
    without = bring(session, model, "published")
    receiving = bring(session, model, "received")

    def shape(row: Any) -> Any:
        shown = api.ask(f"get_public_{NAMES[model]}", number=row.number)
        varying = ("number", "published_at", "editions", "documents")
        return {name: value for name, value in shown.items() if name not in varying}

    assert shape(without) == shape(receiving)
    assert "bids_count': None" in str(api.ask(f"get_public_{NAMES[model]}", number=without.number))
    versions = [one.envelope["sequence"] for one in outbox_rows()]
    assert len(set(versions)) == 1


@BOTH
def test_with_the_award_winner_and_estimate_are_told_and_no_loser(
    session: Any, api: Any, client: Any, outbox_rows: Any, model: Any
) -> None:
    row = bring(session, model, "awarded")

    shown = api.ask(f"get_public_{NAMES[model]}", number=row.number)
    told = everything_public(api, client, row, model) + everything_published(outbox_rows)

    assert shown["award"]["supplier"].startswith(BIDDERS[0])
    assert shown["estimate"] == SECRETS[model][1] + ("" if "." in SECRETS[model][1] else ".00")
    assert [loser for loser in BIDDERS[1:] if loser in told] == []
    assert shown["bids_count"] == 3


@BOTH
def test_a_cancellation_before_the_award_keeps_the_estimate(
    session: Any, api: Any, client: Any, outbox_rows: Any, model: Any
) -> None:
    row = bring(session, model, "opened")
    awards.cancel_offering(work(session, PREPARER, AFTER), model, row.aggregate_id, CANCELLATION)

    told = everything_public(api, client, row, model) + everything_published(outbox_rows)

    assert [secret for secret in SECRETS[model] if secret in told] == []


@BOTH
def test_a_draft_is_read_by_officers_only(session: Any, api: Any, client: Any, model: Any) -> None:
    row = bring(session, model, "draft")
    name = NAMES[model]

    assert api.ask(f"list_public_{name}s")["items"] == []
    assert api.ask(f"list_public_{name}s", query={"status": "draft"})["items"] == []
    assert row.title_ar not in client.get("/v1/public/tenders-and-leases.atom").text
    assert api.ask(f"list_{name}s")["items"][0]["number"] is None


@BOTH
def test_a_cancelled_draft_stays_unknown(session: Any, api: Any, model: Any) -> None:
    row = bring(session, model, "draft")
    awards.cancel_offering(work(session, PREPARER), model, row.aggregate_id, CANCELLATION)

    assert api.ask(f"list_public_{NAMES[model]}s")["items"] == []


@BOTH
def test_an_officer_who_reads_sees_neither_estimate_nor_receipts(
    session: Any, api: Any, model: Any
) -> None:
    row = bring(session, model, "received")
    mistake = {"receipt_number": "E-2", "reason": "سُجل خطأ"}
    bids.withdraw_receipt(work(session, OPENER), model, row.aggregate_id, mistake)
    key = {f"{NAMES[model]}_id": row.aggregate_id}

    shown = api.ask(f"get_{NAMES[model]}", claims=OFFICER, **key)

    assert (shown["estimate"], shown["bids"], shown["bids_count"]) == (None, [], None)
    assert {"receive", "withdraw-receipt"} & {one["action"] for one in shown["history"]} == set()


@BOTH
def test_those_who_receive_see_receipts_without_contents(
    session: Any, api: Any, model: Any
) -> None:
    row = bring(session, model, "received")
    key = {f"{NAMES[model]}_id": row.aggregate_id}

    shown = api.ask(f"get_{NAMES[model]}", claims=OFFICER, scopes=("tenders.receive",), **key)

    assert [one["receipt_number"] for one in shown["bids"]] == list(RECEIPTS)
    assert {(one["bidder"], one["amount"], one["accepted"]) for one in shown["bids"]} == {
        (None, None, None)
    }
    assert shown["estimate"] is None


@BOTH
def test_followers_stand_in_no_event_of_the_offering(
    session: Any, api: Any, client: Any, outbox_rows: Any, model: Any
) -> None:
    row = bring(session, model, "opened")
    follower = follow(session, row)
    awards.cancel_offering(work(session, PREPARER, AFTER), model, row.aggregate_id, CANCELLATION)
    tell(session, AFTER)

    told = everything_public(api, client, row, model)
    everything = told + "".join(str(one.envelope) for one in outbox_rows())

    assert "500000001" not in everything
    assert follower.contact["token"] not in everything
    assert "contacts" not in everything_published(outbox_rows)
