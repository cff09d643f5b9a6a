"""`reports sample`: reports of Qatif that say «بيانات تجريبية», through the service's own commands.

Places and categories are real; reporters are not, and say so.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import click
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from chassis.data.lock_order import SHARED
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process, pass_process
from reports.catalogue import catalogue, governorate
from reports.commands import duplicates, ending, escalation, filing, referral, treatment
from reports.domain.reports import Reopening, is_open
from reports.models import Report
from reports.resources import Resources
from reports.settings import Settings
from saudi.text import place_key

MARK = "(بيانات تجريبية)"
# Town → its share of a month's reports, as the municipality published them for December 2022.
TOWNS = {
    "صفوى": 294, "تاروت": 224, "سيهات": 179, "القطيف": 124, "العوامية": 77, "عنك": 74,
    "الجارودية": 58, "القديح": 29, "أم الحمام": 16,
}  # fmt: skip
# Category → a description.
WORDS = {
    "container-full": "حاوية ممتلئة منذ يومين ولم تُفرغ",
    "litter": "نفايات مبعثرة قرب المسجد",
    "construction-rubble": "أنقاض بناء متروكة في الأرض المجاورة",
    "sewage": "طفح مجاري في الشارع الداخلي ورائحة كريهة",
    "light-out": "عمود إنارة مطفأ أمام المنزل",
    "street-dark": "الشارع مظلم بالكامل من بعد المغرب",
    "pothole": "حفرة عميقة أمام المدرسة",
    "bump-removal": "مطب مخالف دون لوحة تنبيه",
    "kerb-damaged": "رصيف مكسور يعيق الكراسي المتحركة",
    "flooded-street": "تجمع مياه الأمطار يغلق مدخل الحي",
    "insects": "انتشار البعوض في الحي",
    "build-without-permit": "بناء في الدور العلوي دون لوحة رخصة",
    "pavement-occupied": "إشغال الرصيف بحواجز حديدية",
    "car-abandoned": "سيارة مهملة منذ أشهر",
    "shop-blocks-pavement": "بضائع المحل على الرصيف",
    "stray-dogs": "كلاب ضالة قرب المدرسة",
    "graffiti": "كتابات على جدار الحديقة",
    "tree-fallen": "شجرة ساقطة تسد الطريق",
}
EXTRA = {"construction-rubble": {"volume": "truck"}, "pothole": {"depth": "deep"}}
CHANNELS = ["app"] * 5 + ["call"] * 4 + ["web"] * 2 + ["observer"]
NAMES = ["علي بن حسن", "فاطمة بنت محمد", "جعفر بن عبد الله", "زينب بنت علي", "حسين بن جعفر"]


@dataclass(frozen=True)
class Officer:
    """The actor of the sample data: an officer of the governorate's municipality."""

    subject: str = "sample-data"
    name: str | None = None
    client_id: str = "sample"
    organisation: str | None = "qatif"
    scopes: frozenset[str] = frozenset(("reports.read", "reports.file", "reports.refer"))
    attributes: Mapping[str, str] = field(default_factory=lambda: {"municipality": "qatif"})


class SampleReports:
    """Makes bodies of reports. A seed always makes the same bodies."""

    def __init__(self, seed: int = 1448) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - the same data for a seed
        self._number = 0

    def body(self) -> dict[str, Any]:
        """A report in the shape of the contract's `NewReport`."""
        self._number += 1
        chance = self._chance
        category = chance.choice(list(WORDS))
        channel = chance.choice(CHANNELS)
        family = chance.choice(["آل تجربة", "آل نموذج", "آل مثال"])
        reporter = {
            "name": f"{chance.choice(NAMES)} {family} {MARK}",
            "mobile": f"05000{self._number % 100_000:05d}",
        }
        return {
            "channel": channel,
            "category": category,
            "description": f"{WORDS[category]} {MARK}",
            "location": self._location(),
            "reporter": {} if channel == "observer" else reporter,
            "language": chance.choice(["ar"] * 9 + ["en"]),
            "extra": EXTRA.get(category, {}),
        }

    def _location(self) -> dict[str, Any]:
        chance = self._chance
        (name,) = chance.choices(list(TOWNS), weights=list(TOWNS.values()))
        town = governorate().towns[place_key(name)]
        district = chance.choice([*town.districts.values(), None])
        if town.centre is None:
            return {"town": town.name, "district": district}
        latitude, longitude = (round(one + chance.uniform(-0.008, 0.008), 6) for one in town.centre)
        point = {"latitude": latitude, "longitude": longitude}
        if chance.random() < 0.1:  # a pin on the map and nothing else
            return point
        return {"town": town.name, "district": district, **point}


