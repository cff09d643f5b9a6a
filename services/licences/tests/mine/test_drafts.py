"""An applicant's drafts and files: the applicant's own, sealed, limited, and dropped at the end."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import attachments_of
from licences.commands.drafts import _KEPT, drop_old_drafts, keep_draft
from licences.commands.recording import SYSTEM
from licences.commands.retention import empty_applications
from licences.domain.actors import MOST_DRAFTS, Applicant
from licences.domain.applications import APPLICATION_FILES
from licences.models import Draft

from .applying import BASE, applied, plain, upload
from .conftest import DELEGATE, FORMER, SHOP, STRANGER

pytestmark = pytest.mark.usefixtures("rules")


def test_files_go_from_the_draft_to_the_application_and_an_officer_sees_them(
    client: Any, everybody: Any, shop: Any, token: Any, session: Any
) -> None:
    delegate = everybody["delegate"]
    file = upload(client, delegate)
    draft = client.post(
        f"{BASE}/licence-drafts",
        json={"form": {"step": 3}, "establishment": SHOP, "files": [file]},
        headers=delegate,
    ).json()
    assert [one["attachment_id"] for one in draft["files"]] == [file]

    made = applied(client, delegate, shop(), draft=draft["draft_id"])

    place = f"licence-applications/{made['application_id']}/files"
    listed = client.get(f"{BASE}/{place}", headers=delegate).json()["items"]
    assert [one["attachment_id"] for one in listed] == [file]
    gone = client.get(f"{BASE}/licence-drafts/{draft['draft_id']}", headers=delegate)
    assert gone.status_code == 404
    officer = token("licence-applications.read", municipality="saihat")
    seen = client.get(f"/v1/{place}/{file}", headers=officer)
    assert seen.headers["Content-Type"] == "image/png"
    assert "عقد" not in seen.headers["Content-Disposition"]
    elsewhere = token("licence-applications.read", municipality="tarout")
    assert client.get(f"/v1/{place}/{file}", headers=elsewhere).status_code == 404
    assert client.get(f"/v1/{place}", headers=elsewhere).status_code == 404


def test_a_delegate_does_not_make_an_establishments_draft_his_own(
    client: Any, everybody: Any, professional: Any
) -> None:
    """Others sent its files, and the delegate would keep them after the end of the delegation."""
    delegate, body = everybody["delegate"], professional()
    draft = client.post(
        f"{BASE}/licence-drafts", json={"form": {}, "establishment": SHOP}, headers=delegate
    ).json()["draft_id"]
    body["owner"] = {**body["owner"], "id_number": DELEGATE}

    answer = client.post(
        f"{BASE}/licence-applications", json=plain(body), headers=delegate, params={"draft": draft}
    )

    assert [one["code"] for one in answer.json()["errors"]] == ["draft-of-another"]
    assert client.get(f"{BASE}/licence-drafts/{draft}", headers=delegate).status_code == 200


@pytest.mark.parametrize(("taker", "status"), [("owner", 200), ("delegate", 400)])
def test_only_whoever_began_an_establishments_draft_takes_it_to_ones_own_name(
    client: Any, everybody: Any, taker: str, status: int
) -> None:
    begun = {"form": {}, "establishment": SHOP}
    draft = client.post(f"{BASE}/licence-drafts", json=begun, headers=everybody["owner"]).json()

    place = f"{BASE}/licence-drafts/{draft['draft_id']}"
    answer = client.put(place, json={"form": {"step": 3}}, headers=everybody[taker])

    assert answer.status_code == status, answer.text


def test_a_draft_with_a_colleagues_file_stays_with_its_establishment(
    client: Any, everybody: Any
) -> None:
    begun = {"form": {}, "establishment": SHOP}
    draft = client.post(f"{BASE}/licence-drafts", json=begun, headers=everybody["owner"]).json()
    place = f"{BASE}/licence-drafts/{draft['draft_id']}"
    file = upload(client, everybody["delegate"])
    added = client.post(f"{place}/files", json={"files": [file]}, headers=everybody["delegate"])

    answer = client.put(place, json={"form": {}}, headers=everybody["owner"])

    assert added.status_code == 200, added.text
    assert [one["code"] for one in answer.json()["errors"]] == ["draft-of-another"]


def test_nobody_attaches_or_reads_a_file_that_another_one_sent(
    client: Any, everybody: Any, shop: Any
) -> None:
    mine = upload(client, everybody["owner"])
    made = applied(client, everybody["delegate"], shop())
    place = f"{BASE}/licence-applications/{made['application_id']}/files"

    stolen = client.post(place, json={"files": [mine]}, headers=everybody["delegate"])

    assert stolen.status_code == 400
    assert [(one["field"], one["code"]) for one in stolen.json()["errors"]] == [
        ("files", "upload-not-kept")
    ]
    assert client.get(f"{place}/{mine}", headers=everybody["delegate"]).status_code == 404


def test_a_draft_is_sealed_and_published_to_nobody(
    client: Any, everybody: Any, session: Any, outbox_rows: Any
) -> None:
    before = len(outbox_rows())
    form = {"owner": {"id_number": FORMER}}

    made = client.post(
        f"{BASE}/licence-drafts", json={"form": form}, headers=everybody["former delegate"]
    ).json()

    assert made["form"] == form
    assert len(outbox_rows()) == before
    assert FORMER not in session.scalar(text("SELECT json_agg(d)::text FROM draft d"))


def test_a_draft_of_one_person_is_nobody_elses(client: Any, citizen: Any) -> None:
    mine, other = citizen(FORMER), citizen(STRANGER)
    made = client.post(f"{BASE}/licence-drafts", json={"form": {}}, headers=mine).json()
    place = f"{BASE}/licence-drafts/{made['draft_id']}"

    assert client.get(place, headers=other).status_code == 404
    assert client.put(place, json={"form": {"x": 1}}, headers=other).status_code == 404
    assert client.get(place, headers=mine).json()["form"] == {}


def test_drafts_have_a_limit_and_an_end(
    client: Any, citizen: Any, session: Any, now: datetime
) -> None:
    header = citizen(FORMER)
    answers = [
        client.post(f"{BASE}/licence-drafts", json={"form": {}}, headers=header)
        for _ in range(MOST_DRAFTS + 1)
    ]
    assert [one.status_code for one in answers[-2:]] == [201, 409]

    latest = session.scalars(select(Draft.changed_at).order_by(Draft.changed_at.desc())).first()
    dropped = drop_old_drafts(UnitOfWork(session, SYSTEM, latest + _KEPT + timedelta(seconds=1)))

    assert dropped == MOST_DRAFTS
    assert session.scalars(select(Draft)).all() == []


def test_drafts_that_the_person_cannot_see_count_for_nothing(client: Any, citizen: Any) -> None:
    delegate, former = citizen(DELEGATE, SHOP), citizen(DELEGATE)
    body = {"form": {}, "establishment": SHOP}
    for _ in range(MOST_DRAFTS):
        client.post(f"{BASE}/licence-drafts", json=body, headers=delegate)

    still, own = (
        client.post(f"{BASE}/licence-drafts", json=sent, headers=header)
        for sent, header in ((body, delegate), ({"form": {}}, former))
    )

    assert (still.status_code, own.status_code) == (409, 201)


def test_of_drafts_kept_at_one_moment_the_second_waits_for_the_first(process: Any) -> None:
    """So that it counts the first: both together would pass the limit."""
    applicant = Applicant(subject="c_1", id_number=FORMER)

    def keep(context: Any) -> None:
        context.session.execute(text("SET LOCAL lock_timeout = '200ms'"))
        keep_draft(UnitOfWork.of(context, SYSTEM), applicant, {}, establishment=None, files=[])

    with process.transaction() as first:
        keep(first)
        with pytest.raises(OperationalError, match="lock timeout"), process.transaction() as second:
            keep(second)


def test_an_application_that_is_emptied_loses_its_files(
    client: Any, everybody: Any, shop: Any, session: Any, now: datetime
) -> None:
    delegate = everybody["delegate"]
    made = applied(client, delegate, shop())
    place = f"{BASE}/licence-applications/{made['application_id']}"
    client.post(f"{place}/files", json={"files": [upload(client, delegate)]}, headers=delegate)
    client.post(f"{place}/withdraw", json={"reason": "لا حاجة"}, headers=delegate)

    later = datetime.now(now.tzinfo) + timedelta(days=1)
    session.expire_all()
    assert empty_applications(UnitOfWork(session, SYSTEM, later), before=later) == 1

    assert attachments_of(session, APPLICATION_FILES, [made["application_id"]]) == []


def test_a_file_is_taken_out_of_a_draft_and_another_one_put_in_its_place(
    client: Any, everybody: Any
) -> None:
    delegate = everybody["delegate"]
    wrong, right = upload(client, delegate), upload(client, delegate)
    body = {"form": {}, "establishment": SHOP, "files": [wrong]}
    draft = client.post(f"{BASE}/licence-drafts", json=body, headers=delegate).json()["draft_id"]
    place = f"{BASE}/licence-drafts/{draft}"

    removed = client.delete(f"{place}/files/{wrong}", headers=delegate)
    client.put(place, json={**body, "files": [right]}, headers=delegate)

    assert removed.status_code == 204
    kept = client.get(place, headers=delegate).json()["files"]
    assert [one["attachment_id"] for one in kept] == [right]
    assert client.delete(f"{place}/files/{wrong}", headers=delegate).status_code == 404


def test_of_two_who_read_one_draft_the_slower_one_replaces_nothing(
    client: Any, everybody: Any
) -> None:
    owner, delegate = everybody["owner"], everybody["delegate"]
    body = {"form": {"step": 1}, "establishment": SHOP}
    draft = client.post(f"{BASE}/licence-drafts", json=body, headers=owner).json()
    place, read = f"{BASE}/licence-drafts/{draft['draft_id']}", {"If-Match": '"1"'}

    faster = client.put(place, json={**body, "form": {"step": 2}}, headers={**delegate, **read})
    slower = client.put(place, json={**body, "form": {"step": 3}}, headers={**owner, **read})

    assert (draft["version"], faster.json()["version"]) == (1, 2)
    assert (slower.status_code, slower.json()["type"].rpartition("/")[2]) == (
        409,
        "application-draft-changed",
    )
    seen = [client.get(place, headers=header).json() for header in (owner, delegate)]
    assert [one["form"] for one in seen] == [{"step": 2}, {"step": 2}]
    assert [one["changed_by_caller"] for one in seen] == [False, True]


def test_a_file_is_added_to_a_draft_without_its_form(client: Any, everybody: Any) -> None:
    delegate = everybody["delegate"]
    body = {"form": {"step": 1}, "establishment": SHOP}
    draft = client.post(f"{BASE}/licence-drafts", json=body, headers=delegate).json()
    place, file = f"{BASE}/licence-drafts/{draft['draft_id']}", upload(client, delegate)

    added = client.post(f"{place}/files", json={"files": [file]}, headers=delegate)

    assert [one["attachment_id"] for one in added.json()["items"]] == [file]
    now = client.get(place, headers=delegate).json()
    assert (now["form"], now["version"]) == ({"step": 1}, 1)
    assert [one["attachment_id"] for one in now["files"]] == [file]


def test_nobody_takes_a_file_out_of_another_ones_draft(client: Any, everybody: Any) -> None:
    former, stranger = everybody["former delegate"], everybody["delegate of another"]
    file = upload(client, former)
    draft = client.post(
        f"{BASE}/licence-drafts", json={"form": {}, "files": [file]}, headers=former
    ).json()["draft_id"]
    place = f"{BASE}/licence-drafts/{draft}"

    assert client.delete(f"{place}/files/{file}", headers=stranger).status_code == 404
    kept = client.get(place, headers=former).json()["files"]
    assert [one["attachment_id"] for one in kept] == [file]
