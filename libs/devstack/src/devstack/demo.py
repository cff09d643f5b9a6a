"""`make demo`: the main job from end to end, on a system that is started for it and stopped after it."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from sqlalchemy import text

from chassis.data.db import Database
from devstack.building_story import BuildingStory
from devstack.citizens_story import CitizensStory
from devstack.health_story import HealthStory
from devstack.inspection_story import InspectionStory
from devstack.licences_story import LicencesStory
from devstack.machine import StartError, say
from devstack.reports_story import ReportsStory
from devstack.system import System
from devstack.table import show_table
from devstack.token import Session, access_token

VISIBLE_S = 60.0
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


class Demo:
    """The steps of the demo, over a running system."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._description = system.description()
        self._gateway = self._description["services"]["partner-gateway"]["url"]
        self._permits = self._description["services"]["permits"]["url"]
        urls = self._description["databases"]
        self._databases = {name: Database(url) for name, url in urls.items()}

    def load(self, count: int) -> None:
        """Has the services make their sample data, and waits until the gateway shows each permit."""
        self._system.load_samples(count)
        deadline = time.monotonic() + VISIBLE_S
        while (seen := self._count()) < count:
            if time.monotonic() > deadline:
                raise StartError(
                    f"the gateway shows {seen} of {count} permits after {VISIBLE_S:.0f} s: see .run/system.log"
                )
            time.sleep(0.05)
        say(f"demo: all {count} went outbox → Kafka → gateway")

    def newest(self) -> str:
        """The number of the permit that was issued last."""
        with self._databases["permits"].transaction() as session:
            return str(session.scalars(_NEWEST).one())

    def _count(self) -> int:
        with self._databases["partner-gateway"].transaction() as session:
            return session.scalar(text("SELECT count(*) FROM building_permit")) or 0

    def latencies(self) -> list[float]:
        """Milliseconds from the commit in `permits` to the commit in the gateway, sorted."""
        with self._databases["permits"].transaction() as session:
            issued = {row.permit_id: row.at for row in session.execute(_ISSUED)}
        with self._databases["partner-gateway"].transaction() as session:
            visible = {row.permit_id: row.at for row in session.execute(_VISIBLE)}
        return sorted(
            (at - issued[permit_id]).total_seconds() * 1000 for permit_id, at in visible.items()
        )

    def find(self, title: str, caller: Session, **filters: str) -> list[dict[str, Any]]:
        """A query by GET, shown as a table."""
        url = f"{self._gateway}/v1/building-permits"
        answer = requests.get(
            url, params={"limit": "5", **filters}, headers=caller.headers("GET", url), timeout=10
        )
        return _show(title, answer)

    def search(self, title: str, caller: Session, **body: str | int) -> list[dict[str, Any]]:
        """A search by civil ID, shown as a table."""
        full = {"purpose": "meter-connection", "case_reference": "SEC-2026-1", "limit": 5, **body}
        url = f"{self._gateway}/v1/building-permit-searches"
        answer = requests.post(url, json=full, headers=caller.headers("POST", url), timeout=10)
        return _show(title, answer)

    def gate(self, token: str, permit_id: str) -> None:
        """A building without an insulation certificate asks for its completion certificate."""
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

    def denied(self, caller: Session) -> None:
        """An employee without the scope searches by civil ID; the refusal and its row of the record."""
        body = {"civil_id": "1000000008", "purpose": "meter-connection", "case_reference": "X"}
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


def show(system: System, count: int) -> None:
    """Runs all the steps and prints what came back. Raises StartError when something isn't as promised."""
    demo = Demo(system)
    try:
        demo.load(count)
        times = demo.latencies()
        description = system.description()
        say(
            "demo: signing in as an employee of the electricity company"
            " (pushed request, PKCE; tokens bound to a key: DPoP)"
        )
        dispatcher = Session(description, "sec.dispatcher")
        officer = access_token(description, "qatif.officer", "permits")
        _queries(demo, dispatcher, demo.newest())
        demo.gate(officer, _a_new_building(demo, dispatcher))
        demo.denied(Session(description, "sec.viewer"))
        system.run("partner-gateway", "audit", "verify")
        BuildingStory(description).tell()
        ReportsStory(description).tell()
        LicencesStory(description).tell()
        CitizensStory(description).tell()
        HealthStory(description).tell()
        InspectionStory(system).tell()
        say("\n▌ من الإصدار إلى الظهور لدى الشريك · from issue to visibility, commit to commit")
        middle, late = times[len(times) // 2], times[int(len(times) * 0.99)]
        say(
            f"  {len(times)} permits: p50 {middle:.0f} ms, p99 {late:.0f} ms; the record's chain verifies"
        )
    finally:
        demo.close()
    say("\ndemo: done; stopping everything")


def _queries(demo: Demo, caller: Session, permit_number: str) -> None:
    since = _days_ago(30)
    demo.find("مدى تاريخ الإصدار · issue-date range", caller, issued_from=since)
    demo.find("رقم المخطط · plan number 713/7", caller, plan_number="713/7")
    demo.search("رقم هوية المالك · civil ID of an owner", caller, civil_id="1000000008")
    demo.find("رقم الرخصة · permit number", caller, permit_number=permit_number)
    demo.find(
        "مخطط وحي ونوع · plan, district and kind",
        caller,
        plan_number="٤٢٢ / ٣ ج",
        district="البديعة",
        kind="new",
    )
    demo.search("هوية وحالة · civil ID and status", caller, civil_id="1000000008", status="valid")


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
    return str((datetime.now(UTC) - timedelta(days=days)).date())


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
