"""The people of the tests. All sample data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MARK = "(بيانات تجريبية)"
ESTIMATE, LEAST_RENT = 125_000_000, 5_000_000
MOBILE, OTHER_MOBILE = "0500000001", "0500000002"


@dataclass(frozen=True)
class Officer:
    """An officer, as the authorization server vouches for them."""

    subject: str
    scopes: frozenset[str] = frozenset()
    municipality: str = "saihat"
    name: str | None = f"موظف {MARK}"
    client_id: str = "desk"
    organisation: str | None = "saihat"

    @property
    def attributes(self) -> Mapping[str, str]:
        return {"municipality": self.municipality}


def _with(*scopes: str) -> frozenset[str]:
    return frozenset(f"tenders.{one}" for one in ("read", *scopes))


PREPARER = Officer("p_preparer", _with("prepare", "publish", "award"))
CLERK = Officer("p_clerk", _with("receive"))
OPENER = Officer("p_opener", _with("open"))
READER = Officer("p_reader", _with())
GOVERNORATE = Officer("p_governorate", _with("prepare", "publish"), "qatif", organisation="qatif")
ELSEWHERE = Officer("p_elsewhere", _with("prepare", "publish", "award"), "tarout")

RECEIPTS = ("E-1", "E-2", "E-3")
BOOKLET_URL = "https://files.example/booklet.pdf"
BUYER = {
    "name": f"مؤسسة الواحة {MARK}",
    "id_type": "unified_number",
    "id_number": "7000000005",
    "mobile": "+966500000001",
    "language": "ar",
}
REASON = {"ar": "لم تعد الحاجة قائمة", "en": "It is no longer needed"}
CANCELLATION = {"code": "need-ended", "reason": REASON}


@dataclass(frozen=True)
class Prices:
    """What each receipt of the tests offers, in halalas, and which bid the committee refuses."""

    amounts: Mapping[str, int] = field(
        default_factory=lambda: dict(zip(RECEIPTS, (6_000_000, 7_000_000, 4_000_000), strict=True))
    )
    refused: str = "E-2"


def opening(receipts: tuple[str, ...] = RECEIPTS, prices: Prices | None = None) -> dict[str, Any]:
    """Returns the body of an opening, with values as operations get them."""
    found = prices or Prices()
    return {
        "minutes_number": "م-14",
        "bids": [
            {
                "receipt_number": one,
                "bidder": f"مؤسسة {one} {MARK}",
                "unified_number": "7000000005",
                "amount": found.amounts[one],
                "accepted": one != found.refused,
            }
            for one in receipts
        ],
    }
