"""The page on which somebody plays the payer: the open bills with a button each, and what was paid."""

from collections.abc import Sequence
from html import escape

from devstack.bill_provider.ledger import OPEN, Bill

ROWS = 200
_STYLE = """
body { font-family: system-ui, "Noto Sans Arabic", sans-serif; background: #eef1ef; margin: 2rem; color: #16211c }
table { border-collapse: collapse; background: #fff }
th, td { border: 1px solid #c7d1cc; padding: .5rem .8rem; text-align: start }
bdi { font-variant-numeric: tabular-nums } button { padding: .3rem 1.2rem; font: inherit }
"""
_STATES = {"open": "بانتظار السداد", "paid": "مسددة", "cancelled": "ملغاة"}


def page(bills: Sequence[Bill]) -> bytes:
    """Returns the bills, the newest first, without the payers' names."""
    rows = "".join(map(_row, reversed(bills[-ROWS:])))
    empty = "<p>لا توجد فاتورة بعد · No bill yet</p>"
    table = (
        "<table><thead><tr><th>رقم الفاتورة</th><th>الوصف</th><th>المبلغ</th><th>آخر يوم</th>"
        "<th>الحالة</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )
    return (
        '<!doctype html><html lang="ar" dir="rtl"><head><meta charset="utf-8">'
        f"<title>نظام المدفوعات (تجريبي)</title><style>{_STYLE}</style></head><body>"
        '<h1>نظام المدفوعات (بيانات تجريبية) · <span lang="en">The bill system, a stand-in</span></h1>'
        f"{table if rows else empty}</body></html>"
    ).encode()


def _row(bill: Bill) -> str:
    described = bill.wanted.get("description") or []
    text = "، ".join(str(one.get("ar", "")) for one in described if isinstance(one, dict))
    state = escape(_STATES[bill.status])
    if bill.status == OPEN:
        state = (
            '<form method="post" action="/pay">'
            f'<input type="hidden" name="bill_number" value="{escape(bill.bill_number)}">'
            "<button>سدد</button></form>"
        )
    cells = [_code(bill.bill_number), escape(text), _code(bill.amount), _code(bill.due_on), state]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _code(text: str) -> str:
    return f'<bdi dir="ltr">{escape(text)}</bdi>'
