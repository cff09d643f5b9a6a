"""`make demo`: the main job from end to end, then the other stories, on a system that is started for the demo."""

import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import requests
from sqlalchemy import text

from chassis.data.db import Database
from devstack.machine import StartError, progress, say
from devstack.permit_table import show_table
from devstack.stories.appointments import AppointmentsStory
from devstack.stories.building import BuildingStory
from devstack.stories.citizens import CitizensStory
from devstack.stories.health import HealthStory
from devstack.stories.inspection import InspectionStory
from devstack.stories.licences import LicencesStory
from devstack.stories.reports import ReportsStory
from devstack.stories.tenders import TendersStory
from devstack.stories.transactions import TransactionsStory
from devstack.system import System
from devstack.token import Session, access_token
from saudi.days import legal_day

VISIBLE_S = 60.0
MAIN_JOB = "main-job"
MAIN_JOB_SERVICES = ("identity", "permits", "partner-gateway")
OTHER_SAMPLES = 60  # rows of each other service at the most
_ISSUED = text(
    "SELECT p.permit_id::text, pg_xact_commit_timestamp(r.xmin) AS at FROM permit p JOIN permit_request r"
    " ON r.request_id = p.request_id"
)
_NEWEST = text("SELECT permit_number FROM permit ORDER BY issued_on DESC, permit_id DESC LIMIT 1")
_VISIBLE = text(
    "SELECT permit_id::text, pg_xact_commit_timestamp(xmin) AS at FROM building_permit WHERE version = 1"
)
_LAST_DENIED = text(
    "SELECT at, organisation, subject, client_id, operation, decision, reason FROM access_log"
    " WHERE decision = 'denied' ORDER BY at DESC LIMIT 1"
)


class Story(Protocol):
    def tell(self) -> None:
        """Plays the story and prints what came back. Raises StartError when something isn't as promised."""


STORIES: dict[str, Callable[[System], Story]] = {
    "building": lambda system: BuildingStory(system.description()),
    "reports": lambda system: ReportsStory(system.description()),
    "licences": lambda system: LicencesStory(system.description()),
    "citizens": lambda system: CitizensStory(system.description()),
    "health": lambda system: HealthStory(system.description()),
    "inspection": InspectionStory,
    "appointments": lambda system: AppointmentsStory(system.description()),
    "transactions": lambda system: TransactionsStory(system.description()),
    "tenders": lambda system: TendersStory(system.description()),
}
# The inspection is of the licences that the stories before issued.
GOES_ON_FROM = {"inspection": ("citizens", "health")}


