"""Submissions with real commits: what several requests do to each other, and what a refused one leaves."""

from concurrent.futures import ThreadPoolExecutor

from municipal import APPLICATIONS, BODY, activity_event, body
from sqlalchemy import select, text

from chassis.core.ids import new_id
from partner_gateway.models import LicenceApplication


def test_every_answer_has_its_row_in_the_record(real_client, real_database, committed, clerk):
    committed(activity_event())
    person = new_id()

    def headers(*scopes):
        return clerk(*scopes, key=new_id(), sub=person)

    accepted = real_client.post(APPLICATIONS, json=BODY, headers=headers()).json()["application_id"]
    real_client.post(APPLICATIONS, json=body(years=4), headers=headers())
    real_client.get(f"{APPLICATIONS}/{accepted}", headers=headers())
    real_client.get(f"{APPLICATIONS}/{new_id()}", headers=headers())
    real_client.get(APPLICATIONS, headers=headers("licences.submit"))

    with real_database.transaction() as session:
        rows = session.execute(
            text(
                "SELECT operation, decision, reason, result_count, organisation FROM access_log"
                " WHERE subject = :person ORDER BY at"
            ),
            {"person": person},
        ).all()
    assert [tuple(row[:4]) for row in rows] == [
        ("submit_licence_application", "allowed", None, 1),
        ("submit_licence_application", "denied", "invalid-request", 0),
        ("get_licence_application", "allowed", None, 1),
        ("get_licence_application", "denied", "not-found", 0),
        ("find_licence_applications", "denied", "scope-missing", 0),
    ]
    assert {row.organisation for row in rows} == {"saihat"}


def test_twenty_requests_at_once_with_one_key_are_one_application(
    real_client, real_database, committed, clerk
):
    committed(activity_event())
    headers = clerk(key=new_id(), kind="machine", municipality="safwa")
    sent = body(place={**BODY["place"], "town": "صفوى", "district": "الروابي"}, workers=977)

    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda _: real_client.post(APPLICATIONS, json=sent, headers=headers), range(20)
            )
        )

    assert {one.status_code for one in answers} <= {202, 409}
    ids = {one.json()["application_id"] for one in answers if one.status_code == 202}
    assert len(ids) == 1
    with real_database.transaction() as session:
        found = session.scalars(
            select(LicenceApplication.application_id).where(
                LicenceApplication.municipality == "safwa"
            )
        ).all()
    assert found == list(ids)
