"""`licences sample`: applications that say «بيانات تجريبية», made through the service's own commands.

Six of ten are trades of persons, whose licence is issued at once; two shops wait for payment, one for its lease, and
one for the municipality's review. An officer verified what outside bodies would know. The shop in review has a
violation that isn't paid; another violation waits for its confirmation, and another one for the decision of an
objection. A version of the rules is proposed, and waits for its replay and for another person.
"""

from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import click
import yaml
from sqlalchemy import func, select

from chassis.core.actors import SystemActor
from chassis.core.ids import new_id
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process, pass_process
from licences.catalogue import first_rules
from licences.commands.activities import RULES, publish_activities
from licences.commands.forms import municipality_of
from licences.commands.review import verify_document
from licences.commands.rules import RuleFile, propose_rules
from licences.commands.submit import Submission, submit_application
from licences.commands.violations.object import file_objection
from licences.commands.violations.observe import (
    Observation,
    confirm_violation,
    notify_offender,
    observe_violation,
)
from licences.domain.applications import STAFF
from licences.models import Application
from licences.outside import set_bodies_configured
from licences.resources import Resources
from licences.settings import Settings
from saudi.days import legal_day
from saudi.ids import with_check_digit

MARK = "(بيانات تجريبية)"
MOST = 200  # each goes the whole way of an application
TOWNS = (
    ("سيهات", "الكوثر", 26.4834, 50.0468),
    ("تاروت", "الربيعية", 26.5711, 50.0727),
    ("صفوى", "الروابي", 26.6634, 49.9616),
    ("القطيف", "الخزامى", 26.5639, 50.0012),
)
TRADES = ("432210", "432110", "952210", "742011", "821110", "141011")
SHOPS = (("960111", "مغسلة"), ("952110", "جوالات"), ("952310", "إسكافي"), ("141012", "خياط"))


OFFICER = SystemActor(
    "sample-data",
    client_id="sample",
    name=f"موظف الرخص {MARK}",
    organisation="qatif",
    attributes={"municipality": "qatif"},
)


INSPECTOR = SystemActor(
    "sample-inspector",
    client_id="sample",
    name=f"مراقب {MARK}",
    organisation="qatif",
    attributes={"municipality": "qatif"},
)
# Number of a shop → how far its violation has come: observed, its offender notified, or objected to.
VIOLATIONS = {7: "observed", 9: "notified", 6: "objected"}


@click.command("sample", help="Fill an empty database with rows that say «بيانات تجريبية».")
@click.option("--count", default=MOST, show_default=True, help=f"How many, {MOST} at the most.")
@pass_process
def command(process: Process[Settings, Resources], count: int) -> None:
    """Fills an empty database. Refuses a database with an application: sample data don't belong among real
    applications."""
    with process.transaction() as context:
        if context.session.scalar(select(func.count()).select_from(Application)):
            raise click.ClickException("there are rows already: this is for an empty database")
        publish_activities(UnitOfWork.of(context, RULES))
        _propose_rules(UnitOfWork.of(context, OFFICER))
    set_bodies_configured(
        process.database, configured=False
    )  # an officer verified what bodies would know
    most = min(count, MOST)
    for number in range(1, most + 1):
        with process.transaction() as context:
            _make(UnitOfWork.of(context, OFFICER), number)
        if number in VIOLATIONS:
            with process.transaction() as context:
                _violate(UnitOfWork.of(context, INSPECTOR), number)
    click.echo(f"{most} applications")


def _propose_rules(work: UnitOfWork) -> None:
    """Proposes a dearer yearly fee of small shops from a day in three months."""
    first_day = legal_day(work.now) + timedelta(days=90)
    document = deepcopy(dict(first_rules()))
    document |= {"version": f"{first_day.year}.9", "effective_from": first_day.isoformat()}
    document["fees"][0]["halalas"] = 40_000
    source = f"# {MARK}\n" + yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    propose_rules(work, RuleFile(source, document))


def _make(work: UnitOfWork, number: int) -> None:
    body = _trade(number) if number % 10 < 6 else _shop(number)
    submission = Submission(
        application_id=new_id(),
        request="issue",
        municipality=municipality_of(body, today=legal_day(work.now)),
        channel=STAFF,
        body=body,
        submitted_by={"kind": STAFF, "client_id": "sample", "subject": "sample-data"},
        submitted_at=work.now,
    )
    row = submit_application(work, submission)
    facts: list[tuple[str, dict[str, Any]]] = [
        ("person", {"birth_date": "1990-05-01", "nationality": "saudi"})
    ]
    if body.get("establishment"):
        facts.append(("register", {"status": "active"}))
        if number % 10 != 8:
            year = work.now.year
            facts.append(("lease", {"starts_on": f"{year}-01-01", "ends_on": f"{year + 2}-12-31"}))
    for name, value in facts:
        verify_document(work, row.application_id, name=name, value=value, document=MARK)


def _violate(work: UnitOfWork, number: int) -> None:
    """Records what an inspector saw at a shop."""
    body = _shop(number)
    offender = {
        "kind": "establishment",
        "name": body["establishment"]["trade_name"]["ar"],
        "id_number": body["establishment"]["unified_number"],
        "size": "micro",
        "mobile": body["owner"]["mobile"],
    }
    place = {name: body["place"][name] for name in ("town", "district", "latitude", "longitude")}
    row = observe_violation(
        work,
        Observation(
            item="5001",
            municipality=municipality_of(body, today=legal_day(work.now)),
            offender=offender,
            note=f"مخلفات أمام المحل {MARK}",
            **place,
        ),
    )
    if VIOLATIONS[number] == "observed":
        return
    confirm_violation(work, row.violation_id, note=f"ما زالت المخلفات قائمة {MARK}")
    notify_offender(work, row.violation_id)
    if VIOLATIONS[number] == "objected":
        file_objection(work, row, reasons=f"رُفعت المخلفات في اليوم نفسه {MARK}")


def _trade(number: int) -> dict[str, Any]:
    return {
        **_common(number, TRADES[number % len(TRADES)]),
        "kind": "professional",
        "years": 1 + number % 5,
        "area_m2": 0,
        "workers": 0,
    }


def _shop(number: int) -> dict[str, Any]:
    code, name = SHOPS[number % len(SHOPS)]
    unified = with_check_digit(f"7{number:08}")
    lease_begins = date(2026, 1, 1)
    return {
        **_common(number, code),
        "kind": "shop",
        "years": 1 + number % 3,
        "establishment": {
            "unified_number": unified,
            "trade_name": {"ar": f"{name} {number} {MARK}", "en": None},
            "size": "micro",
        },
        "area_m2": 300 if number % 10 == 9 else 40 + number % 60,
        "workers": 2,
        "lease": {
            "ejar_no": f"2000000{number:05}",
            "starts_on": lease_begins.isoformat(),
            "ends_on": "2028-12-31",
        },
    }


def _common(number: int, code: str) -> dict[str, Any]:
    town, district, latitude, longitude = TOWNS[number % len(TOWNS)]
    return {
        "activities": [{"code": code, "main": True}],
        "owner": {
            "name": f"مالك {number} {MARK}",
            "id_type": "national_id",
            "id_number": with_check_digit(f"1{number:08}"),
            "mobile": f"05000000{1 + number % 99:02}",
            "language": "ar",
        },
        "place": {
            "town": town,
            "district": district,
            "latitude": latitude,
            "longitude": longitude,
        },
    }
