"""Retention: years after its end a transaction says no longer who and what."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from chassis.core.refusals import NotFound
from chassis.data.aggregates import history
from documents.issuing.reading import verified
from documents.issuing.signing import Signing
from saudi.days import legal_day
from transactions.commands import move, retention
from transactions.commands.applicants import find_by_applicant, reveal_applicant
from transactions.commands.letters import cancel_letter, document_of, issue_letter
from transactions.domain.access import RETENTION
from transactions.models import REGISTER, Transaction
from transactions.queries import movements_of

from .conftest import NOW
from .people import CLERK, OWNER, SURVEYOR

LATER = NOW + timedelta(days=3_651)


def test_only_what_ended_before_is_emptied(entered: Any, work: Any, session: Any) -> None:
    open_one, ended = entered(), entered()
    move.withdraw_own(work(OWNER), OWNER.citizen(), ended.transaction_id)

    count = retention.empty_old(work(RETENTION, LATER), before=NOW + timedelta(days=1))

    session.refresh(open_one)
    session.refresh(ended)
    assert count == 1
    assert open_one.subject is not None
    assert (ended.subject, ended.applicant, ended.applicant_key) == (None, None, None)
    assert ended.number == "1448047000002"


def test_emptying_leaves_no_text_no_file_and_no_letter(
    entered: Any, work: Any, session: Any, file: Any, outbox_rows: Any
) -> None:
    row = entered(documents=[{"attachment_id": file(CLERK), "paper": "deed"}])
    issue_letter(work(SURVEYOR), row.transaction_id, {"subject": "إفادة", "body": "نص"})
    move.decide(work(SURVEYOR), row.transaction_id, outcome="approved", note="لا مانع")
    move.file_away(work(SURVEYOR), row.transaction_id, reason="انتهت")
    find_by_applicant(work(CLERK), OWNER.id_number, reason="حضر دون رقم")

    retention.empty_old(work(RETENTION, LATER), before=LATER)

    counts = session.execute(
        text(
            "SELECT (SELECT count(*) FROM movement WHERE text IS NOT NULL),"
            " (SELECT count(*) FROM letter WHERE body IS NOT NULL OR recipient IS NOT NULL),"
            " (SELECT count(*) FROM paper), (SELECT count(*) FROM attachment WHERE owner_id IS NOT NULL)"
        )
    ).one()
    assert tuple(counts) == (0, 0, 0, 0)
    last = outbox_rows()[-1]
    assert last.type.endswith(".emptied.v1")
    assert last.envelope["data"]["inquiry"]["match"] == []
    assert len(movements_of(session, row.transaction_id)) == 6


def test_nothing_is_emptied_twice(entered: Any, work: Any) -> None:
    row = entered()
    move.withdraw_own(work(OWNER), OWNER.citizen(), row.transaction_id)

    counts = [retention.empty_old(work(RETENTION, LATER), before=LATER) for _ in range(2)]

    assert counts == [1, 0]


def test_a_decision_that_nobody_filed_is_filed_and_emptied(
    entered: Any, work: Any, session: Any, happened: Any
) -> None:
    key = entered().transaction_id
    move.decide(work(SURVEYOR), key, outcome="approved", note="لا مانع")

    count = retention.empty_old(work(RETENTION, LATER), before=LATER)

    row = session.get_one(Transaction, key)
    assert (count, row.status, row.outcome) == (1, "filed", "approved")
    assert (row.subject, row.applicant, row.ended_at) == (None, None, LATER)
    assert happened()[-2:] == ["filed", "emptied"]
    lines = history(session, ("transaction", key))[-2:]
    assert [(one.action, one.subject) for one in lines] == [
        ("file", RETENTION.subject),
        ("empty", RETENTION.subject),
    ]
    moves = movements_of(session, key)
    assert [one.text for one in moves if one.text] == []
    assert retention.empty_old(work(RETENTION, LATER), before=LATER) == 0


def test_retention_counts_from_a_decision_and_waits_for_what_is_open(
    entered: Any, work: Any, session: Any
) -> None:
    key, waiting = entered().transaction_id, entered().transaction_id
    move.decide(work(SURVEYOR), key, outcome="approved", note="لا مانع")

    early = retention.empty_old(work(RETENTION, LATER), before=NOW)
    late = retention.empty_old(work(RETENTION, LATER), before=NOW + timedelta(seconds=1))

    assert (early, late) == (0, 1)
    assert session.get_one(Transaction, waiting).subject is not None


def test_what_is_emptied_takes_no_new_text(entered: Any, work: Any, session: Any) -> None:
    key = entered().transaction_id
    move.file_away(work(SURVEYOR), key, reason="انتهت")
    retention.empty_old(work(RETENTION, LATER), before=LATER)

    with pytest.raises(NotFound):
        reveal_applicant(work(SURVEYOR, LATER), key, reason="للاتصال به")

    assert [one.text for one in movements_of(session, key) if one.text] == []


def test_a_letter_that_is_emptied_is_cancelled_without_its_reason(
    entered: Any, work: Any, session: Any, settings: Any
) -> None:
    key = entered().transaction_id
    signing = Signing(settings.keyrings()["document_key"], settings.documents_base)
    letter = issue_letter(work(SURVEYOR), key, {"subject": "إفادة", "body": "نص"})
    printed = document_of(work(SURVEYOR), key, letter.letter_id, signing).document_id
    move.file_away(work(SURVEYOR), key, reason="انتهت")
    retention.empty_old(work(RETENTION, LATER), before=LATER)
    session.expire_all()

    cancel_letter(work(SURVEYOR, LATER), key, letter.letter_id, reason="خطأ")

    found = verified(session, [REGISTER], printed, today=legal_day(LATER))
    assert found.state_today == "cancelled"
    assert [one.text for one in movements_of(session, key) if one.text] == [letter.letter_no]
