"""Numbers of documents: none is given twice, and none is missing without a reason."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Column, Engine, MetaData, String, Table, event, select, text
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import InvalidFields, NotFound
from chassis.core.settings import Settings
from chassis.data.db import Database
from chassis.data.numbers import AlreadyVoided, Number, NumberInUse, check, draw, draw_several, void
from chassis.run import cli
from chassis.service import Service

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
# A document of the sample: a thing whose name is branch, year and number.
THING = Table("thing", MetaData(), Column("name", String), Column("id", String))


def things(series: str) -> Any:
    return lambda: (
        select(
            text("split_part(name, '/', 2) AS branch"),
            text("split_part(name, '/', 3)::integer AS year"),
            text("split_part(name, '/', 4)::integer AS number"),
        )
        .select_from(THING)
        .where(text(f"name LIKE '{series}/%'"))
    )


def issue(session: Session, series: str, branch: str = "east", year: int = 1448) -> int:
    """Draws a number and stores its document."""
    number = draw(session, series, branch, year)
    store(session, series, branch, year, number)
    return number


def store(session: Session, *name: Any) -> None:
    session.execute(
        text("INSERT INTO thing (id, name, version) VALUES (:id, :name, 1)"),
        {"id": new_id(), "name": "/".join(map(str, name))},
    )


@pytest.fixture
def series() -> str:
    """A series of this test's own: committed rows stay."""
    return new_id()


def test_a_series_counts_from_one_for_each_branch_and_year(session: Session, series: str) -> None:
    drawn = [
        draw(session, series, branch, year)
        for branch, year in (("east", 1448), ("east", 1448), ("west", 1448), ("east", 1449))
    ]

    assert drawn == [1, 2, 1, 1]


def test_several_numbers_are_drawn_at_once_and_follow_those_before(
    session: Session, series: str
) -> None:
    draw(session, series, "east", 1448)

    assert list(draw_several(session, series, "east", 1448, 3)) == [2, 3, 4]
    assert draw(session, series, "east", 1448) == 5


def test_clerks_who_issue_and_fail_at_the_same_time_leave_no_gap_and_no_twin(
    real_database: Database, series: str
) -> None:
    class Broken(Exception):
        pass

    def clerk(seed: int) -> list[int]:
        chance, numbers = random.Random(seed), []
        for _ in range(15):
            try:
                with real_database.transaction() as session:
                    number = issue(session, series)
                    if chance.random() < 0.4:
                        raise Broken
                numbers.append(number)
            except Broken:
                continue
        return numbers

    with ThreadPoolExecutor(4) as pool:
        drawn = sorted(number for part in pool.map(clerk, range(4)) for number in part)

    with real_database.transaction() as session:
        assert check(session, {series: things(series)}) == []
    assert drawn == list(range(1, len(drawn) + 1))
    assert 15 < len(drawn) < 60


def test_a_number_without_a_document_is_found_until_it_is_explained(
    session: Session, series: str
) -> None:
    issue(session, series)
    draw(session, series, "east", 1448)
    issue(session, series)
    missing = Number(series, "east", 1448, 2)

    [before] = check(session, {series: things(series)})
    void(session, missing, things(series), reason="طبعت مرتين", by="p_auditor", now=NOW)
    [after] = check(session, {series: things(series)})

    assert (before.number, before.is_explained) == (missing, False)
    assert (after.number, after.is_explained) == (missing, True)
    assert (after.reason, after.voided_by, after.voided_at) == ("طبعت مرتين", "p_auditor", NOW)


def test_a_document_with_a_number_that_was_never_drawn_is_found(
    session: Session, series: str
) -> None:
    issue(session, series)
    store(session, series, "east", 1448, 7)

    [finding] = check(session, {series: things(series)})

    assert (finding.number.number, finding.is_drawn, finding.is_explained) == (7, False, False)


