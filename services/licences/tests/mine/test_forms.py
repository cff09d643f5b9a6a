"""The form as it was sent: for the officer who works on it, for its applicant, and the way there for the inspector."""

from datetime import datetime
from typing import Any

import pytest

from chassis.data.unit_of_work import UnitOfWork
from licences.commands.bill import receive_payment
from licences.commands.recording import SYSTEM
from licences.commands.retention import empty_applications
from licences.commands.review import (
    order_inspection,
    refuse_after_review,
    return_application,
)

from .applying import plain, upload
from .conftest import FORMER, STRANGER

SCOPES = "licence-applications.read licence-applications.review"


@pytest.fixture
def saihat(token: Any) -> Any:
    return token(SCOPES, municipality="saihat")


def form(client: Any, row: Any, header: Any, base: str = "/v1") -> Any:
    return client.get(f"{base}/licence-applications/{row.application_id}/form", headers=header)


@pytest.fixture
def row(submit_and_decide: Any, shop: Any) -> Any:
    return submit_and_decide(shop(area_m2=300, cleaning_contract="CL-77"))


def test_an_officer_reads_the_form_in_full(client: Any, saihat: Any, row: Any) -> None:
    answer = form(client, row, saihat)

    told = answer.json()["form"]
    assert (told["area_m2"], told["cleaning_contract"]) == (300, "CL-77")
    assert told["lease"]["ejar_no"] == "10423344550"
    assert told["owner"]["id_number"] == "1000000008"
    assert told["owner"]["mobile"] == "+966500000001"
    assert "confirmed" not in told["owner"]


def test_only_who_works_on_applications_of_the_municipality_reads_it(
    client: Any, token: Any, row: Any
) -> None:
    reader = token("licence-applications.read", municipality="saihat")
    elsewhere = token(SCOPES, municipality="tarout")

    assert form(client, row, reader).status_code == 403
    assert form(client, row, elsewhere).status_code == 404


def test_the_applicant_reads_his_form_and_nobody_else_s(
    client: Any, everybody: Any, row: Any
) -> None:
    mine = form(client, row, everybody["owner"], "/v1/my")

    assert mine.json()["form"]["owner"]["id_number"] == "1000000008"
    for who in ("former delegate", "delegate of another"):
        assert form(client, row, everybody[who], "/v1/my").status_code == 404


def test_the_form_is_sent_again_as_it_was_read(
    client: Any, saihat: Any, everybody: Any, row: Any, session: Any, officer: Any, now: datetime
) -> None:
    for header, base in ((saihat, "/v1"), (everybody["owner"], "/v1/my")):
        work = UnitOfWork(session, officer, now)
        return_application(work, row.application_id, reasons=[{"ar": "راجعوا المساحة"}])
        session.flush()
        told = form(client, row, header, base).json()["form"]

        place = f"{base}/licence-applications/{row.application_id}/correction"
        again = client.post(place, json=told, headers=header)

        assert again.status_code == 200, again.text
        assert form(client, row, header, base).json()["form"] == told
        session.refresh(row)
        row.status = "in_review"
        session.flush()


def test_an_emptied_form_is_not_there(
    client: Any, saihat: Any, row: Any, session: Any, officer: Any, now: datetime
) -> None:
    row.status, row.closed_at = "refused", now
    session.flush()
    empty_applications(UnitOfWork(session, SYSTEM, now), before=datetime.now(now.tzinfo))
    session.expire_all()

    assert form(client, row, saihat).status_code == 404


def test_an_inspector_sees_the_place_the_name_and_whom_to_call(
    client: Any, saihat: Any, row: Any, session: Any, officer: Any, now: datetime
) -> None:
    order_inspection(UnitOfWork(session, officer, now), row.application_id)
    session.flush()

    (visit,) = client.get("/v1/licence-inspections", headers=saihat).json()["items"]

    assert visit["application_no"] == row.application_no
    assert visit["place"]["district"] == "الكوثر"
    assert (visit["place"]["latitude"], visit["place"]["longitude"]) == (26.48, 50.04)
    assert visit["trade_name"]["ar"].startswith("مغسلة الواحة")
    assert visit["contact"] == {"name": "بيانات تجريبية", "mobile": "+966500000001"}
    assert (visit["area_m2"], visit["licence_no"]) == ("300.00", None)


def test_a_visit_after_the_issue_names_its_licence(
    client: Any, saihat: Any, submit_and_decide: Any, shop: Any, session: Any, now: datetime
) -> None:
    row = submit_and_decide(shop())
    receive_payment(UnitOfWork(session, SYSTEM, now), row.invoice_id, paid_at=now)
    session.flush()

    (visit,) = client.get("/v1/licence-inspections", headers=saihat).json()["items"]

    assert visit["licence_no"] == row.licence_no
    assert plain(visit["contact"])["mobile"] == "+966500000001"


def test_a_refused_application_is_sent_again_with_its_form_and_its_files(
    client: Any, everybody: Any, row: Any, session: Any, officer: Any, now: datetime, saihat: Any
) -> None:
    """A slip in one number costs no typing anew."""
    owner, delegate = everybody["owner"], everybody["delegate"]
    place = f"/v1/my/licence-applications/{row.application_id}"
    file = upload(client, delegate)
    client.post(f"{place}/files", json={"files": [file]}, headers=delegate)
    early = client.post(
        "/v1/my/licence-applications",
        json=form(client, row, owner, "/v1/my").json()["form"],
        headers=owner,
        params={"again": row.application_id},
    )
    assert early.json()["errors"][0]["code"] == "application-not-ended"
    refuse_after_review(UnitOfWork(session, officer, now), row.application_id, reason="رقم خطأ")
    session.flush()

    again = client.post(
        "/v1/my/licence-applications",
        json=form(client, row, owner, "/v1/my").json()["form"],
        headers=owner,
        params={"again": row.application_id},
    )

    assert again.status_code == 201, again.text
    told = again.json()
    assert told["follows_id"] == row.application_id
    for header, base in ((owner, "/v1/my"), (saihat, "/v1")):
        files = f"{base}/licence-applications/{told['application_id']}/files"
        listed = client.get(files, headers=header).json()["items"]
        assert [one["attachment_id"] for one in listed] == [file]
        assert client.get(f"{files}/{file}", headers=header).status_code == 200
    # The refused application keeps them: they are the ground of its decision.
    assert len(client.get(f"{place}/files", headers=owner).json()["items"]) == 1


@pytest.mark.parametrize("who", ["former delegate", "delegate of another"])
def test_nobody_sends_another_ones_application_again(
    client: Any, everybody: Any, row: Any, citizen: Any, professional: Any, who: str
) -> None:
    row.status = "refused"
    number = {"former delegate": FORMER, "delegate of another": STRANGER}[who]
    body = professional()
    body["owner"] = {**body["owner"], "id_number": number, "id_type": "national_id"}
    if number.startswith("2"):
        body["owner"]["id_type"] = "iqama"

    answer = client.post(
        "/v1/my/licence-applications",
        json=plain(body),
        headers=everybody[who],
        params={"again": row.application_id},
    )

    assert answer.status_code == 404, answer.text
