"""What applicants change of an open request, and whose it is."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chassis.core.refusals import NotFound
from chassis.data.unit_of_work import UnitOfWork
from health_certs.commands import amend
from health_certs.commands.uniqueness import CertificateHeld, RequestOpen
from saudi.days import legal_day

from .mine.conftest import citizen, everybody
from .people import DELEGATE, HIMSELF, STRANGER, WORKER

__all__ = ["citizen", "everybody"]  # the fixtures
BORDER = {
    "id_type": "border_number",
    "id_number": "3000000001",
    "nationality": "YEM",
}


def test_only_a_worker_with_a_border_number_is_edited(make_request: Any, session: Any) -> None:
    row = make_request()

    with pytest.raises(amend.NotByBorderNumber):
        amend.amend(
            UnitOfWork(session, DELEGATE, row.submitted_at),
            DELEGATE.applicant(),
            row.request_id,
            {"sex": "female"},
        )


def test_an_examination_of_the_worker_before_an_edit_is_to_be_made_again(
    make_request: Any, session: Any, enters: Any, pays: Any, event_names: Any
) -> None:
    row = make_request(worker=BORDER, residence_permit_until=None)
    enters(row, "fit")

    changes = {"id_number": "3000000002", "birth_date": date(1990, 1, 1)}
    amend.amend(
        UnitOfWork(session, DELEGATE, row.submitted_at),
        DELEGATE.applicant(),
        row.request_id,
        changes,
    )
    pays(row)

    assert (row.status, row.revision) == ("awaiting_examination", 2)
    assert row.worker["id_number"] == "3000000002"
    assert event_names("request") == ["submitted", "amended", "moved"]
    enters(row, "fit", at=row.submitted_at + timedelta(hours=1))
    assert row.status == "issued"


def test_another_centre_does_not_outdo_an_unfit_result(
    make_request: Any, session: Any, enters: Any, pays: Any
) -> None:
    row = make_request()
    pays(row)
    enters(row, "unfit")

    amend.change_centre(
        UnitOfWork(session, DELEGATE, row.submitted_at),
        DELEGATE.applicant(),
        row.request_id,
        "qatif-centre",
    )
    enters(row, "fit", at=row.submitted_at + timedelta(hours=1))

    assert row.status == "awaiting_examination"


@pytest.mark.parametrize("who", [STRANGER])
def test_a_request_of_others_is_not_there(who: Any, make_request: Any, session: Any) -> None:
    row = make_request()

    with pytest.raises(NotFound):
        amend.withdraw(UnitOfWork(session, who, row.submitted_at), who.applicant(), row.request_id)


def test_the_worker_withdraws_what_an_establishment_asked_for(
    make_request: Any, session: Any
) -> None:
    row = make_request()
    assert row.worker_number == WORKER

    amend.withdraw(
        UnitOfWork(session, HIMSELF, row.submitted_at), HIMSELF.applicant(), row.request_id
    )

    assert row.status == "not_issued"


@pytest.fixture
def edits(session: Any) -> Any:
    """`edits(request, sex="female")`: its delegate, at once."""

    def edit(row: Any, **changes: Any) -> Any:
        own, at = DELEGATE.applicant(), row.submitted_at
        return amend.amend(UnitOfWork(session, DELEGATE, at), own, row.request_id, changes)

    return edit


@pytest.fixture
def of_border(make_request: Any) -> Any:
    """`of_border(number)`: a request of the worker with this border number."""
    return lambda number, **changes: make_request(
        worker={**BORDER, "id_number": number}, residence_permit_until=None, **changes
    )


def test_no_edit_leads_to_a_second_open_request(of_border: Any, edits: Any) -> None:
    of_border("3000000002")
    row = of_border("3000000001")

    with pytest.raises(RequestOpen):
        edits(row, id_number="3000000002")


@pytest.mark.parametrize(
    ("number", "profession", "change"),
    [
        ("3000000001", "laundry-worker", {"id_number": "3000000002"}),
        ("3000000002", "cleaner", {"profession": "laundry-worker"}),
    ],
)
def test_no_edit_leads_to_a_second_certificate(
    issued: Any, of_border: Any, edits: Any, number: str, profession: str, change: Any
) -> None:
    issued(worker={**BORDER, "id_number": "3000000002"}, residence_permit_until=None)
    row = of_border(number, profession=profession)

    with pytest.raises(CertificateHeld):
        edits(row, **change)


@pytest.mark.parametrize("result", [None, "fit", "unfit"])
def test_after_the_examinations_last_day_neither_worker_nor_centre_is_changed(
    of_border: Any, session: Any, enters: Any, result: str | None
) -> None:
    """Whatever was entered: the refusal looks at the clock alone."""
    row = of_border("3000000001")
    if result:
        enters(row, result)
    work = UnitOfWork(session, DELEGATE, row.examined_until + timedelta(seconds=1))
    own = DELEGATE.applicant()

    with pytest.raises(amend.ExaminationTimeOver):
        amend.amend(work, own, row.request_id, {"sex": "female"})
    with pytest.raises(amend.ExaminationTimeOver):
        amend.change_centre(work, own, row.request_id, "qatif-centre")

    assert (row.revision, row.centre) == (1, "saihat-centre")


@pytest.mark.parametrize("result", [None, "fit", "unfit"])
def test_who_comes_after_the_examinations_last_day_reads_that_its_time_is_over(
    client: Any, everybody: Any, of_border: Any, session: Any, enters: Any, result: str | None
) -> None:
    month_ago = datetime.now(UTC) - timedelta(days=31)
    row = of_border("3000000001", at=month_ago)
    if result:
        enters(row, result, at=month_ago, examined_on=legal_day(month_ago))
    place = f"/v1/my/health-certificate-requests/{row.request_id}"
    header = everybody["delegate"]

    refused = [
        client.patch(place, json={"sex": "female"}, headers=header),
        client.put(f"{place}/centre", json={"centre": "qatif-centre"}, headers=header),
    ]

    told = [(one.status_code, one.json()["type"].rpartition("/")[2]) for one in refused]
    assert told == [(409, "examination-time-over")] * 2
    session.expire_all()
    assert (row.revision, row.centre) == (1, "saihat-centre")


def test_at_the_last_moment_the_worker_may_still_be_changed(of_border: Any, session: Any) -> None:
    row = of_border("3000000001")
    work = UnitOfWork(session, DELEGATE, row.examined_until)

    amend.amend(work, DELEGATE.applicant(), row.request_id, {"sex": "female"})

    assert row.revision == 2