def test_only_a_drawn_number_is_voided_once_and_with_a_reason(
    session: Session, series: str
) -> None:
    draw(session, series, "east", 1448)
    one, by = Number(series, "east", 1448, 1), {"by": "p_auditor", "now": NOW}

    for wrong in (Number(series, "east", 1448, 2), Number(series, "west", 1448, 1)):
        with pytest.raises(NotFound):
            void(session, wrong, things(series), reason="سبب", **by)
    with pytest.raises(InvalidFields):
        void(session, one, things(series), reason=" ", **by)
    void(session, one, things(series), reason="سبب", **by)
    with pytest.raises(AlreadyVoided):
        void(session, one, things(series), reason="سبب آخر", **by)


def test_a_number_that_a_document_bears_is_not_voided(session: Session, series: str) -> None:
    one = Number(series, "east", 1448, issue(session, series))

    with pytest.raises(NumberInUse):
        void(session, one, things(series), reason="سبب", by="p_auditor", now=NOW)

    assert check(session, {series: things(series)}) == []


def test_a_document_with_a_voided_number_is_found(session: Session, series: str) -> None:
    one = Number(series, "east", 1448, draw(session, series, "east", 1448))
    void(session, one, things(series), reason="تلفت", by="p_auditor", now=NOW)
    store(session, series, "east", 1448, 1)

    [finding] = check(session, {series: things(series)})

    assert (finding.number, finding.is_borne, finding.is_explained) == (one, True, False)
    assert (finding.reason, finding.voided_by) == ("تلفت", "p_auditor")


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, series: str) -> Any:
    """`run("check")`: the command line of a service with this test's series."""
    service = Service(name="sample", package="sample", numbers={series: things(series)})
    for name in ("database_url", "kafka_bootstrap_servers", "issuer", "cursor_key"):
        monkeypatch.setenv(name.upper(), str(getattr(settings, name, "")))
    return lambda *words: CliRunner().invoke(cli.group(service), ["numbers", *words])


def test_the_command_fails_for_a_missing_number_and_lists_it_with_its_reason_afterwards(
    real_database: Database, series: str, run: Any
) -> None:
    with real_database.transaction() as session:
        draw(session, series, "east", 1448)
        issue(session, series)

    missing = run("check")
    voided = run("void", series, "east", "1448", "1", "--reason", "تلفت", "--by", "p_auditor")
    explained = run("check")

    assert (missing.exit_code, voided.exit_code, explained.exit_code) == (1, 0, 0)
    assert f"{series}\teast\t1448/1\tMISSING" in missing.output
    assert "by p_auditor: تلفت" in explained.output
    assert "1 numbers to explain, 0 of them unexplained" in explained.output


def test_documents_that_are_issued_during_a_check_are_no_finding(
    real_database: Database, series: str, run: Any
) -> None:
    def issue_one(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("SELECT branch, year, last FROM number_series"):
            with real_database.transaction() as session:
                issue(session, series)

    event.listen(Engine, "after_cursor_execute", issue_one)
    try:
        checked = run("check")
    finally:
        event.remove(Engine, "after_cursor_execute", issue_one)

    assert (checked.exit_code, checked.output) == (
        0,
        "0 numbers to explain, 0 of them unexplained\n",
    )
    with real_database.transaction() as session:
        assert draw(session, series, "east", 1448) == 2


def test_the_command_refuses_to_void_a_number_that_a_document_bears(
    real_database: Database, series: str, run: Any
) -> None:
    with real_database.transaction() as session:
        issue(session, series)

    refused = run("void", series, "east", "1448", "1", "--reason", "سبب", "--by", "p_auditor")

    assert refused.exit_code == 1
    assert "a document bears it" in refused.output


def test_the_command_refuses_to_void_a_number_that_was_never_drawn(series: str, run: Any) -> None:
    refused = run("void", series, "east", "1448", "9", "--reason", "سبب", "--by", "p_auditor")

    assert refused.exit_code == 1
    assert "not-found" in refused.output
