"""Desks, the consumer and the chore at the same moment, with real commits."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from examining import answer_event, body, headers_of, opened, request_event, result_of
from sqlalchemy import delete, select, text

from chassis.core.ids import new_id
from partner_gateway.commands import examinations as commands
from partner_gateway.models import Examinee, HealthExamination

NUMBER = "1448049000201"


def at_once(acts):
    """The answers of acts that begin together."""
    gate = Barrier(len(acts))

    def run(act):
        gate.wait(10)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.fixture
def chosen(real_database, settings):
    """A request of the centre of Qatif; all that's entered about it is gone afterwards."""
    key = new_id()
    with real_database.transaction() as session:
        event = request_event(key, number=NUMBER)
        commands.keep_examinees(session, [commands.examinee_row(event, settings)])
    yield key
    with real_database.transaction() as session:
        session.execute(delete(HealthExamination))
        session.execute(delete(Examinee))
        session.execute(text("DELETE FROM quota_used"))
        session.execute(text("DELETE FROM outbox"))


@pytest.fixture
def enter(real_client, token, chosen):
    def enter(result="fit", **changes):
        headers = headers_of(token, sub=f"p_{new_id()}")
        return real_client.put(result_of(NUMBER), json=body(result, **changes), headers=headers)

    return enter


@pytest.fixture
def told(real_database):
    """`told()` → (entry's id, sequence, sealed text) of what was published."""

    def told():
        with real_database.transaction() as session:
            rows = session.execute(
                text(
                    "SELECT aggregate_id, version, convert_from(data, 'UTF8')::jsonb->'data'->>'sealed'"
                    " FROM outbox WHERE topic = 'partner-gateway.health-examination'"
                    " ORDER BY aggregate_id, version"
                )
            ).all()
        return [tuple(row) for row in rows]

    return told


@pytest.fixture
def answer(real_database, settings):
    """`answer(examination_id)`: as the consumer does, in a transaction of its own."""

    def answer(examination_id, **more):
        with real_database.transaction() as session:
            commands.record_answer(session, answer_event(examination_id, **more), settings)

    return answer


def entries(real_database):
    with real_database.transaction() as session:
        rows = session.scalars(select(HealthExamination).order_by(HealthExamination.entered_at))
        return [(one.examination_id, one.status, one.corrects, one.sealed is None) for one in rows]


def test_one_of_two_results_at_one_moment_is_taken(enter, told, real_database):
    before = len(told())

    answers = at_once([lambda: enter("fit"), lambda: enter("unfit")] * 2)

    assert sorted(one.status_code for one in answers) == [202, 409, 409, 409]
    assert len(entries(real_database)) == len(told()) - before == 1


def test_a_correction_beside_the_answer_is_refused_or_names_what_it_corrects(
    enter, answer, told, real_database
):
    for _ in range(5):
        first = enter("unfit").json()["examination_id"]

        corrected, _ = at_once(
            [
                lambda: enter("fit", correction_reason="entry-error"),
                lambda first=first: answer(first),
            ]
        )

        found = {one[0]: one[1:] for one in entries(real_database)}
        assert found.pop(first) == ("accepted", None, True)
        if corrected.status_code == 202:
            assert found == {corrected.json()["examination_id"]: ("pending", first, False)}
        else:
            assert (corrected.status_code, corrected.json()["code"]) == (409, "pending")
            assert found == {}
        with real_database.transaction() as session:
            session.execute(delete(HealthExamination))


def test_one_of_two_corrections_at_one_moment_is_taken(enter, answer, told, real_database):
    first = enter("unfit").json()["examination_id"]
    answer(first)

    answers = at_once([lambda: enter("fit", correction_reason="entry-error")] * 3)

    assert sorted(one.status_code for one in answers) == [202, 409, 409]
    assert [one[2] for one in entries(real_database)] == [None, first]


def test_several_processes_publish_an_entry_again_only_once(enter, told, real_database):
    key = enter().json()["examination_id"]
    later = datetime.now(UTC) + timedelta(minutes=2)

    def again():
        with real_database.transaction() as session:
            return commands.publish_again(session, later)

    assert sum(at_once([again] * 4)) == 1
    first, second = told()
    assert (first[:2], second[:2]) == ((key, 1), (key, 2))
    assert first[2] == second[2]


def test_an_entry_published_again_beside_its_answer_is_never_an_emptied_text(
    enter, answer, told, real_database
):
    later = datetime.now(UTC) + timedelta(minutes=2)

    def again():
        with real_database.transaction() as session:
            return commands.publish_again(session, later)

    for _ in range(5):
        key = enter().json()["examination_id"]

        at_once([again, lambda key=key: answer(key)])

        assert again() == 0
        with real_database.transaction() as session:
            session.execute(delete(HealthExamination))
    assert {len(sealed) for _, _, sealed in told()} == {1404}
    assert all(opened({"examination_id": key, "sealed": one})["result"] for key, _, one in told())


def test_an_end_that_arrives_beside_a_result_leaves_a_row_of_it_or_none(
    enter, chosen, settings, real_database
):
    def end():
        with real_database.transaction() as session:
            event = request_event(chosen, number=NUMBER, sequence=2, centre=None, happened="ended")
            commands.keep_examinees(session, [commands.examinee_row(event, settings)])

    entered, _ = at_once([enter, end])

    assert entered.status_code in (202, 404)
    assert len(entries(real_database)) == (entered.status_code == 202)
    with real_database.transaction() as session:
        row = session.execute(select(Examinee.worker_key, Examinee.centre)).one()
    assert tuple(row) == (None, None)
