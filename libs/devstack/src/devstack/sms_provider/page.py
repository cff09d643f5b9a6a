"""The page that shows the messages as telephones would: one telephone per number, Arabic from the right."""

import re
from collections.abc import Sequence
from datetime import datetime
from html import escape

from devstack.sms_provider.ledger import Row
from saudi import sms
from saudi.days import RIYADH

PHONES = 60
_LINK = re.compile(r"https?://[^\s<>\"']+")
_STYLE = """
body { font-family: system-ui, "Noto Sans Arabic", sans-serif; background: #eef1ef; margin: 2rem; color: #16211c }
main { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start }
section { background: #fff; border: .6rem solid #24302b; border-radius: 2rem; width: 19rem; padding: 1rem }
h2 { font-size: 1rem; margin: 0 0 .8rem; text-align: center }
article { background: #e3ece7; border-radius: 1rem; padding: .6rem .9rem; margin: 0 0 .8rem; line-height: 1.6 }
p { margin: 0; overflow-wrap: anywhere; unicode-bidi: plaintext; white-space: pre-wrap }
footer { font-size: .75rem; color: #4b5a53; margin-top: .3rem }
"""


def page(rows: Sequence[Row]) -> bytes:
    """Returns the telephones, the telephone with the newest message first."""
    phones: dict[str, list[Row]] = {}
    for row in rows:
        phones.setdefault(row.recipient, []).append(row)
    newest = sorted(phones.items(), key=lambda one: one[1][-1].at, reverse=True)[:PHONES]
    body = "".join(_phone(number, messages) for number, messages in newest)
    empty = "<p>لم تصل رسالة بعد · No message yet</p>"
    return (
        '<!doctype html><html lang="ar" dir="rtl"><head><meta charset="utf-8">'
        "<title>الهواتف · Telephones</title>"
        f'<style>{_STYLE}</style></head><body><h1>الهواتف (بيانات تجريبية) · <span lang="en">'
        f"Telephones</span></h1><main>{body or empty}</main></body></html>"
    ).encode()


def _phone(number: str, rows: Sequence[Row]) -> str:
    return f'<section><h2 dir="ltr">+{escape(number)}</h2>{"".join(map(_bubble, rows))}</section>'


def _bubble(row: Row) -> str:
    cut = sms.message(row.text)
    at = datetime.fromtimestamp(row.at, RIYADH)
    text = _LINK.sub(lambda link: f'<a href="{link[0]}">{link[0]}</a>', escape(row.text))
    return (
        f'<article><p dir="auto">{text}</p><footer dir="ltr">{escape(row.sender)} · {at:%H:%M:%S} · '
        f"{row.parts} × {cut.encoding} · {escape(row.provider)}</footer></article>"
    )