def load(session: Session, count: int, now: datetime) -> None:
    """Files `count` reports over the last thirty days, oldest first. Most are closed, some wait, one in eight has a
    duplicate."""
    bodies, officer = SampleReports(), Officer()
    _name_duty_officers(session, officer, now)
    for number in range(count):
        at = now - timedelta(days=30) * ((count - number) / count)
        body = bodies.body()
        row = filing.file_report(UnitOfWork(session, officer, at), body)
        LIVES[number % len(LIVES)](session, officer, row, at)
        if number % 8 == 7 and is_open(row.status):
            later = at + timedelta(hours=3)
            again = filing.file_report(
                UnitOfWork(session, officer, later), {**body, "channel": "call"}
            )
            duplicates.mark_duplicate(
                UnitOfWork(session, officer, later), again.report_id, main_id=row.report_id
            )


def _name_duty_officers(session: Session, officer: Officer, now: datetime) -> None:
    for number, department in enumerate(catalogue().departments, start=81):
        mobile = f"05000000{number}"
        escalation.set_duty_officer(
            UnitOfWork(session, officer, now), department, mobile=mobile, language="ar"
        )


def _leave_untouched(_session: Session, _officer: Officer, _row: Report, _at: datetime) -> None:
    """Leaves the report as filed."""


def _start(session: Session, officer: Officer, row: Report, at: datetime) -> None:
    treatment.start(UnitOfWork(session, officer, at + timedelta(hours=2)), row.report_id)


def _treat_and_close(session: Session, officer: Officer, row: Report, at: datetime) -> None:
    """Treats and closes the report, unless the type requires a photo: the sample has no photo."""
    _start(session, officer, row, at)
    if not catalogue().categories[row.category].after_photo:
        done = at + timedelta(hours=20)
        treatment.resolve(UnitOfWork(session, officer, done), row.report_id, text=f"عولج {MARK}")
        ending.close(UnitOfWork(session, officer, done), row.report_id, rule=REOPENING)


def _link(session: Session, officer: Officer, row: Report, at: datetime) -> None:
    later = at + timedelta(hours=4)
    referral.link_external(
        UnitOfWork(session, officer, later), row.report_id, body="national-water"
    )


def _reject(session: Session, officer: Officer, row: Report, at: datetime) -> None:
    reason = f"الموقع ضمن ملك خاص {MARK}"
    referral.reject(
        UnitOfWork(session, officer, at + timedelta(hours=5)), row.report_id, reason=reason
    )


REOPENING = Reopening(timedelta(days=5), 2)
LIVES = (
    _treat_and_close,
    _treat_and_close,
    _leave_untouched,
    _treat_and_close,
    _start,
    _treat_and_close,
    _link,
    _leave_untouched,
    _treat_and_close,
    _reject,
)


@click.command("sample", help="Fill an empty database with reports that say «بيانات تجريبية».")
@click.option("--count", default=60, show_default=True, help="How many.")
@pass_process
def command(process: Process[Settings, Resources], count: int) -> None:
    """Refuses a database that holds a report: sample reports don't belong among real ones."""
    with process.transaction() as context:
        if context.session.scalar(select(exists().where(Report.report_id.is_not(None)))):
            raise click.ClickException("there are reports already: this is for an empty database")
        # One transaction of many commands, so that the sample is there as a whole or not at all.
        context.session.info[SHARED] = True
        load(context.session, count, context.now)
    click.echo(f"{count} reports filed")
