"""The projections of licences and of examinees, rebuilt: the newest states, and what was submitted here alone."""

import json

import pytest
from examining import WORKER, request_event
from municipal import BODY, activity_event, application_event, licence_event
from sqlalchemy import delete, select, text

from chassis.core.ids import new_id
from chassis.core.times import rfc3339
from chassis.events import kafka
from partner_gateway.cli.rebuild import PROJECTIONS, WouldLose, rebuild
from partner_gateway.models import Examinee, Licence, LicenceActivity, LicenceApplication


class Topic:
    """A topic with these events, read once from its beginning."""

    def __init__(self, *events):
        self.records = [record(one) for one in events]

    def __call__(self, _servers, _topic):
        return self

    def up_to_now(self, _size):
        records, self.records = self.records, []
        if records:
            yield records

    def close(self):
        return


def record(event):
    document = {
        "specversion": "1.0", "id": event.id, "source": "/licences", "type": event.type,
        "subject": event.subject, "time": rfc3339(event.time), "sequence": str(event.sequence), "data": event.data,
    }  # fmt: skip
    return kafka.Record(topic="t", key=event.subject, value=json.dumps(document).encode())


@pytest.fixture
def tables(real_database):
    yield real_database
    with real_database.transaction() as session:
        for model in (LicenceApplication, Licence, LicenceActivity, Examinee):
            session.execute(delete(model))


@pytest.fixture
def rebuilt(tables, settings, monkeypatch):
    """`rebuilt("licences", event, …)`: from a topic with these events."""

    def rebuilt(name, *events, **options):
        monkeypatch.setattr(kafka, "TopicReader", Topic(*events))
        return rebuild(PROJECTIONS[name], tables, settings, print, **options)

    return rebuilt


def test_the_newest_state_of_each_thing_is_rebuilt(rebuilt, tables):
    licence = licence_event("144804000017")
    newer = licence_event(
        "144804000017", licence_id=licence.subject, sequence=2, status="suspended"
    )
    application_id = new_id()

    assert rebuilt("licences", licence, newer, licence) == 3
    rebuilt("applications", application_event(application_id, sequence=4))
    rebuilt("activities", activity_event(sequence=2))

    with tables.transaction() as session:
        (found,) = session.scalars(select(Licence)).all()
        (application,) = session.scalars(select(LicenceApplication)).all()
        (activity,) = session.scalars(select(LicenceActivity)).all()
    assert (found.version, found.status) == (2, "suspended")
    assert (application.application_id, application.version) == (application_id, 4)
    assert activity.version == 2


def own(tables, **columns):
    with tables.transaction() as session:
        row = LicenceApplication(
            application_id=new_id(), municipality="saihat", request="issue", status="submitted",
            submitted_at=activity_event().time, sent=1, **{"version": 0, **columns},
        )  # fmt: skip
        session.add(row)
    return row.application_id


def test_a_submission_without_a_state_yet_outlives_a_rebuild(rebuilt, tables):
    waiting = own(tables, reference_key="v1:a")
    known = own(tables, version=2, corrected_version=2, reference_key="v1:b", kind=BODY["kind"])

    rebuilt("applications", application_event(known, sequence=2, status="returned"))

    with tables.transaction() as session:
        rows = {one.application_id: one for one in session.scalars(select(LicenceApplication))}
    assert rows.keys() == {waiting, known}
    assert (rows[waiting].version, rows[waiting].reference_key) == (0, "v1:a")
    assert (rows[known].corrected_version, rows[known].reference_key, rows[known].sent) == (
        2,
        "v1:b",
        1,
    )


def test_a_rebuild_that_would_lose_a_state_leaves_the_live_projection(rebuilt, tables):
    known = own(tables, version=2)

    with pytest.raises(WouldLose, match="1 applications"):
        rebuilt("applications")

    with tables.transaction() as session:
        assert session.scalars(select(LicenceApplication.application_id)).all() == [known]
    assert rebuilt("applications", accept_loss=1) == 0


def test_indexes_keep_their_names_and_an_upsert_finds_them(rebuilt, tables, committed):
    rebuilt("licences", licence_event("144804000017"))
    rebuilt("applications")

    with tables.transaction() as session:
        names = session.scalars(
            text(
                "SELECT indexname FROM pg_indexes WHERE tablename IN ('licence', 'licence_application')"
            )
        ).all()
    assert sorted(names) == sorted(
        [
            *("pk_licence", "ix_licence_own", "ix_licence_all", "ix_licence_number"),
            *("pk_licence_application", "uq_licence_application_reference_key"),
            *(
                f"ix_licence_application_{end}"
                for end in ("own", "all", "number", "licence", "review")
            ),
        ]
    )
    committed(licence_event("144804000018"))


def test_whom_centres_examine_is_made_anew_and_who_is_done_with_stays_forgotten(
    rebuilt, tables, settings
):
    waiting, done = new_id(), new_id()
    rebuilt(
        "examinees",
        request_event(waiting, number="1448049000401"),
        request_event(done, number="1448049000402"),
        request_event(done, number="1448049000402", sequence=2, centre=None, happened="ended"),
    )

    with tables.transaction() as session:
        rows = {row.request_id: row for row in session.scalars(select(Examinee))}
        key = settings.blind_index.key(f"examinee|{WORKER}")
        assert (rows[waiting].worker["id_number"], rows[waiting].worker_key) == (WORKER, key)
        assert (rows[done].worker, rows[done].worker_key, rows[done].centre) == (None, None, None)
