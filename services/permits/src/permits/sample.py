"""`permits sample`: permits of Qatif, issued through the real commands, so that each permit travels outbox → Kafka →
gateway. Places and the spellings of plan numbers are real; owners are not and say so.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from chassis.core import contracts
from chassis.data.aggregates import note_locked
from chassis.data.db import Database
from chassis.data.lock_order import SHARED
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.outbox import published_together
from chassis.process import Process, pass_process
from invoicing.rules import Status
from permits.commands import bill, fees, issue, review, submit_request
from permits.commands.recording import progress_of, record_request
from permits.domain import requests as rules
from permits.domain.fees import Payer, PayerMissing, last_day, payer_of
from permits.domain.requests import Action
from permits.models import Permit, PermitRequest
from permits.resources import Resources
from permits.settings import Settings
from saudi.days import legal_day
from saudi.ids import with_check_digit

MARK = "(بيانات تجريبية)"
TOGETHER = 25  # permits of one transaction
UNDER_REVIEW_FROM = 900_000  # request numbers of the sample that no permit has
# (town, district) → how the plan number is written there; None: the old town has no plan.
PLANS: dict[tuple[str, str], list[str | None]] = {
    ("القطيف", "الخزامى"): ["713/7", "٧١٣ / ٧", "713 /7"],
    ("القطيف", "البديعة"): ["422/3 ج", "٤٢٢ / ٣ ج"],
    ("القطيف", "الناصرة"): ["1264", "١٢٦٤"],
    ("القطيف", "العوامية"): ["848"],
    ("القطيف", "القلعة"): [None],
    ("تاروت", "المناخ"): ["352/3", "٣٥٢/٣"],
    ("تاروت", "الجامعيين"): ["415/ج"],
    ("سيهات", "النسيم"): ["128", "١٢٨"],
    ("سيهات", "الكوثر"): ["3/15"],
}
MEN = ["علي", "حسن", "محمد", "جعفر", "عبد الله", "حسين"]
WOMEN = ["فاطمة", "زينب", "مريم", "سارة", "هدى"]
FAMILIES = ["آل تجربة", "آل نموذج", "آل مثال", "آل عينة"]
USES = ["residential", "residential", "residential", "residential_commercial", "commercial"]
KINDS = ["new"] * 12 + ["fence", "fence", "addition", "restoration", "demolition"]
FOLLOWING = ["renewal", "ownership_transfer", "correction", "addition"]
MUNICIPALITY = {"القطيف": "central-qatif", "تاروت": "tarout", "سيهات": "saihat", "صفوى": "safwa"}


@dataclass(frozen=True)
class Officer:
    """The actor of the sample data, for the governorate's municipality."""

    subject: str = "sample-data"
    client_id: str = "sample"
    organisation: str = "qatif"
    name: None = None
    scopes: frozenset[str] = frozenset()
    attributes: Mapping[str, str] = field(default_factory=lambda: {"municipality": "qatif"})


@dataclass(frozen=True)
class Reviewer(Officer):
    """The reviewer and biller of the sample data, because the officer who approves and issues can't review and bill."""

    subject: str = "sample-reviewer"


