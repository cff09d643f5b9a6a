"""Events of `licences` in the feed of municipalities."""

from dataclasses import replace
from datetime import timedelta

import pytest
from municipal import OWNER, application_event, bill_event, licence_event

from chassis.core import contracts
from chassis.core.ids import new_id
from partner_gateway.consumers import HANDLERS
from partner_gateway.feed import sequencer

NUMBER = "144804000017"
TOLD = ("licences.application", "licences.licence")


@pytest.fixture
def heard(project_licences, database, client, token, tenants):
    """`heard(event, …, by="saihat")` → what the feed tells of these events, and the whole answer."""

    def heard(*events, by="saihat"):
        project_licences(*events)
        sequencer.step(database)
        answer = client.get("/v1/events", headers=token("events.read", **tenants[by]))
        return answer.json()["items"], answer.text

    return heard


def test_an_issued_licence_is_heard_with_its_number_and_its_link(heard):
    event = licence_event(NUMBER)
    (told,), _ = heard(event)

    assert told["id"] == event.id
    assert told["type"] == "sa.gov.qatif.licences.licence.issued.v1"
    assert told["source"] == "/licences"
    assert (told["subject"], told["sequence"]) == (event.subject, "1")
    assert told["number"] == NUMBER
    assert told["link"] == f"https://gateway.test/v1/licences/{NUMBER}"
    assert told["data"]["status"] == "valid"
    assert told["data"]["expires_on"] == event.data["expires_on"]


def test_an_application_is_heard_with_what_it_waits_for(heard):
    event = application_event(new_id(), status="waiting", waits_for=["civil-defence"])
    (told,), _ = heard(event)

    assert told["number"] == event.data["application_no"]
    assert told["link"].endswith(f"/v1/licence-applications/{event.subject}")
    assert told["data"]["waits_for"] == ["civil-defence"]


def test_an_application_before_an_officer_is_heard_with_his_last_day(heard):
    reviewed = application_event(new_id(), status="in_review", review_until="2026-12-16")
    told, _ = heard(reviewed, application_event(new_id()))

    assert {one["subject"]: one["data"]["review_until"] for one in told} == {
        reviewed.subject: "2026-12-16",
        told[1]["subject"]: None,
    }


def test_nothing_sealed_and_nobody_who_is_spoken_to_is_told(heard):
    told, answer = heard(licence_event(NUMBER), application_event(new_id()))

    assert len(told) == 2
    for one in told:
        assert not {"sealed", "contacts", "inquiry"} & set(one["data"])
    assert OWNER["id_number"] not in answer


def test_a_municipality_hears_of_its_own_and_qatif_of_all(heard):
    events = [
        licence_event(NUMBER),
        licence_event("144804000018", municipality="tarout"),
        application_event(new_id(), municipality="tarout"),
    ]
    mine, _ = heard(*events)
    tarout, _ = heard(by="tarout")
    qatif, _ = heard(by="qatif")

    assert [one["id"] for one in mine] == [events[0].id]
    assert {one["id"] for one in tarout} == {events[1].id, events[2].id}
    assert {one["id"] for one in qatif} == {event.id for event in events}


def test_each_change_is_heard_though_the_read_model_keeps_the_newest_only(heard):
    licence_id = new_id()
    events = [
        licence_event(NUMBER, licence_id=licence_id, sequence=sequence, status=status)
        for sequence, status in enumerate(["valid", "suspended", "valid"], 1)
    ]
    told, _ = heard(*events)

    assert [one["data"]["status"] for one in told] == ["valid", "suspended", "valid"]
    assert [one["sequence"] for one in told] == ["1", "2", "3"]


def test_a_change_older_than_the_feed_keeps_is_left_out(heard, settings):
    event = licence_event(NUMBER)
    long_ago = event.time - timedelta(days=settings.feed_days + 1)
    told, _ = heard(replace(event, time=long_ago))

    assert told == []


def test_emptied_personal_data_are_no_news(heard):
    event = licence_event(NUMBER)
    told, _ = heard(replace(event, type=event.type.replace(".issued.", ".emptied.")))

    assert told == []


def test_every_event_of_applications_and_licences_has_its_handler():
    for topic in TOLD:
        assert set(HANDLERS[topic]) == set(contracts.topics()[topic]["event_types"])


def test_a_bill_of_an_application_is_heard_with_its_number(heard):
    application_id = new_id()
    event = bill_event(application_id)
    (told,), text = heard(event)

    assert told["type"] == "sa.gov.qatif.payments.bill.registered.v1"
    assert (told["source"], told["number"]) == ("/payments", event.data["bill_number"])
    assert told["link"].endswith(f"/v1/licence-applications/{application_id}")
    assert told["data"]["application_id"] == application_id
    assert "contacts" not in text
    assert len(heard(bill_event(new_id(), bill_id=new_id(), municipality="tarout"))[0]) == 1
