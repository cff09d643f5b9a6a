"""Releases and records by the published schemas of OCDS 1.1.5, and the merge of the standard's makers."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import select

from chassis.core.refusals import InvalidFields
from tenders import ocds
from tenders.commands import awards, bids, publishing
from tenders.models import Lease, OcdsRelease, Tender

from .open_contracting import faults_of, merge, unknown_fields
from .people import CANCELLATION, OPENER, PREPARER, opening
from .stages import AFTER, DAY, HOUR, NOW, PREFIX, award, bring, hand_over, work

BOTH = pytest.mark.parametrize("model", [Tender, Lease])
PATHS = {Tender: "", Lease: "lease_"}


def live(session: Any, model: Any) -> Any:
    """Returns an offering that was amended twice, awarded and contracted; a lease's site is handed over."""
    row = bring(session, model, "published")
    reason = {"ar": "تعديل", "en": "Amended"}
    plan = {"kind": "plan", "title": {"ar": "مخطط", "en": "Plan"}, "url": "https://p.example/1.pdf"}
    for changes in (
        {"documents": [plan]},
        {"bids_until": NOW + 25 * DAY, "opens_at": NOW + 25 * DAY + HOUR},
    ):
        publishing.amend_offering(
            work(session, PREPARER), model, row.aggregate_id, {"reason": reason, **changes}
        )
    return row


def contents(session: Any, row: Any) -> list[dict[str, Any]]:
    which = select(OcdsRelease).where(OcdsRelease.ocid == f"{PREFIX}-{row.number}")
    return [one.content for one in session.scalars(which.order_by(OcdsRelease.serial))]


def rented_by_a_person(session: Any) -> Lease:
    """Returns an opened lease for which a person has bid highest, who has no unified number."""
    row = bring(session, Lease, "received")
    body = opening()
    del body["bids"][0]["unified_number"]
    return bids.open_bids(work(session, OPENER, AFTER), Lease, row.lease_id, body)


def test_a_person_who_rents_is_published_by_name_alone(session: Any, api: Any) -> None:
    row = award(session, Lease, rented_by_a_person(session).lease_id, AFTER)

    shown = api.ask("get_public_lease", number=row.number)
    (supplier,) = [
        one for one in contents(session, row)[-1]["parties"] if "supplier" in one["roles"]
    ]

    assert shown["award"]["unified_number"] is None
    assert supplier == {
        "id": f"{row.number}-supplier", "name": shown["award"]["supplier"], "roles": ["supplier"],
    }  # fmt: skip


def test_a_purchasing_tender_is_for_establishments(session: Any) -> None:
    row = bring(session, Tender, "received")
    body = opening()
    del body["bids"][0]["unified_number"]

    with pytest.raises(InvalidFields) as refused:
        bids.open_bids(work(session, OPENER, AFTER), Tender, row.tender_id, body)
    assert [(one.field, one.code) for one in refused.value.faults] == [
        ("bids.0.unified_number", "required")
    ]


@BOTH
def test_releases_and_records_are_valid_by_the_published_schema(
    session: Any, api: Any, model: Any
) -> None:
    for stage in ("published", "received", "opened", "awarded", "contracted"):
        bring(session, model, stage)
    live(session, model)
    if model is Lease:
        hand_over(session, bring(session, Lease, "contracted").lease_id, AFTER)
    draft = bring(session, model, "published")
    awards.cancel_offering(work(session, PREPARER), model, draft.aggregate_id, CANCELLATION)

    if model is Lease:
        award(session, Lease, rented_by_a_person(session).lease_id, AFTER)

    releases = api.ask(f"list_{PATHS[model]}releases")
    records = api.ask(f"list_{PATHS[model]}records")

    assert (faults_of(releases), faults_of(records)) == ([], [])
    assert len(records["records"]) == (9 if model is Lease else 7)
    is_lease = model is Lease
    assert [unknown_fields(one, lease=is_lease) for one in releases["releases"]] == (
        [[]] * len(releases["releases"])
    )


def test_a_field_that_the_standard_does_not_know_is_found() -> None:
    release = {"ocid": "x", "tender": {"id": "1", "estimate": 5, "documents": [{"secret": 1}]}}

    assert unknown_fields(release) == ["/tender/documents[]/secret", "/tender/estimate"]
    assert faults_of({"releases": [{"ocid": "x"}]})


@BOTH
def test_a_change_by_a_request_that_began_before_the_last_change_has_a_later_date(
    session: Any, model: Any
) -> None:
    row = bring(session, model, "published")
    reason = {"ar": "تعديل", "en": "Amended"}
    for days, began in ((25, NOW + HOUR), (26, NOW + HOUR / 2)):
        deadlines = {"bids_until": NOW + days * DAY, "opens_at": NOW + days * DAY + HOUR}
        publishing.amend_offering(
            work(session, PREPARER, began), model, row.aggregate_id, {"reason": reason, **deadlines}
        )

    releases = contents(session, row)

    dates = [one["date"] for one in releases]
    assert dates == sorted(set(dates))
    assert ocds.record_of(releases)["compiledRelease"] == merge(releases[::-1])