class SampleTown:
    """Makes applications, always the same ones for a seed. `last_number`: the number of the request before the first
    one."""

    def __init__(self, seed: int = 1448, *, last_number: int = 0) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - the same data for a seed
        places = contracts.read("reference/places.yaml")
        self._towns = {town["ar"]: town for town in places["towns"]}
        self._number = last_number

    def application(self, kind: str, previous: dict[str, Any] | None = None) -> dict[str, Any]:
        """An application in the shape of the contract, for a plot of its own or a previous permit's. A renewal is
        of the same owners and building, a transfer of the same building."""
        self._number += 1
        chance = self._chance
        town, district = chance.choice(list(PLANS))
        land = previous["land"] if previous else self._land(town, district)
        same_building = previous is not None and kind in ("renewal", "ownership_transfer")
        return {
            "kind": kind,
            "municipality": previous["municipality"] if previous else MUNICIPALITY[town],
            "request_number": f"44{self._number:06d}",
            "transaction_number": f"1448/{self._number}",
            "previous_permit_id": previous["permit_id"] if previous else None,
            "use_class": chance.choice(USES),
            "owners": previous["owners"] if previous and kind == "renewal" else self._owners(),
            "land": land,
            "building": previous["building"]
            if previous and same_building
            else self._building(kind),
            "engineering_office": {
                "name": f"مكتب الواحة للاستشارات الهندسية {MARK}",
                "licence_number": str(chance.randint(5000, 5999)),
            },
            "site": previous["site"] if previous else _site(land["area_m2"]),
            "insulation_pledge": kind not in ("fence", "demolition"),
            "construction_state": "under_construction" if kind == "renewal" else None,
        }

    def _land(self, town: str, district: str) -> dict[str, Any]:
        chance, centre = self._chance, self._towns[town]["centre"]
        plot = chance.randint(1, 1500)
        return {
            "plan_number": chance.choice(PLANS[town, district]),
            "block": chance.choice([None, None, str(chance.randint(1, 12))]),
            "plots": chance.choice(
                [[str(plot)], [str(plot), str(plot + 1)], [f"{plot}/2"], [f"{plot} أ"]]
            ),
            "town": town,
            "district": district,
            "street": f"شارع {chance.randint(1, 60)}",
            "deed": {"type": "electronic", "number": f"9{chance.randint(0, 10**11 - 1):011d}"},
            "area_m2": chance.randint(300, 900),
            "latitude": round(centre["latitude"] + chance.uniform(-0.01, 0.01), 6),
            "longitude": round(centre["longitude"] + chance.uniform(-0.01, 0.01), 6),
        }

    def _owners(self) -> list[dict[str, Any]]:
        chance = self._chance
        if chance.random() < 0.04:
            name = f"وقف جامع {chance.choice(MEN)} {MARK}"
            return [{"name": name, "owner_type": "waqf", "id_type": "none"}]
        if chance.random() < 0.05:
            name = f"شركة {chance.choice(FAMILIES)} للتطوير {MARK}"
            return [
                {
                    "name": name,
                    "owner_type": "company",
                    "id_type": "unified_number",
                    "id_number": "7000000005",
                }
            ]
        count = chance.choice([1, 1, 1, 2, 2, 3])
        people = {person["id_number"]: person for person in (self._person() for _ in range(count))}
        owners = list(people.values())
        if chance.random() < 0.1:
            owners.insert(
                0, {"name": f"ورثة {owners[0]['name']}", "owner_type": "heirs", "id_type": "none"}
            )
        return owners

    def _person(self) -> dict[str, Any]:
        chance = self._chance
        prefix, id_type = ("2", "iqama") if chance.random() < 0.08 else ("1", "national_id")
        given = chance.choice([f"{name} بن" for name in MEN] + [f"{name} بنت" for name in WOMEN])
        return {
            "name": f"{given} {chance.choice(MEN)} {chance.choice(FAMILIES)} {MARK}",
            "owner_type": "individual",
            "id_type": id_type,
            "id_number": sample_id(prefix, chance.randrange(10)),
        }

    def _building(self, kind: str) -> dict[str, Any]:
        chance = self._chance
        if kind == "fence":
            fence = {"component": "سور", "units": 0, "area_m2": 0}
            return {
                "components": [fence], "built_area_m2": 0, "floors": 0, "units": 0, "fence_length_m": 96,
            }  # fmt: skip
        ground = chance.randint(150, 320)
        names = ["أرضي", "أول", "ملحق علوي"][: chance.choice([2, 3])]
        components = [
            {"component": name, "units": 1, "area_m2": ground, "use": "سكني"} for name in names
        ]
        return {
            "description": "فيلا سكنية",
            "components": components,
            "built_area_m2": ground * len(names),
            "floors": 2,
            "units": 1,
            "height_m": 11.5,
            "coverage_percent": 55,
        }


def _site(area_m2: float) -> dict[str, Any]:
    """A plot of twenty metres on a street of twenty; house and neighbours as usual."""
    depth = round(area_m2 / 20, 2)
    neighbour = {"description": f"قطعة مجاورة {MARK}", "setback_m": 2}
    return {
        "boundaries": {
            "north": {
                "description": "شارع عرض 20م",
                "length_m": 20,
                "street_width_m": 20,
                "setback_m": 4,
            },
            "south": {**neighbour, "length_m": 20},
            "east": {**neighbour, "length_m": depth},
            "west": {**neighbour, "length_m": depth},
        },
        "front": "north",
        "survey_decision": {"number": "1447/100"},
    }


def sample_id(prefix: str, number: int) -> str:
    """The Luhn-valid ID of a low sequence that nobody bears: 10000000xx and 20000000xx."""
    return with_check_digit(f"{prefix}0000000{number}")