class Demo:
    """The steps of the main job, over a running system."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._description = system.description()
        self._gateway = self._description["services"]["partner-gateway"]["url"]
        self._permits = self._description["services"]["permits"]["url"]
        urls = self._description["databases"]
        self._databases = {name: Database(url) for name, url in urls.items()}

    def load(self, count: int, services: Collection[str] = ()) -> None:
        """Has the services make their sample data, and waits until the gateway shows each permit."""
        self._system.load_samples(count, services)
        deadline = time.monotonic() + VISIBLE_S
        with progress("the gateway takes the permits", lambda: f"{self._count()} of {count}"):
            while (seen := self._count()) < count:
                if time.monotonic() > deadline:
                    raise StartError(
                        f"the gateway shows {seen} of {count} permits after {VISIBLE_S:.0f} s:"
                        " see .run/system.log"
                    )
                time.sleep(0.05)
        say(f"demo: all {count} went outbox → Kafka → gateway")

    def newest(self) -> str:
        """Returns the number of the permit that was issued last."""
        with self._databases["permits"].transaction() as session:
            return str(session.scalars(_NEWEST).one())

    def _count(self) -> int:
        with self._databases["partner-gateway"].transaction() as session:
            return session.scalar(text("SELECT count(*) FROM building_permit")) or 0

    def tell_latencies(self) -> None:
        """Tells how long the permits took to the partner's side."""
        times = self._latencies()
        middle, late = times[len(times) // 2], times[int(len(times) * 0.99)]
        say("\n▌ من الإصدار إلى الظهور لدى الشريك · from issue to visibility, commit to commit")
        say(
            f"  {len(times)} permits: p50 {middle:.0f} ms, p99 {late:.0f} ms; the record's chain verifies"
        )

    def _latencies(self) -> list[float]:
        """Returns milliseconds from the commit in `permits` to the commit in the gateway, sorted."""
        with self._databases["permits"].transaction() as session:
            issued = {row.permit_id: row.at for row in session.execute(_ISSUED)}
        with self._databases["partner-gateway"].transaction() as session:
            visible = {row.permit_id: row.at for row in session.execute(_VISIBLE)}
        return sorted(
            (at - issued[permit_id]).total_seconds() * 1000 for permit_id, at in visible.items()
        )

    def find(self, title: str, caller: Session, **filters: str) -> list[dict[str, Any]]:
        """Queries by GET, and shows the answer as a table."""
        url = f"{self._gateway}/v1/building-permits"
        answer = requests.get(
            url, params={"limit": "5", **filters}, headers=caller.headers("GET", url), timeout=10
        )
        return _show(title, answer)

    def search(self, title: str, caller: Session, **body: str | int) -> list[dict[str, Any]]:
        """Searches by civil ID, and shows the answer as a table."""
        full = {"purpose": "meter-connection", "case_reference": "SEC-2026-1", "limit": 5, **body}
        url = f"{self._gateway}/v1/building-permit-searches"
        answer = requests.post(url, json=full, headers=caller.headers("POST", url), timeout=10)
        return _show(title, answer)

    def refuse_completion(self, token: str, permit_id: str) -> None:
        """Asks for the completion certificate of a building without an insulation certificate."""
        answer = requests.post(
            f"{self._permits}/v1/permits/{permit_id}/completion-certificates",
            json={"inspected_on": _days_ago(1), "inspector": "م. سعيد (بيانات تجريبية)"},
            headers=_bearer(token), timeout=10,
        )  # fmt: skip
        if answer.status_code != requests.codes.conflict:
            raise StartError(
                f"the completion gate answered {answer.status_code}: {answer.text[:500]}"
            )
        problem = answer.json()
        say(
            "\n▌ شهادة إتمام البناء دون شهادة عزل · a completion certificate without an insulation certificate"
        )
        say(
            f"  {answer.status_code}  {problem.get('code')}  {problem['title']}: {problem.get('detail', '')}"
        )

    def show_denial(self, caller: Session) -> None:
        """Searches by civil ID as an employee without the scope; shows the refusal and its row of the record."""
        body = {"civil_id": "1000000008", "purpose": "meter-connection", "case_reference": "C-1"}
        url = f"{self._gateway}/v1/building-permit-searches"
        answer = requests.post(url, json=body, headers=caller.headers("POST", url), timeout=10)
        problem = answer.json()
        say("\n▌ استعلام مرفوض وسجله · a denied query and its row of the record")
        say(f"  {answer.status_code}  {problem['title']}: {problem.get('detail', '')}")
        with self._databases["partner-gateway"].transaction() as session:
            row = session.execute(_LAST_DENIED).one()
        say("  " + "  ".join(f"{name}={value}" for name, value in row._mapping.items()))

    def close(self) -> None:
        for database in self._databases.values():
            database.dispose()


def show(system: System, samples: int, story: str = "") -> None:
    """Tells the main job on the services that it needs; then starts the other services and tells their stories. `story`
    tells one story only. Raises StartError when something isn't as promised."""
    if story in ("", MAIN_JOB):
        _tell_main_job(system, samples)
    if story != MAIN_JOB:
        system.start_others()
        say(f"\ndemo: pages for people, until the end: {system.description()['portal']['url']}")
        _tell_stories(
            system, [*GOES_ON_FROM.get(story, ()), story] if story else [*STORIES], samples
        )
    say("\ndemo: done; stopping everything")


def _tell_stories(system: System, names: Sequence[str], samples: int) -> None:
    """Tells the building's story while the other services make their sample data. Every other story waits for the
    sample data: a service makes them in an empty database only."""
    alongside = [name for name in names[:1] if name == "building"]
    with ThreadPoolExecutor() as pool:
        services = [name for name in system.services if name not in MAIN_JOB_SERVICES]
        loading = pool.submit(system.load_samples, min(samples, OTHER_SAMPLES), services)
        for name in alongside:
            STORIES[name](system).tell()
        loading.result()
    for name in names[len(alongside) :]:
        STORIES[name](system).tell()


def _tell_main_job(system: System, samples: int) -> None:
    demo = Demo(system)
    try:
        demo.load(samples, MAIN_JOB_SERVICES)
        description = system.description()
        say(
            "demo: signing in as an employee of the electricity company"
            " (pushed request, PKCE; tokens bound to a key: DPoP)"
        )
        dispatcher = Session(description, "sec.dispatcher")
        _ask_four_queries(demo, dispatcher)
        building = _ask_more_queries(demo, dispatcher)
        demo.refuse_completion(access_token(description, "qatif.officer", "permits"), building)
        demo.show_denial(Session(description, "sec.viewer"))
        with progress("the chain of the record is verified"):
            system.run("partner-gateway", "audit", "verify")
        demo.tell_latencies()
    finally:
        demo.close()


def _ask_four_queries(demo: Demo, caller: Session) -> None:
    demo.find("مدى تاريخ الإصدار · issue-date range", caller, issued_from=_days_ago(30))
    demo.find("رقم المخطط · plan number 713/7", caller, plan_number="713/7")
    demo.search("رقم هوية المالك · civil ID of an owner", caller, civil_id="1000000008")
    demo.find("رقم الرخصة · permit number", caller, permit_number=demo.newest())


def _ask_more_queries(demo: Demo, caller: Session) -> str:
    """Combines queries. Returns the id of a valid permit for a new building."""
    demo.find(
        "مخطط وحي ونوع · plan, district and kind",
        caller,
        plan_number="٤٢٢ / ٣ ج",
        district="البديعة",
        kind="new",
    )
    demo.search("هوية وحالة · civil ID and status", caller, civil_id="1000000008", status="valid")
    return _a_new_building(demo, caller)


def _a_new_building(demo: Demo, caller: Session) -> str:
    since = _days_ago(80)
    rows = demo.find(
        "رخص إنشاء سارية · valid new buildings",
        caller,
        issued_from=since,
        kind="new",
        status="valid",
    )
    if not rows:
        raise StartError("no valid new building among the sample permits: load more of them")
    return str(rows[0]["permit_id"])


def _days_ago(days: int) -> str:
    return str(legal_day(datetime.now(UTC)) - timedelta(days=days))


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _show(title: str, answer: requests.Response) -> list[dict[str, Any]]:
    if answer.status_code != requests.codes.ok:
        raise StartError(f"«{title}» was answered with {answer.status_code}: {answer.text[:500]}")
    page = answer.json()
    say(
        f"\n▌ {title}   (as of {page['as_of']}{', more pages follow' if page['next_cursor'] else ''})"
    )
    show_table(page["items"])
    items: list[dict[str, Any]] = page["items"]
    return items
