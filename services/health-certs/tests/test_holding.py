"""A certificate that ends before its last day: by its worker, an establishment, or the municipality."""

from typing import Any

import pytest

from chassis.core.refusals import IllegalTransition, NotFound
from chassis.data.unit_of_work import UnitOfWork
from health_certs.commands import cancel
from health_certs.domain.certificates import RevocationReason, opened_reason
from health_certs.models import Certificate, Request

from .people import DELEGATE, HIMSELF, OFFICER, SHOP, STRANGER, Actor

OTHER_BRANCH = Actor("p_other", client_id="tarout-desk", attributes={"municipality": "tarout"})
SAUDI = {"id_type": "national_id", "id_number": "1000000040", "nationality": "SAU"}


def told_of(outbox_rows: Any, certificate: Certificate) -> list[dict[str, Any]]:
    """The states that the topic tells of a certificate, without what differs by its id and its time."""
    hidden = ("certificate_id", "certificate_no", "request_id", "inquiry", "contacts", "worker")
    return [
        {"type": one.type}
        | {name: value for name, value in one.envelope["data"].items() if name not in hidden}
        for one in outbox_rows()
        if one.topic == "health-certs.certificate"
        and one.envelope["data"]["certificate_id"] == certificate.certificate_id
    ]


@pytest.mark.parametrize("who", [HIMSELF, DELEGATE])
def test_a_worker_and_for_who_is_no_saudi_his_establishment_cancel(
    who: Actor, issued: Any, session: Any, event_names: Any
) -> None:
    made = issued()

    cancel.cancel(UnitOfWork(session, who, made.changed_at), who.applicant(), made.certificate_no)

    assert made.status == "cancelled"
    assert event_names("certificate") == ["issued", "cancelled"]


def test_a_saudis_certificate_is_his_alone_to_cancel(issued: Any, session: Any) -> None:
    made = issued(worker=SAUDI, residence_permit_until=None)

    with pytest.raises(cancel.WorkerCancelsHimself):
        cancel.cancel(
            UnitOfWork(session, DELEGATE, made.changed_at),
            DELEGATE.applicant(),
            made.certificate_no,
        )
    assert made.status == "valid"


def test_others_have_nothing_to_cancel(issued: Any, session: Any) -> None:
    made = issued()

    for number in (made.certificate_no, "1448048999999"):
        with pytest.raises(NotFound):
            cancel.cancel(
                UnitOfWork(session, STRANGER, made.changed_at), STRANGER.applicant(), number
            )


def test_a_certificate_ends_once(issued: Any, session: Any) -> None:
    made = issued()
    own, now = HIMSELF.applicant(), made.changed_at
    cancel.cancel(UnitOfWork(session, HIMSELF, now), own, made.certificate_no)

    with pytest.raises(IllegalTransition):
        cancel.cancel(UnitOfWork(session, HIMSELF, now), own, made.certificate_no)


def test_a_certificate_is_revoked_once(issued: Any, session: Any) -> None:
    made = issued()
    work = UnitOfWork(session, OFFICER, made.changed_at)
    cancel.revoke(work, made.certificate_no, RevocationReason.MISUSED)

    with pytest.raises(IllegalTransition):
        cancel.revoke(work, made.certificate_no, RevocationReason.MISUSED)


def test_what_has_expired_is_neither_cancelled_nor_revoked(
    issued: Any, session: Any, later: Any
) -> None:
    made = issued()
    now = later(made.valid_until, days=1)

    with pytest.raises(IllegalTransition, match="expired"):
        cancel.cancel(UnitOfWork(session, HIMSELF, now), HIMSELF.applicant(), made.certificate_no)
    with pytest.raises(IllegalTransition, match="expired"):
        cancel.revoke(
            UnitOfWork(session, OFFICER, now), made.certificate_no, RevocationReason.MISUSED
        )


def test_a_cancelled_certificate_is_not_revoked_after_its_last_day(
    issued: Any, session: Any, later: Any
) -> None:
    made = issued()
    own = HIMSELF.applicant()
    cancel.cancel(UnitOfWork(session, HIMSELF, made.changed_at), own, made.certificate_no)
    now = later(made.valid_until, days=1)

    with pytest.raises(IllegalTransition, match="cancelled"):
        cancel.revoke(
            UnitOfWork(session, OFFICER, now), made.certificate_no, RevocationReason.MISUSED
        )


def test_the_municipality_revokes_for_a_reason_that_no_event_tells(
    issued: Any, session: Any, outbox_rows: Any
) -> None:
    made = issued()

    reason = RevocationReason.FALSE_PARTICULARS
    cancel.revoke(UnitOfWork(session, OFFICER, made.changed_at), made.certificate_no, reason)

    assert (made.status, opened_reason(made.reason)) == ("revoked", reason)
    last = told_of(outbox_rows, made)[-1]
    assert last["type"] == "sa.gov.qatif.health-certs.certificate.revoked.v1"
    assert not [word for word in ("reason", "false-particulars") if word in str(last)]


def test_another_branch_revokes_nothing(issued: Any, session: Any) -> None:
    made = issued()

    with pytest.raises(NotFound):
        cancel.revoke(
            UnitOfWork(session, OTHER_BRANCH, made.changed_at),
            made.certificate_no,
            RevocationReason.MISUSED,
        )


def test_a_cancellation_for_an_unfit_result_looks_like_every_other(
    issued: Any, session: Any, enters: Any, outbox_rows: Any
) -> None:
    """The same minute, three wills: of the worker, of the establishment, and of a corrected result."""
    seen = []
    for number, who in (("2000000006", HIMSELF), ("2000000014", DELEGATE), ("2000000022", None)):
        made = issued(worker={"id_number": number})
        if who is None:
            enters(session.get(Request, made.request_id), "unfit", at=made.changed_at)
        else:
            own = who.applicant()
            cancel.cancel(UnitOfWork(session, who, made.changed_at), own, made.certificate_no)
        seen.append(told_of(outbox_rows, made))

    assert seen[0] == seen[1] == seen[2]
    assert seen[0][-1]["status"] == "cancelled"
    assert seen[0][-1]["establishment"]["unified_number"] == SHOP