def issue_one(session: Session, application: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Takes a request through its whole life by the commands that the desk uses. Returns the permit's public state.

    The commands flush what they read back, so the session needn't flush before each of their statements.
    """
    with session.no_autoflush:
        return _issue(session, application, now)


def _issue(session: Session, application: dict[str, Any], now: datetime) -> dict[str, Any]:
    officer = Officer()
    at_desk = UnitOfWork(session, officer, now)
    request = submit_request.submit(at_desk, application)
    request_id = request.request_id
    note_locked(session, PermitRequest, [request])  # nobody else knows the new row
    for step in LIFE:
        step(session, request, now)
    permit = issue.issue_permit(at_desk, request_id)
    session.flush()
    parts = {name: application[name] for name in ("land", "owners", "building", "site")}
    return {"permit_id": permit.permit_id, "municipality": permit.municipality, **parts,
            "permit_number": permit.permit_number, "issued_at": now}  # fmt: skip


def _send_to_office(session: Session, request: PermitRequest, now: datetime) -> None:
    review.send_to_office(UnitOfWork(session, Officer(), now), request.request_id)


def _send_to_review(session: Session, request: PermitRequest, now: datetime) -> None:
    review.send_to_technical_review(UnitOfWork(session, Officer(), now), request.request_id)


def _pass_review(session: Session, request: PermitRequest, now: datetime) -> None:
    review.pass_technical_review(UnitOfWork(session, Reviewer(), now), request.request_id)


def _approve(session: Session, request: PermitRequest, now: datetime) -> None:
    review.approve(UnitOfWork(session, Officer(), now), request.request_id)


def _pay(session: Session, request: PermitRequest, now: datetime) -> None:
    """Marks the request as paid without a bill and without texts, so no other service hears of the sample money."""
    officer, today = Reviewer(), legal_day(now)
    payer = _payer(request)
    due_on = last_day(None, today)
    lines = fees.decided_fee(session, request, on=today)
    invoice = bill.draft_invoice(UnitOfWork(session, officer, now), request, payer, lines, due_on)
    invoice.status, invoice.paid_at, invoice.version = Status.PAID.value, now, 1
    session.add(invoice)
    request.invoice_id = invoice.invoice_id
    billed = rules.request_payment(progress_of(request), due_on=due_on, today=today)
    record_request(
        UnitOfWork(session, officer, now), request, billed, Action.REQUEST_PAYMENT, "billed"
    )
    paid = rules.advance(progress_of(request), Action.PAY, today=today)
    record_request(UnitOfWork(session, officer, now), request, paid, Action.PAY, "paid")


def _payer(request: PermitRequest) -> Payer:
    try:
        return payer_of(owner.record() for owner in request.owners)
    except PayerMissing:
        return Payer(f"ناظر الوقف {MARK}", "national_id", sample_id("1", 0))


# What happens to a request between its submission and its permit.
LIFE = (_send_to_office, _send_to_review, _pass_review, _approve, _pay)


class SampleYears:
    """Issues permits over the last two and a half years, oldest first; a sixth follow a previous permit."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._town, self._chance = SampleTown(), random.Random(713)  # noqa: S311
        self._today = datetime.now(UTC)
        self._number = 0
        self._without_successor: list[dict[str, Any]] = []

    def issue_next(self, session: Session) -> dict[str, Any]:
        now = self._today - timedelta(days=900 * (self._count - self._number - 1) / self._count)
        follows = self._number % 6 == 5 and bool(self._without_successor)
        previous = self._without_successor.pop(0) if follows else None
        kind = self._chance.choice(FOLLOWING if previous else KINDS)
        permit = issue_one(session, self._town.application(kind, previous), now)
        if previous is None and kind == "new":
            self._without_successor.append(permit)
        self._number += 1
        return permit


def load(database: Database, count: int, progress: Callable[[int], None]) -> list[dict[str, Any]]:
    """Issues `count` permits. Several permits share a transaction, because each commit waits for the disk and
    nobody else uses the database."""
    years = SampleYears(count)
    issued: list[dict[str, Any]] = []
    while len(issued) < count:
        with database.transaction() as session, published_together(session):
            session.info[SHARED] = True
            for _ in range(min(TOGETHER, count - len(issued))):
                issued.append(years.issue_next(session))
                progress(len(issued))
    return issued


def leave_under_review(database: Database) -> None:
    """Leaves two requests at each step before the permit: one of yesterday, and one that waits for weeks."""
    town, today = SampleTown(1449, last_number=UNDER_REVIEW_FROM), datetime.now(UTC)
    with database.transaction() as session, published_together(session):
        session.info[SHARED] = True
        for days in (24, 1):
            for steps in range(len(LIFE) + 1):
                _leave(session, town.application("new"), today - timedelta(days=days), LIFE[:steps])


def _leave(
    session: Session,
    application: dict[str, Any],
    now: datetime,
    steps: Sequence[Callable[[Session, PermitRequest, datetime], None]],
) -> None:
    with session.no_autoflush:
        request = submit_request.submit(UnitOfWork(session, Officer(), now), application)
        note_locked(session, PermitRequest, [request])
        for step in steps:
            step(session, request, now)
        session.flush()


@click.command("sample", help="Fill an empty database with permits that say «بيانات تجريبية».")
@click.option("--count", default=200, show_default=True, help="How many.")
@pass_process
def command(process: Process[Settings, Resources], count: int) -> None:
    """Refuses a database that holds a permit: sample permits don't belong among real ones."""
    with process.transaction() as context:
        if context.session.scalar(select(exists().where(Permit.permit_id.is_not(None)))):
            raise click.ClickException("there are permits already: this is for an empty database")
    load(process.database, count, lambda done: None if done % 500 else click.echo(f"{done} issued"))
    leave_under_review(process.database)
    click.echo(f"{count} permits issued")
