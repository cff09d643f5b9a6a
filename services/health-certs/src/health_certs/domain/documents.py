"""The signed document of a certificate: when there is one, what it says, and what it's worth today."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from chassis.core.refusals import Conflict
from health_certs.domain.validity import Status
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
    """What a certificate is to whoever is shown it, its last day aside. A revoked one is cancelled: who cancelled it,
    and why, is between the worker and the municipality."""
    return _OF_STATUS[Status(status)]


def state_today(status: str, valid_until: date, today: date) -> str:
    """The same on a day."""
    found = state_of(status)
    return EXPIRED if found == VALID and valid_until < today else found


def shown_name(name: Mapping[str, str | None]) -> str:
    """The one in Arabic, where there is one."""
    return name["ar"] or name["en"] or ""


def content_of(
    certificate: Mapping[str, Any], trade_name: str | None, profession: Bilingual
) -> dict[str, Any]:
    """What is printed, as JSON values, of a certificate as it's recorded. The holder's number is masked: who compares
    it with an ID sees enough of it, who finds the paper can't use it."""
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
