"""What tests of occupancy and release share: a building that's taken to the point where they begin."""

from datetime import date
from typing import Any

from permits.commands import occupancy, release_current
from permits.commands.occupancy import OccupancyApplication, OccupancyInspection, Signature
from permits.commands.release_current import SiteInspection
from permits.models import Certificate, Permit, Release

ASKED: dict[str, Any] = {
    "use": "سكن عائلة واحدة",
    "fire_protection": True,
    "owner_address": "القطيف، الخزامى، EQTB1234 (بيانات تجريبية)",
}


# Works that are completed without insulation, and leave no building.
WITHOUT: dict[str, dict[str, Any]] = {
    "demolition": {},
    "fence": {
        "building": {
            "components": [{"component": "سور", "units": 0, "area_m2": 0}],
            "built_area_m2": 0,
            "floors": 0,
            "units": 0,
            "fence_length_m": 90,
        }
    },
}


def completed(desk: Any, **changes: Any) -> Permit:
    """A permit of a finished building, insulated and completed."""
    permit: Permit = desk.issued(**changes)
    desk.insulated(permit)
    desk.complete(permit)
    return permit


def asked(desk: Any, permit: Permit, kind: str = "final", **more: Any) -> Certificate:
    what = OccupancyApplication(**{**ASKED, "kind": kind, **more})
    return occupancy.request_occupancy(desk.work, permit.permit_id, what)


def examined(desk: Any, row: Certificate, *defects: str) -> Certificate:
    seen = OccupancyInspection(
        result="fail" if defects else "pass",
        inspected_on=desk.now.date(),
        inspector="م. تجربة",
        defects=defects,
    )
    return occupancy.examine(desk.work, row.certificate_id, seen)


def signed(desk: Any, row: Certificate, valid_until: date | None = None) -> Certificate:
    by = Signature(
        name="رئيس البلدية (بيانات تجريبية)", capacity="رئيس البلدية", valid_until=valid_until
    )
    return occupancy.issue_occupancy(desk.work, row.certificate_id, by)


def occupied(desk: Any, permit: Permit) -> Certificate:
    """A final occupancy certificate."""
    return signed(desk, examined(desk, asked(desk, permit)))


def submitted(desk: Any, permit: Permit, extent: str = "full") -> Release:
    return release_current.submit_release(desk.work, permit.permit_id, extent=extent)


def seen(desk: Any, row: Release, *defects: str) -> Release:
    found = SiteInspection(
        result="fail" if defects else "pass",
        inspected_on=desk.now.date(),
        inspector="م. تجربة",
        defects=defects,
    )
    return release_current.inspect_site(desk.work, row.release_id, found)


def approved(desk: Any, row: Release, extent: str = "partial") -> Release:
    return release_current.approve_release(desk.work, row.release_id, extent=extent)
