"""What a certificate costs: by the table, and by nothing that anybody types."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from health_certs.domain.professions import Profession
from health_certs.domain.rules import ORDINARY, RENEWAL, SEASONAL, Rules
from saudi.bilingual import Bilingual

FIRST, RENEW = "first", "renewal"  # kinds of requests
_NAMES: Mapping[str, Bilingual] = {
    ORDINARY: Bilingual("رسم الشهادة الصحية", "Fee of a health certificate"),
    SEASONAL: Bilingual("رسم الشهادة الصحية الموسمية", "Fee of a seasonal health certificate"),
    RENEWAL: Bilingual("رسم تجديد الشهادة الصحية", "Fee of a renewal"),
}
_BECAUSE = Bilingual("حسب جدول رسوم الشهادات الصحية", "By the table of fees of health certificates")


@dataclass(frozen=True)
class Line:
    """A part of the fee, with how it came about."""

    code: str
    words: Bilingual
    because: Bilingual
    amount_halalas: int

    def record(self) -> dict[str, Any]:
        """As an invoice carries it."""
        return {
            "code": self.code,
            **self.words.pair(),
            "because": self.because.pair(),
            "amount_halalas": self.amount_halalas,
        }


def fee_lines(kind: str, profession: Profession, rules: Rules) -> Sequence[Line]:
    """`kind` of the request: first or renewal. A seasonal one costs the same each time."""
    code = RENEWAL if kind == RENEW else ORDINARY
    if profession.season is not None:
        code = SEASONAL
    return [Line(code, _NAMES[code], _BECAUSE, rules.fees[code])]