@BOTH
def test_a_document_has_the_title_and_the_kind_of_the_newest_edition(
    session: Any, model: Any
) -> None:
    row = bring(session, model, "published")
    plan = {"kind": "plan", "title": {"ar": "مخطط", "en": "Plan"}, "url": "https://p.example/1.pdf"}
    notice = {**plan, "kind": "notice", "title": {"ar": "إعلان", "en": "Notice"}}
    for document in (plan, notice):
        change = {"reason": {"ar": "تعديل", "en": "Amended"}, "documents": [document]}
        publishing.amend_offering(work(session, PREPARER), model, row.aggregate_id, change)

    first, newest = (
        next(one for one in release["tender"]["documents"] if one["url"] == plan["url"])
        for release in contents(session, row)[-2:]
    )

    assert (newest["title_en"], newest["documentType"]) == ("Notice", "tenderNotice")
    assert newest["id"] == first["id"]


@BOTH
def test_the_compiled_release_is_the_merge_of_the_releases(session: Any, model: Any) -> None:
    rows = [live(session, model), bring(session, model, "contracted")]
    cancelled = bring(session, model, "awarded")
    awards.cancel_offering(
        work(session, PREPARER, AFTER), model, cancelled.aggregate_id, CANCELLATION
    )

    for row in [*rows, cancelled]:
        releases = contents(session, row)
        assert ocds.record_of(releases)["compiledRelease"] == merge(releases)


@BOTH
def test_a_document_of_an_earlier_edition_stays(session: Any, model: Any) -> None:
    releases = contents(session, live(session, model))

    shown = [[one["id"] for one in release["tender"]["documents"]] for release in releases]

    assert shown == [["1-1"], ["1-1", "2-1"], ["1-1", "2-1"]]


@BOTH
def test_a_prefix_that_is_set_later_changes_no_published_identifier(
    session: Any, model: Any
) -> None:
    row, later = bring(session, model, "published"), bring(session, model, "draft")
    unit = work(session, PREPARER)

    publishing.publish_offering(unit, model, later.aggregate_id, ocid_prefix="ocds-other0")
    awards.cancel_offering(unit, model, row.aggregate_id, CANCELLATION)

    assert {one["ocid"] for one in contents(session, row)} == {f"{PREFIX}-{row.number}"}
    assert later.ocid == f"ocds-other0-{later.number}"


def test_releases_are_read_page_by_page_and_never_change(
    session: Any, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenders.queries.MOST_RELEASES", 2)
    row = bring(session, Tender, "contracted")
    ids, after = [], 0
    while True:
        package = api.ask("list_releases", query={"after": after})
        ids += [one["id"] for one in package["releases"]]
        if "links" not in package:
            break
        after = int(package["links"]["next"].rsplit("=", 1)[-1])

    assert ids == [one["id"] for one in contents(session, row)]
    assert len(ids) == len(set(ids)) == 5


def test_a_process_is_asked_for_by_its_ocid(session: Any, api: Any) -> None:
    row, other = bring(session, Tender, "published"), bring(session, Tender, "published")
    ocid = f"{PREFIX}-{row.number}"

    (record,) = api.ask("list_records", query={"ocid": ocid})["records"]

    assert record["ocid"] == ocid != f"{PREFIX}-{other.number}"


def test_the_next_page_of_a_process_is_of_that_process(
    session: Any, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenders.queries.MOST_RELEASES", 2)
    row, _ = bring(session, Tender, "contracted"), bring(session, Tender, "published")
    query = {"ocid": f"{PREFIX}-{row.number}"}

    package = api.ask("list_releases", query=query)
    following = dict(parse_qsl(urlsplit(package["links"]["next"]).query))

    assert package["uri"].endswith(f"?ocid={query['ocid']}")
    assert following == {**query, "after": following["after"]}


def test_tenders_and_leases_have_paths_of_their_own(session: Any, api: Any) -> None:
    bring(session, Tender, "published")
    row = bring(session, Lease, "published")

    package = api.ask("list_lease_releases")
    extension = api.ask("get_lease_extension")

    assert [one["tender"]["id"] for one in package["releases"]] == [row.number]
    assert package["extensions"] == ["https://tenders.test/ocds/leases/extension.json"]
    assert "Tender" in extension["releaseSchema"]["definitions"]
    assert len(api.ask("list_releases")["releases"]) == 1


def test_without_a_publication_there_is_no_package(session: Any, api: Any) -> None:
    bring(session, Tender, "draft")

    for name in ("releases", "records", "lease_releases", "lease_records"):
        assert api.refused(f"list_{name}") == (404, "not-found")
    assert api.refused("list_records", query={"ocid": "ocds-qatif0-1"}) == (404, "not-found")
