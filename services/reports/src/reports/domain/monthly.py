"""The monthly table, as the municipality publishes it: reports by branch and category, and their outcomes."""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from chassis.core.refusals import InvalidFields
from saudi import Malformed
from saudi.cells import cell
from saudi.days import midnight, midnight_after, parse_month

BOM = "\ufeff"
HEADINGS = (
    *("البلدية", "التصنيف", "الواردة", "المعالجة", "المفتوحة", "المرتبطة بجهات أخرى"),
    *("المرفوضة لعدم الاختصاص", "المكررة", "المتأخرة", "وسيط ساعات العمل", "النسبة ضمن مدة الخدمة"),
)
ALL = "الإجمالي"


@dataclass(frozen=True, kw_only=True)
class MonthlyRow:
    """One line of the table. A municipality or category of None is the sum over all.

    Treated, open, linked, rejected and duplicate reports add up to `received`. `overdue`: open reports past their
    service time. The share in time counts overdue reports as late, beside the `timed` of the treated reports.
    `median_minutes`: working time from filing to treatment.
    """

    municipality: str | None
    category: str | None
    received: int
    treated: int
    open: int
    linked_external: int
    rejected: int
    duplicates: int
    overdue: int
    median_minutes: float | None
    in_time: int
    timed: int

    @property
    def median_hours(self) -> float | None:
        return None if self.median_minutes is None else round(self.median_minutes / 60, 1)

    @property
    def share_in_time(self) -> float | None:
        """Returns 0 to 1, with three decimals."""
        counted = self.timed + self.overdue
        return round(self.in_time / counted, 3) if counted else None


def span_of(month: str) -> tuple[datetime, datetime]:
    """Returns the first moment of a month in Riyadh and of the next month. Accepts `2026-11`, and `1448-06` of Umm
    al-Qura, in any digits. Raises InvalidFields on `month`."""
    try:
        found = parse_month(month)
    except Malformed:
        raise InvalidFields.of("month", "month") from None
    return midnight(found.first).astimezone(UTC), midnight_after(found.last).astimezone(UTC)


def csv_of(
    rows: Iterable[MonthlyRow], branch: Callable[[str], str], kind: Callable[[str], str]
) -> str:
    """Returns the table for a spreadsheet, with CRLF and with a byte-order mark for Arabic. `branch` and `kind` return
    the name of a code."""
    out = io.StringIO(newline="")
    out.write(BOM)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for row in rows:
        writer.writerow(
            (
                cell(branch(row.municipality) if row.municipality else ALL),
                cell(kind(row.category) if row.category else ALL),
                *(row.received, row.treated, row.open, row.linked_external),
                *(row.rejected, row.duplicates, row.overdue),
                "" if row.median_hours is None else row.median_hours,
                "" if row.share_in_time is None else f"{row.share_in_time:.1%}",
            )
        )
    return out.getvalue()
