"""Municipalities wait for decisions, and are told of changes of their own things."""

import json

import pytest
from municipal import (
    APPLICATIONS,
    BODY,
    LICENCES,
    OWNER,
    activity_event,
    application_event,
    body,
    licence_event,
    number,
    received,
)

from chassis.core.ids import new_id


def test_a_decision_that_is_there_is_answered_at_once(client, clerk, project_licences):
    project_licences(activity_event())
    head = clerk(key="k")
    accepted = client.post(APPLICATIONS, json=BODY, headers=head)
    application_id = accepted.json()["application_id"]
    waiting = {**head, "Prefer": "wait=5"}
    undecided = client.post(APPLICATIONS, json=BODY, headers=waiting)

    project_licences(application_event(application_id, licence_no=number(1)))
    without_licence = client.post(APPLICATIONS, json=BODY, headers=waiting)
    project_licences(licence_event(number(1), application_id=application_id))
    decided = client.post(APPLICATIONS, json=BODY, headers=waiting)

    assert (accepted.status_code, undecided.status_code, without_licence.status_code) == (
        202,
        202,
        202,
    )
    assert decided.status_code == 200, decided.text
    assert decided.headers["preference-applied"] == "wait=5"
    assert decided.headers["idempotency-replayed"] == "true"
    assert decided.json()["application"]["status"] == "issued"
    assert decided.json()["licence"]["licence_no"] == number(1)
    assert client.post(APPLICATIONS, json=BODY, headers=head).status_code == 202


@pytest.mark.parametrize(
    "status", ["refused", "waiting", "returned", "in_review", "awaiting_payment"]
)
def test_a_decision_without_a_licence_is_answered_too(client, clerk, project_licences, status):
    project_licences(activity_event())
    head = {**clerk(key="k"), "Prefer": "wait=1"}
    application_id = client.post(APPLICATIONS, json=body(), headers=head).json()["application_id"]
    project_licences(application_event(application_id, status=status, licence_no=None))

    answer = client.post(APPLICATIONS, json=body(), headers=head)

    assert (answer.status_code, answer.json()["licence"]) == (200, None)
    assert answer.json()["application"]["status"] == status


def test_a_caller_who_waits_after_a_correction_does_not_get_the_corrected_state(
    client, clerk, project_licences
):
    project_licences(activity_event())
    application_id = client.post(APPLICATIONS, json=BODY, headers=clerk(key="k")).json()[
        "application_id"
    ]
    project_licences(application_event(application_id, status="returned", licence_no=None))
    path, head = f"{APPLICATIONS}/{application_id}/corrections", clerk(key="k-2")
    waiting = {**head, "Prefer": "wait=1"}

    before = client.post(path, json=BODY, headers=waiting)
    project_licences(application_event(application_id, sequence=2, status="submitted"))
    taken = client.post(path, json=BODY, headers=waiting)
    project_licences(application_event(application_id, sequence=3, status="refused"))
    decided = client.post(path, json=BODY, headers=waiting)

    assert [one.status_code for one in (before, taken, decided)] == [202, 202, 200]
    assert decided.json()["application"]["status"] == "refused"


def test_a_municipality_hears_of_each_change_of_its_own_things_once(project_licences, session):
    from sqlalchemy import text

    application_id = new_id()
    heard, again = (
        application_event(application_id),
        licence_event(number(1), municipality="tarout"),
    )
    emptied = received(
        "licence.emptied", {**again.data, "sealed": None}, again.subject, again.sequence + 1
    )

    project_licences(heard, again, heard, again, emptied)

    rows = session.execute(text("SELECT subject, audiences, number, path FROM feed_event")).all()
    assert {(str(row.subject), tuple(row.audiences), row.path) for row in rows} == {
        (
            application_id,
            ("municipalities", "municipality/saihat"),
            f"{APPLICATIONS}/{application_id}",
        ),
        (again.subject, ("municipalities", "municipality/tarout"), f"{LICENCES}/{number(1)}"),
    }
    assert len(rows) == 2


def test_a_change_in_the_feed_names_nobody(project_licences, client, clerk, session):
    project_licences(application_event(new_id()), licence_event(number(1)))

    from partner_gateway.commands.feed_changes import change_of_application, change_of_licence

    for change in (
        change_of_application(application_event(new_id())),
        change_of_licence(licence_event(number(2))),
    ):
        told = json.dumps(change.data, ensure_ascii=False)
        assert "sealed" not in told
        assert OWNER["name"] not in told
