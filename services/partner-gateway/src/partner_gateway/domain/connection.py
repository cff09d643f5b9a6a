"""The verdict on connecting a building: how much current the company may give today, and why. Pure.

The municipality decides by its approval of a release; the verdict reads that approval together with what stands in its
way: an order to disconnect, a flag, a certificate that has expired, and a permit that isn't in force. An employee would
otherwise have to read six blocks that seem to contradict each other."""

from collections.abc import Mapping
from typing import Any

State = Mapping[str, Any]
Title = Mapping[str, str]
# Statuses of a permit under which current may be given.
STANDING = frozenset(("valid", "completed"))
EXTENTS: Mapping[str, Title] = {
    "none": {"ar": "لا يُطلق التيار", "en": "No current may be given"},
    "partial": {"ar": "يُطلق التيار جزئيًا", "en": "Partial current may be given"},
    "full": {"ar": "يُطلق التيار كاملًا", "en": "Full current may be given"},
}
REASONS: Mapping[str, Title] = {
    "approved": {"ar": "اعتمدت البلدية إطلاق التيار", "en": "The municipality approved the release"},
    "no-release": {"ar": "لم يُطلب إطلاق التيار", "en": "No release of current was requested"},
    "release-refused": {"ar": "رُفض طلب إطلاق التيار", "en": "The request for current was refused"},
    "release-cancelled": {"ar": "أُلغي طلب إطلاق التيار", "en": "The request for current was cancelled"},
    "not-approved": {"ar": "لم تعتمد البلدية إطلاق التيار", "en": "The municipality hasn't approved the release"},
    "disconnection-ordered": {"ar": "أمرت البلدية بفصل التيار", "en": "The municipality ordered the disconnection"},
    "flagged": {"ar": "على إطلاق التيار ملاحظة", "en": "The release is flagged"},
    "insulation-expired": {"ar": "انتهت شهادة العزل الحراري", "en": "The insulation certificate has expired"},
    "occupancy-expired": {"ar": "انتهت شهادة الإشغال", "en": "The occupancy certificate has expired"},
    "permit-expired": {"ar": "الرخصة منتهية", "en": "The permit has expired"},
    "permit-suspended": {"ar": "الرخصة موقوفة", "en": "The permit is suspended"},
    "permit-cancelled": {"ar": "الرخصة ملغاة", "en": "The permit is cancelled"},
    "permit-replaced": {
        "ar": "حلت محلها رخصة أخرى؛ استعلموا عن الرخصة اللاحقة",
        "en": "Another permit took its place; look up the later permit",
    },
}  # fmt: skip
_REASON_OF_STATUS = {
    "expired": "permit-expired",
    "suspended": "permit-suspended",
    "cancelled": "permit-cancelled",
    "renewed": "permit-replaced",
    "superseded": "permit-replaced",
}


def verdict(building: State, flags: Mapping[str, Title]) -> dict[str, Any]:
    """Returns the verdict for a permit in force. `building`: its blocks as of the day; `flags`: the words of the
    reasons of flags."""
    release = building["release"]
    against = _reasons_against(building, flags)
    if against or release is None:
        return _verdict("none", against)
    return _verdict(release["approval"]["extent"], {"approved": REASONS["approved"]})


def verdict_of_status(status: str) -> dict[str, Any]:
    """Returns the verdict for a permit that isn't in force, whatever its building has."""
    code = _REASON_OF_STATUS[status]
    return _verdict("none", {code: REASONS[code]})


def _reasons_against(building: State, flags: Mapping[str, Title]) -> dict[str, Title]:
    release = building["release"]
    if release is None:
        return _titled_reason("no-release")
    if release["status"] in ("refused", "cancelled"):
        return _titled_reason(f"release-{release['status']}")
    found: dict[str, Title] = {}
    if _is_cut(release.get("disconnection")):
        found |= _titled_reason("disconnection-ordered")
    if release.get("flagged"):
        code = release.get("flag_reason") or "flagged"
        found[code] = flags.get(code) or REASONS["flagged"]
    if release.get("approval") is None:
        return found | _titled_reason("not-approved")
    for block in ("insulation", "occupancy"):
        if (building[block] or {}).get("status") == "expired":
            found |= _titled_reason(f"{block}-expired")
    return found


def _is_cut(order: State | None) -> bool:
    """Returns whether an order to disconnect stands: neither withdrawn nor followed by leave to reconnect."""
    return order is not None and not (
        order.get("withdrawn_on") or order.get("reconnection_allowed_on")
    )


def _titled_reason(code: str) -> dict[str, Title]:
    return {code: REASONS[code]}


def _verdict(extent: str, reasons: Mapping[str, Title]) -> dict[str, Any]:
    shown = [{"code": code, "title": title} for code, title in reasons.items()]
    return {"extent": extent, "title": EXTENTS[extent], "reasons": shown}
