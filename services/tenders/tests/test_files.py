"""Files of tenders and leases: secret in a draft, published with an edition, and kept with every edition before."""

from typing import Any

import pytest
from sqlalchemy import select

from chassis.files.attachments import Attachment
from tenders.models import Lease, OcdsRelease, Tender
from tenders.sample import sample_lease, sample_tender

from .open_contracting import faults_of, merge
from .people import CANCELLATION
from .stages import NOW, as_json, bring

BOTH = pytest.mark.parametrize("model", [Tender, Lease])
REASON = {"ar": "تعديل", "en": "Amended"}


def named(attachment_id: str) -> dict[str, Any]:
    title = {"ar": "مخطط الموقع", "en": "Site plan"}
    return {"kind": "plan", "title": title, "attachment_id": attachment_id}


def at(row: Any) -> dict[str, str]:
    return {f"{row.aggregate_type}_id": row.aggregate_id}


@BOTH
def test_a_file_of_a_draft_is_read_by_officers_alone(session: Any, api: Any, model: Any) -> None:
    row = bring(session, model, "draft")
    kind, file = row.aggregate_type, api.upload()

    shown = api.ask(f"set_{kind}_files", {"files": [named(file)]}, **at(row))
    read = api.send(f"get_{kind}_file", attachment_id=file, **at(row))

    assert shown["files"] == [named(file)]
    assert [one["url"] for one in shown["documents"]] == [row.documents[0]["url"]]
    assert (read.status_code, read.headers["content-type"]) == (200, "image/png")
    assert api.refused("get_public_file", attachment_id=file) == (404, "not-found")


@BOTH
def test_a_file_is_published_with_its_draft(session: Any, api: Any, model: Any) -> None:
    row = bring(session, model, "draft")
    kind, file = row.aggregate_type, api.upload()
    api.ask(f"set_{kind}_files", {"files": [named(file)]}, **at(row))

    number = api.ask(f"publish_{kind}", **at(row))["number"]

    assert api.ask(f"get_public_{kind}", number=number)["files"] == [named(file)]
    assert api.send("get_public_file", attachment_id=file).status_code == 200


@BOTH
def test_a_file_that_an_amendment_withdraws_stays_with_the_edition_before(
    session: Any, api: Any, model: Any
) -> None:
    row = bring(session, model, "published")
    kind, file = row.aggregate_type, api.upload("tenders.publish")
    api.ask(f"amend_{kind}", {"reason": REASON, "files": [named(file)]}, **at(row))
    api.ask(f"amend_{kind}", {"reason": REASON, "files": []}, **at(row))

    shown = api.ask(f"get_public_{kind}", number=row.number)
    releases = [
        one.content
        for one in session.scalars(
            select(OcdsRelease).where(OcdsRelease.ocid == row.ocid).order_by(OcdsRelease.serial)
        )
    ]

    assert shown["files"] == []
    assert [len(one["files"]) for one in shown["editions"]] == [0, 1, 0]
    assert api.send("get_public_file", attachment_id=file).status_code == 200
    ids = [[one["id"] for one in release["tender"]["documents"]] for release in releases]
    assert ids == [["1-1"], ["1-1", "2-2"], ["1-1", "2-2"]]
    prefix = "" if model is Tender else "lease_"
    package = api.ask(f"list_{prefix}records", query={"ocid": row.ocid})
    (record,) = package["records"]
    assert faults_of(package) == []
    assert merge(record["releases"]) == record["compiledRelease"]
    url = record["compiledRelease"]["tender"]["documents"][1]["url"]
    assert url == f"https://tenders.test/v1/public/files/{file}"


def test_no_address_is_stored_so_a_file_that_is_named_again_is_unchanged(
    session: Any, api: Any
) -> None:
    row = bring(session, Tender, "published")
    file = api.upload("tenders.publish")
    body = {"reason": REASON, "files": [named(file)]}
    api.ask("amend_tender", body, **at(row))

    again = api.send("amend_tender", body, **at(row))

    assert [one["code"] for one in again.json()["errors"]] == ["nothing-amended"]
    session.refresh(row)
    assert row.documents[-1] == named(file)


def test_an_amendment_that_names_no_files_keeps_them(session: Any, api: Any) -> None:
    row = bring(session, Tender, "published")
    file = api.upload("tenders.publish")
    api.ask("amend_tender", {"reason": REASON, "files": [named(file)]}, **at(row))

    shown = api.ask("amend_tender", {"reason": REASON, "documents": []}, **at(row))

    assert (shown["documents"], shown["files"]) == ([], [named(file)])


def test_a_draft_that_is_edited_keeps_its_files(session: Any, api: Any) -> None:
    row = bring(session, Tender, "draft")
    file = api.upload()
    api.ask("set_tender_files", {"files": [named(file)]}, **at(row))

    assert api.ask("edit_tender", as_json(sample_tender(NOW)), **at(row))["files"] == [named(file)]


