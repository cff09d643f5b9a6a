"""The signed document of a certificate: when a certificate has one, its content, and its state today."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from chassis.core.refusals import Conflict
from health_certs.domain.certificates import Status
from saudi.bilingual import Bilingual
from saudi.ids import mask_id

KIND = "health_certificate"  # as a document's code names it
VALID, EXPIRED, CANCELLED, REPLACED = "valid", "expired", "cancelled", "replaced"
STATES: Mapping[str, Bilingual] = {
    VALID: Bilingual("سارية", "Valid"),
    EXPIRED: Bilingual("منتهية", "Expired"),
    CANCELLED: Bilingual("ملغاة", "Cancelled"),
    REPLACED: Bilingual("حلت محلها شهادة مجددة", "Replaced by a renewed certificate"),
}
_OF_STATUS: Mapping[Status, str] = {
    Status.VALID: VALID,
    Status.CANCELLED: CANCELLED,
    Status.REVOKED: CANCELLED,
    Status.REPLACED: REPLACED,
}


class NotInForce(Conflict):
    """Only a certificate in force has a document."""

    problem = "health-certificate-not-in-force"

    def __init__(self, state: str) -> None:
        words = STATES[state]
        super().__init__(status={"ar": words.ar, "en": words.en.lower()})


def state_of(status: str) -> str:
    """Returns a certificate's state for people who are shown the document, without regard to the last day. A revoked
    certificate counts as cancelled: who cancelled, and why, is between the worker and the municipality."""
    return _OF_STATUS[Status(status)]


def state_today(status: str, valid_until: date, today: date) -> str:
    """Returns the state on a day."""
    state = state_of(status)
    return EXPIRED if state == VALID and valid_until < today else state


def shown_name(name: Mapping[str, str | None]) -> str:
    """Returns the Arabic name, or else the English name."""
    return name["ar"] or name["en"] or ""


def content_of(
    certificate: Mapping[str, Any], trade_name: str | None, profession: Bilingual
) -> dict[str, Any]:
    """Returns what is printed of a recorded certificate, as JSON values. The holder's number is masked: the rest is
    enough to compare with an ID, and useless to the finder of the paper."""
    worker = certificate["worker"]
    names = ("certificate_no", "municipality", "issued_on", "valid_until")
    return {
        **{name: certificate[name] for name in names},
        "seasonal": certificate["season"] is not None,
        "profession": profession.pair(),
        "worker": {
            "name": dict(worker["name"]),
            "id_number": mask_id(worker["id_number"]),
            "nationality": worker["nationality"],
            "birth_year": worker["birth_date"][:4],
        },
        "establishment": {
            "trade_name": trade_name,
            "licence_no": certificate["licence_no"],
            "unified_number": certificate["establishment"],
        },
    }
