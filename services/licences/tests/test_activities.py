"""The activities are published from the rules in force, and read by HTTP."""

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chassis.data.unit_of_work import UnitOfWork
from licences.catalogue import first_rules
from licences.commands.activities import RULES, publish_activities
from licences.commands.recording import SYSTEM
from licences.commands.rules import RuleFile, load_rules
from licences.domain.rule_versions import RulesKnown
from licences.models import Activity


def version_with(name: str, **changes: Any) -> dict[str, Any]:
    document = deepcopy(dict(first_rules()))
    document["version"] = name
    for activity in document["activities"]:
        activity.update(changes.get(f"of_{activity['code']}", {}))
    return document


def test_each_activity_is_told_once(session: Any, now: datetime, outbox_rows: Any) -> None:
    count = publish_activities(UnitOfWork(session, SYSTEM, now))
    again = publish_activities(UnitOfWork(session, SYSTEM, now))

    assert (count, again) == (len(first_rules()["activities"]), 0)
    assert len(outbox_rows()) == count
    assert {row.topic for row in outbox_rows()} == {"licences.activity"}


def test_a_new_version_tells_what_it_changes_and_no_more(
    session: Any, now: datetime, outbox_rows: Any
) -> None:
    publish_activities(UnitOfWork(session, SYSTEM, now))
    told = len(outbox_rows())

    new = version_with("2026.2", of_960111={"en": "Laundry shops"})
    load_rules(UnitOfWork(session, RULES, now + timedelta(minutes=1)), RuleFile("", new))
    count = publish_activities(UnitOfWork(session, SYSTEM, now))

    assert count == 1
    (row,) = outbox_rows()[told:]
    assert row.type == "sa.gov.qatif.licences.activity.changed.v1"
    assert (row.envelope["data"]["en"], row.version) == ("Laundry shops", 2)


def test_an_activity_that_a_version_leaves_out_ends(
    session: Any, now: datetime, outbox_rows: Any
) -> None:
    publish_activities(UnitOfWork(session, SYSTEM, now))
    new = version_with("2026.3")
    new["activities"] = [one for one in new["activities"] if one["code"] != "960111"]

    load_rules(UnitOfWork(session, RULES, now + timedelta(minutes=1)), RuleFile("", new))
    publish_activities(UnitOfWork(session, SYSTEM, now))

    assert outbox_rows()[-1].type == "sa.gov.qatif.licences.activity.ended.v1"
    assert publish_activities(UnitOfWork(session, SYSTEM, now)) == 0


def test_a_version_that_holds_later_changes_nothing_yet(session: Any, now: datetime) -> None:
    publish_activities(UnitOfWork(session, SYSTEM, now))
    later = version_with("2027.9", of_960111={"en": "Other"})
    later["effective_from"] = "2027-01-01"

    load_rules(UnitOfWork(session, RULES, now), RuleFile("", later))

    assert publish_activities(UnitOfWork(session, SYSTEM, now)) == 0


def test_a_version_is_loaded_once(session: Any, now: datetime) -> None:
    publish_activities(UnitOfWork(session, SYSTEM, now))

    with pytest.raises(RulesKnown):
        load_rules(UnitOfWork(session, RULES, now), RuleFile("", first_rules()))


@pytest.mark.usefixtures("rules")
def test_the_table_is_read_by_http(client: Any, token: Any, session: Any) -> None:
    read = token("licence-applications.read")

    table = client.get("/v1/activities", headers=read).json()["items"]
    one = client.get("/v1/activities/960111", headers=read).json()

    assert len(table) == len(session.scalars(select(Activity)).all())
    assert one["municipalities"]["saihat"]["immediate"] is True
    assert client.get("/v1/activities/999999", headers=read).status_code == 404