def test_a_file_that_a_draft_withdraws_belongs_to_nothing_any_more(session: Any, api: Any) -> None:
    row, file = bring(session, Tender, "draft"), api.upload()
    api.ask("set_tender_files", {"files": [named(file)]}, **at(row))

    api.ask("set_tender_files", {"files": []}, **at(row))

    session.expire_all()
    assert session.get_one(Attachment, file).owner_id is None
    assert api.refused("get_tender_file", attachment_id=file, **at(row))[0] == 404


def test_a_booklet_that_is_sold_is_no_file_for_everybody(session: Any, api: Any) -> None:
    sale = {"booklet_url": "https://files.example/booklet.pdf"}
    draft, file = bring(session, Lease, "draft", **sale), api.upload()
    booklet = {"files": [{**named(file), "kind": "booklet"}]}
    edited = as_json(sample_lease(NOW))
    api.ask("edit_lease", edited, **at(draft))
    api.ask("set_lease_files", booklet, **at(draft))
    api.ask("edit_lease", {**edited, **sale}, **at(draft))

    refused = [
        api.send("set_lease_files", booklet, **at(draft)),
        api.send("publish_lease", **at(draft)),
        api.send(
            "amend_lease",
            {"reason": REASON, **booklet},
            **at(bring(session, Lease, "published", **sale)),
        ),
    ]

    found = [[(one["field"], one["code"]) for one in each.json()["errors"]] for each in refused]
    assert [("files.0.kind", "booklet-is-sold") in each for each in found] == [True] * 3


@pytest.mark.parametrize(
    "link",
    [
        "https://files.example/Booklet.pdf?of=1",
        "https://Files.EXAMPLE/Booklet.pdf?of=1#page=2",
        "https://files.example:443/Booklet.pdf/?of=1",
        "https://anybody@files.example/%42ooklet.pdf?of=%31",
    ],
)
def test_the_address_of_a_sold_booklet_is_no_link_for_everybody(
    session: Any, api: Any, link: str
) -> None:
    sale = {"booklet_url": "https://files.example/Booklet.pdf?of=1"}
    title = {"ar": "كراسة الشروط", "en": "Booklet"}
    links = {"documents": [{"kind": "other", "title": title, "url": link}]}
    draft = bring(session, Lease, "draft", **sale)
    body = as_json(sample_lease(NOW, **sale, **links))

    refused = [
        api.send("draft_lease", body),
        api.send("edit_lease", body, **at(draft)),
        api.send(
            "amend_lease",
            {"reason": REASON, **links},
            **at(bring(session, Lease, "published", **sale)),
        ),
    ]
    draft.documents = links["documents"]  # a draft of a release before
    session.flush()
    refused.append(api.send("publish_lease", **at(draft)))

    found = [[(one["field"], one["code"]) for one in each.json()["errors"]] for each in refused]
    assert [("documents.0.url", "booklet-is-sold") in each for each in found] == [True] * 4


@pytest.mark.parametrize(
    "link",
    [
        "https://files.example/booklet.pdf?of=1",
        "https://files.example/Booklet.pdf",
        "https://[files.example/Booklet.pdf?of=1",
    ],
)
def test_another_address_beside_a_sold_booklet_is_a_link(api: Any, link: str) -> None:
    sale = {"booklet_url": "https://files.example/Booklet.pdf?of=1"}
    title = {"ar": "مخطط", "en": "Plan"}
    links = {"documents": [{"kind": "other", "title": title, "url": link}]}

    assert api.ask("draft_lease", as_json(sample_lease(NOW, **sale, **links)))["documents"]


def test_a_draft_that_is_cancelled_lets_go_of_its_files(session: Any, api: Any) -> None:
    row, file = bring(session, Tender, "draft"), api.upload()
    api.ask("set_tender_files", {"files": [named(file)]}, **at(row))

    shown = api.ask("cancel_tender", CANCELLATION, **at(row))

    session.expire_all()
    assert shown["files"] == []
    assert session.get_one(Attachment, file).owner_id is None


def test_a_file_of_another_offering_or_sender_is_not_taken(session: Any, api: Any) -> None:
    row, other = bring(session, Tender, "draft"), bring(session, Tender, "draft")
    file, foreign = api.upload(), api.upload()
    api.ask("set_tender_files", {"files": [named(file)]}, **at(other))
    session.get_one(Attachment, foreign).uploader = "desk/p_other"
    session.flush()

    response = api.send("set_tender_files", {"files": [named(file), named(foreign)]}, **at(row))

    found = [(one["field"], one["code"]) for one in response.json()["errors"]]
    assert found == [(f"files.{place}.attachment_id", "file-not-sent") for place in (0, 1)]


def test_a_published_offering_changes_its_files_by_an_amendment_alone(
    session: Any, api: Any
) -> None:
    row, file = bring(session, Tender, "published"), api.upload()

    refused = api.refused("set_tender_files", {"files": [named(file)]}, **at(row))

    assert refused == (409, "illegal-transition")


def test_a_draft_of_a_version_that_is_older_is_refused(session: Any, api: Any) -> None:
    row = bring(session, Tender, "draft")

    changed = api.refused("set_tender_files", {"files": []}, version=row.version - 1, **at(row))

    assert changed == (409, "offering-changed")
