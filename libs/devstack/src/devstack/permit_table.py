"""A table of permits for a terminal: Arabic and numbers side by side, each in its own direction."""

import unicodedata
from typing import Any

from devstack.machine import say
from saudi.bidi import isolate

COLUMNS = (
    "رقم الرخصة",
    "الإصدار",
    "هـ",
    "النوع",
    "الحالة",
    "البلدة",
    "الحي",
    "المخطط",
    "القطع",
    "المالك",
)


KINDS = {
    "new": "إنشاء جديد", "fence": "تسوير", "addition": "إضافة وتعديل", "restoration": "ترميم", "demolition": "هدم",
    "renewal": "تجديد", "ownership_transfer": "نقل ملكية", "correction": "تصحيح وضع",
    "change_of_use": "تغيير استعمال", "site_preparation": "تجهيز موقع", "change_of_contractor": "استبدال المقاول",
    "change_of_supervisor": "استبدال المشرف",
}  # fmt: skip
STATUSES = {
    "valid": "سارية", "expired": "منتهية", "suspended": "موقوفة", "renewed": "مجددة", "superseded": "مستبدلة",
    "completed": "منجزة", "cancelled": "ملغاة",
}  # fmt: skip


def show_table(items: list[dict[str, Any]]) -> None:
    """Prints the permits, a line each."""
    rows = [COLUMNS, *(_cells(item) for item in items)]
    widths = [max(_width(row[n]) for row in rows) for n in range(len(COLUMNS))]
    for row in rows:
        say(
            "  "
            + "  ".join(
                isolate(cell) + " " * (width - _width(cell))
                for cell, width in zip(row, widths, strict=True)
            )
        )
    if not items:
        say("  (لا توجد نتائج · nothing found)")


def _cells(item: dict[str, Any]) -> tuple[str, ...]:
    owners = item["owners"]
    more = f" +{len(owners) - 1}" if len(owners) > 1 else ""
    return (
        item["permit_number"], item["issued_on"], item["issued_on_hijri"],
        KINDS[item["kind"]], STATUSES[item["status"]], item["town"],
        item["district"], item["plan_number"] or "بدون", ", ".join(item["plots"]),
        owners[0]["name"] + more,
    )  # fmt: skip


def _width(cell: str) -> int:
    return sum(not unicodedata.combining(letter) for letter in cell)
