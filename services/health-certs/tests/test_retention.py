"""Personal data whose time is over: emptied, told once, and nothing of it left in a row."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from chassis.data.aggregates import JournalEntry
from chassis.data.unit_of_work import UnitOfWork
from documents.issuing.signing import Signing
from health_certs import catalogue
from health_certs.commands import cancel, decide, retention, signed_documents
from health_certs.commands.recording import SYSTEM
from health_certs.domain.access import Applicant
from health_certs.models import Education, Examination
from saudi.days import legal_day

from .conftest import COOK
from .people import HIMSELF, WORKER

PERSONAL = ("worker", "worker_key", "applicant")


def at(moment: Any, days: int) -> Any:
    """`before` of a job that runs so many days after the moment, when that many are kept."""
    return legal_day(moment + timedelta(days=days))


def journaled(session: Any, aggregate_id: str) -> list[tuple[str, str | None]]:
    entries = select(JournalEntry.action, JournalEntry.note).where(
        JournalEntry.aggregate_id == aggregate_id, JournalEntry.subject == "retention"
    )
    return [(action, note) for action, note in session.execute(entries)]


@pytest.mark.parametrize("result", ["unfit", None])
def test_a_request_that_came_to_nothing_is_emptied_the_same_whatever_it_ended_for(
    result: str | None, make_request: Any, enters: Any, session: Any, event_names: Any
) -> None:
    row = make_request()
    if result:
        enters(row, result)
    decide.end_unexamined(UnitOfWork(session, SYSTEM, row.examined_until), row)
    now = row.ended_at + timedelta(days=10)

    early = retention.empty_requests(
        UnitOfWork(session, retention.RETENTION, now), legal_day(row.ended_at)
    )
    done = retention.empty_requests(
        UnitOfWork(session, retention.RETENTION, now), at(row.ended_at, 1)
    )
    again = retention.empty_requests(
        UnitOfWork(session, retention.RETENTION, now), at(row.ended_at, 1)
    )

    assert (early, done, again) == (0, 1, 0)
    assert [getattr(row, name) for name in (*PERSONAL, "end_reason")] == [None] * 4
    assert (row.status, row.emptied_at) == ("not_issued", now)
    session.expire_all()
    assert [one.entry for one in session.query(Examination)] == [None] * (1 if result else 0)
    assert event_names("request") == ["submitted", "ended", "emptied"]
    assert journaled(session, row.request_id) == [
        ("empty", "worker, applicant, photo, results, reason")
    ]
    left = session.execute(text("SELECT count(*) FROM attachment WHERE owner_id IS NOT NULL"))
    assert left.scalar() == 0


def test_an_open_request_and_an_issued_one_are_left_alone(
    make_request: Any, issued: Any, session: Any
) -> None:
    row, made = make_request(profession="cleaner"), issued()

    before = legal_day(row.completed_until + timedelta(days=900))

    assert (
        retention.empty_requests(
            UnitOfWork(session, retention.RETENTION, row.completed_until), before
        )
        == 0
    )
    assert made.worker is not None


def test_results_go_some_days_after_the_certificates_end_and_tell_nobody(
    issued: Any, session: Any, event_names: Any
) -> None:
    over, ended, kept = (
        issued(worker={"id_number": number}) for number in (WORKER, "2000000014", "2000000022")
    )
    over.valid_until = legal_day(over.changed_at)
    cancel.cancel(
        UnitOfWork(session, HIMSELF, ended.changed_at), _of("2000000014"), ended.certificate_no
    )
    events = len(event_names("certificate"))

    now = over.changed_at + timedelta(days=91)
    done = retention.empty_results(
        UnitOfWork(session, retention.RETENTION, now), at(over.changed_at, 1)
    )

    assert done == 2
    session.expire_all()
    entries = {one.request_id: one.entry for one in session.query(Examination)}
    assert (entries[over.request_id], entries[ended.request_id]) == (None, None)
    assert entries[kept.request_id] is not None
    assert len(event_names("certificate")) == events
    assert (over.worker["id_number"], over.status) == (WORKER, "valid")
    assert (
        retention.empty_results(
            UnitOfWork(session, retention.RETENTION, now), at(over.changed_at, 1)
        )
        == 0
    )


def _of(number: str) -> Any:

    return Applicant(subject="c_of_number", id_number=number)


def test_a_certificate_is_emptied_with_its_request_and_its_documents(
    issued: Any, session: Any, settings: Any, event_names: Any, now: Any
) -> None:
    made = issued()
    signing = Signing(settings.keyrings()["document_key"], settings.documents_base)
    paper = signed_documents.document_of(session, HIMSELF, made, signing, now=now)
    document_id = paper.document_id
    before = made.valid_until + timedelta(days=1)

    assert (
        retention.empty_certificates(
            UnitOfWork(session, retention.RETENTION, now), made.valid_until
        )
        == 0
    )
    assert retention.empty_certificates(UnitOfWork(session, retention.RETENTION, now), before) == 1
    assert retention.empty_certificates(UnitOfWork(session, retention.RETENTION, now), before) == 0

    session.expire_all()
    assert [getattr(made, name) for name in (*PERSONAL, "reason")] == [None] * 4
    kept = session.get(type(paper), document_id)
    assert (kept.content, kept.code, kept.initials) == (None, None, None)
    assert event_names("certificate") == ["issued", "emptied"]
    assert event_names("request")[-2:] == ["issued", "emptied"]
    for table in ("request", "certificate", "signed_document", "examination"):
        rows = session.execute(text(f"SELECT to_jsonb(t)::text FROM {table} t")).scalars()
        assert not [row for row in rows if WORKER in row or "Sample Worker" in row]


def test_what_was_emptied_is_nobodys_and_still_counts(
    issued: Any, session: Any, client: Any, token: Any, now: Any
) -> None:
    made = issued()
    retention.empty_certificates(
        UnitOfWork(session, retention.RETENTION, now), made.valid_until + timedelta(days=1)
    )

    header = token("health-certs.read", municipality="saihat")
    seen = client.get(f"/v1/health-certificates/{made.certificate_no}", headers=header).json()
    asked = client.post(
        "/v1/public/health-certificate-verifications",
        json={"certificate_no": made.certificate_no, "id_number": WORKER},
    )

    assert (seen["worker"], seen["certificate_no"]) == (None, made.certificate_no)
    assert asked.status_code == 404


def test_a_pass_forgets_its_worker(
    make_request: Any, educates: Any, session: Any, now: Any
) -> None:
    educates(make_request(**COOK))
    (passed,) = session.query(Education)
    until = passed.valid_until

    work = UnitOfWork(session, retention.RETENTION, now)

    assert retention.empty_passes(work, until) == 0
    assert retention.empty_passes(work, until + timedelta(days=1)) == 1

    session.expire_all()
    assert (passed.worker_number, passed.worker_key, passed.valid_until) == (None, None, until)


def test_the_times_are_the_files(now: Any) -> None:
    kept = catalogue.retention()

    assert (kept.requests, kept.results, kept.certificates, kept.passes) == (180, 90, 1825, 365)
