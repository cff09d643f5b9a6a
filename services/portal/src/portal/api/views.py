"""What templates show of a permit and of its building. Words come from the gateway, in both languages."""

from collections.abc import Collection, Mapping
from typing import Any

from markupsafe import Markup, escape

from chassis.core import contracts
from pages import marks
from portal.api.places import place_of
from portal.catalogue import branch_name

Document = Mapping[str, Any]
# The status of a permit, a certificate or a release → the tone of its tag.
_TONES = {
    "valid": "success", "completed": "success", "issued": "success", "energised": "success",
    "approved": "success",
    "expired": "error", "suspended": "error", "cancelled": "error", "revoked": "error",
    "voided": "error", "rejected": "error", "refused": "error", "returned": "warning", "pending": "warning",
}  # fmt: skip
# Block of a permit → its schema in the gateway's contract.
_BLOCKS = {"insulation": "Insulation", "occupancy": "Occupancy", "release": "Release"}
_EXTENT_TONES = {"none": "error", "partial": "warning", "full": "success"}


def tone(status: str) -> str:
    """Returns the tone of a status's tag."""
    return _TONES.get(status, "neutral")


def extent_tone(extent: str) -> str:
    """Returns the tone of a verdict's tag."""
    return _EXTENT_TONES.get(extent, "neutral")


def result_row(permit: Document, language: str) -> dict[str, Any]:
    """Returns a permit as a row of results; what the grant doesn't show is None."""
    kind, connection = permit.get("kind_title"), permit.get("connection")
    return {
        "address": f"/sec/permits/{permit['permit_id']}",
        "number": permit["permit_number"],
        "branch": branch_name(permit.get("municipality"), language),
        "status": permit["status_title"][language],
        "status_tone": tone(permit["status"]),
        "issued_on": permit["issued_on"],
        "kind": kind[language] if kind else None,
        "place": place_of(permit, language),
        "plan": permit.get("plan_number"),
        "plots": permit.get("plots") or [],
        "current": connection["title"][language] if connection else None,
        "current_tone": extent_tone(connection["extent"]) if connection else None,
    }


def waiting_row(item: Document, language: str) -> dict[str, Any]:
    """Returns a release that waits for the company as a row: its work, since when, and its permit."""
    permit = item["permit"]
    supply = (permit.get("release") or {}).get("supply") or {}
    return {
        **result_row(permit, language),
        "work": item["waits_for_title"][language],
        "work_tone": "error" if item["waits_for"] == "disconnection" else "info",
        "since": item["since"],
        "given": supply.get("extent"),
    }


def whole_permit(permit: Document) -> dict[str, Any]:
    """Returns a permit with every field of the contract: None stands for what the grant leaves out."""
    shown = _with_all_fields(permit, "BuildingPermit")
    for name, schema in _BLOCKS.items():
        if shown[name]:
            shown[name] = _with_all_fields(shown[name], schema)
    return shown


def _with_all_fields(document: Document, schema: str) -> dict[str, Any]:
    schemas = contracts.openapi("partner-gateway")["components"]["schemas"]
    return {**dict.fromkeys(schemas[schema]["properties"]), **document}


class PermitView:
    """The blocks of a permit as the template shows them. A block that the grant leaves out is None."""

    def __init__(self, permit: Document, granted: Collection[str], language: str) -> None:
        self._permit = permit
        self._granted = granted
        self._language = language
        self.connection = permit["connection"]
        self.insulation = permit["insulation"]
        self.occupancy = permit["occupancy"]
        self.release = permit["release"]
        self.status_tone = tone(permit["status"])

    def has(self, field: str) -> bool:
        """Returns whether the grant shows a field."""
        return field in self._granted

    def tone(self, block: Document) -> str:
        """Returns the tone of a block's status."""
        return tone(str(block.get("status")))

    def title(self, block: Document | None, name: str = "status_title") -> str | None:
        """Returns the words of a block in the page's language."""
        words = (block or {}).get(name)
        return str(words[self._language]) if words else None

    def day(self, block: Document | None, name: str) -> Markup | None:
        """Returns a day of a block in words."""
        value = (block or {}).get(name)
        return marks.day(value, self._language) if value else None

    def plots(self) -> Markup | None:
        """Returns the plots, each in its own direction."""
        found = self._permit.get("plots")
        return (
            escape("، " if self._language == "ar" else ", ").join(map(marks.code, found))
            if found
            else None
        )

    def place(self) -> Markup | None:
        """Returns town and district."""
        return place_of(self._permit, self._language)

    def owners(self) -> list[dict[str, Any]]:
        """Returns the owners, with their numbers masked as the gateway has them."""
        return list(self._permit.get("owners") or ())
