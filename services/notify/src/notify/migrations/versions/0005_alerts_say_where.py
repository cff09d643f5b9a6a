"""Alerts say what is wrong and where; a report that can't be reopened any more is closed without a link."""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

NOW = datetime(2026, 11, 26, tzinfo=UTC)
# name, Arabic and English text, placeholders
WORDINGS = (
    (
        "report-alert",
        "بلاغ عاجل ((number)): ((type))، ((place)). باشروه فورًا. ((municipality))",
        "Urgent report ((number)): ((type)), ((place)). Act at once. ((municipality))",
        ["municipality", "number", "place", "type"],
    ),
    (
        "report-escalated",
        "تجاوز البلاغ ((number)) مدته: ((type))، ((place)). رُفع إليكم بالمستوى ((level)). ((municipality))",
        "Report ((number)) is past its time: ((type)), ((place)). It comes to you at level ((level)). ((municipality))",
        ["level", "municipality", "number", "place", "type"],
    ),
)
CLOSED = (
    "report-closed-for-good",
    "تمت معالجة بلاغكم رقم ((number)) وأُغلق. إن بقيت المشكلة فاتصلوا بالرقم 940. ((municipality))",
    "Your report no. ((number)) was treated and closed. If the problem remains, call 940. ((municipality))",
    ["municipality", "number"],
)
TEMPLATE = """INSERT INTO template (template_id, name, title_ar, title_en, kind, when_unsure, expires_seconds, current,
    created_at, updated_at, version) VALUES (:id, :name, 'إغلاق بلاغ نهائيًا', 'A report was closed for good',
    'information', 'twice', 259200, 1, :now, :now, 1)"""
VERSION = """INSERT INTO template_version (template_id, number, body_ar, body_en, parameters, created_at, created_by)
    SELECT template_id, {number}, :ar, :en, :names, :now, 'notify' FROM template
    WHERE name = :name AND api_service_id IS NULL"""
# A wording that somebody wrote meanwhile stays the one that new messages take.
CURRENT = """UPDATE template SET current = 2, version = version + 1, updated_at = :now
    WHERE name = :name AND api_service_id IS NULL AND current = 1"""


def upgrade() -> None:
    for name, ar, en, names in WORDINGS:
        _wording(name, ar, en, names, number="current + 1")
        op.get_bind().execute(sa.text(CURRENT), {"name": name, "now": NOW})
    name, ar, en, names = CLOSED
    template_id = uuid5(NAMESPACE_URL, f"https://contracts.qatif.gov.sa/templates/{name}")
    values = {"id": str(template_id), "name": name, "now": NOW}
    op.get_bind().execute(sa.text(TEMPLATE), values)
    _wording(name, ar, en, names, number="1")


def _wording(name: str, ar: str, en: str, names: list[str], *, number: str) -> None:
    values = {"name": name, "ar": ar, "en": en, "names": names, "now": NOW}
    op.get_bind().execute(sa.text(VERSION.format(number=number)), values)
