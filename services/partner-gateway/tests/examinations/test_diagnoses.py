"""Nothing that a medical centre sends carries a diagnosis."""

import pytest
from examining import (
    body,
    entries,
    headers_of,
    result_of,
)
from sqlalchemy import text

DIAGNOSIS = "hepatitis-b"
UNKNOWN = ("diagnosis", "note", "comment", "remarks", "file", "attachments", "reason", DIAGNOSIS)


KNOWN = ("result", "examined_on", "practice_number", "correction_reason")


# Every way to carry a diagnosis besides what the contract names.
SMUGGLED = [
    *((name, {name: DIAGNOSIS}) for name in UNKNOWN),
    *((f"{name} as text", {name: DIAGNOSIS}) for name in KNOWN),
    *((f"{name} as list", {name: [DIAGNOSIS]}) for name in KNOWN),
    *((f"{name} as object", {name: {"value": "fit", "note": DIAGNOSIS}}) for name in KNOWN),
    ("behind the number", {"practice_number": f"12RM0012345 {DIAGNOSIS}"}),
    ("behind the day", {"examined_on": f"2026-11-25 {DIAGNOSIS}"}),
]


@pytest.mark.parametrize(("place", "changes"), SMUGGLED, ids=[name for name, _ in SMUGGLED])
def test_no_field_carries_a_diagnosis(chosen, enter, session, outbox_rows, place, changes):
    chosen()

    answer = enter(**changes)

    assert answer.status_code == 400, place
    assert DIAGNOSIS in changes or DIAGNOSIS not in answer.text  # the name of a field is told
    assert outbox_rows() == []
    assert entries(session) == []


def everything(session):
    """Every row of every table of the service, as text."""
    names = session.scalars(
        text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ).all()
    return "\n".join(
        str(row)
        for name in names
        for row in session.scalars(text(f'SELECT to_jsonb(t)::text FROM "{name}" t'))
    )


def test_no_query_carries_a_diagnosis(chosen, client, token, outbox_rows):
    chosen()

    answer = client.put(f"{result_of()}?note={DIAGNOSIS}", json=body(), headers=headers_of(token))

    assert answer.status_code == 400
    assert DIAGNOSIS not in answer.text
    assert outbox_rows() == []


def test_no_header_carries_a_diagnosis_anywhere(chosen, enter, session, caplog, capfd):
    chosen()
    headers = {
        "X-Diagnosis": DIAGNOSIS,
        "User-Agent": DIAGNOSIS,
        "Prefer": f"wait=1; note={DIAGNOSIS}",
        "Accept-Language": f"ar, {DIAGNOSIS}",
        "Baggage": f"note={DIAGNOSIS}",
        "Tracestate": f"note={DIAGNOSIS}",
    }

    answer = enter(key=f"{DIAGNOSIS}-1", headers=headers)

    assert answer.status_code == 202
    said = capfd.readouterr()
    assert DIAGNOSIS not in answer.text + caplog.text + said.out + said.err
    assert "health_examination" in everything(session) or entries(session)
    assert DIAGNOSIS not in everything(session)
