"""The texts that a payer gets about a bill."""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

NOW = datetime(2026, 11, 26, tzinfo=UTC)
DAY = 24 * 3_600
# name, kind, expires after seconds, Arabic and English title, Arabic and English text, placeholders
TEMPLATES = (
    (
        *("bill-registered", "notice", 7 * DAY, "فاتورة سداد جديدة", "A bill to pay"),
        "فاتورة سداد ((number))، رمز المفوتر ((biller))، المبلغ ((amount)) ريال، آخر يوم ((ends)). ((municipality))",
        "Bill ((number)), biller ((biller)): SAR ((amount)), to be paid by ((ends)). ((municipality))",
        ["amount", "biller", "ends", "municipality", "number"],
    ),
    (
        *("bill-settled", "information", 3 * DAY, "سداد فاتورة", "A bill was paid"),
        "سُددت فاتورتكم ((number)) بمبلغ ((amount)) ريال. ((municipality))",
        "Your bill ((number)) was paid: SAR ((amount)). ((municipality))",
        ["amount", "municipality", "number"],
    ),
    (
        *("bill-cancelled", "information", 3 * DAY, "إلغاء فاتورة سداد", "A bill was cancelled"),
        "أُلغيت فاتورة سداد ((number)) فلا تسددوها. ((municipality))",
        "Bill ((number)) was cancelled; do not pay it. ((municipality))",
        ["municipality", "number"],
    ),
)
TEMPLATE = """INSERT INTO template (template_id, name, title_ar, title_en, kind, when_unsure, expires_seconds, current,
    created_at, updated_at, version)
    VALUES (:id, :name, :title_ar, :title_en, :kind, 'twice', :seconds, 1, :now, :now, 1)"""
VERSION = """INSERT INTO template_version (template_id, number, body_ar, body_en, parameters, created_at, created_by)
    VALUES (:id, 1, :ar, :en, :names, :now, 'notify')"""


def upgrade() -> None:
    for name, kind, seconds, title_ar, title_en, ar, en, names in TEMPLATES:
        key = str(uuid5(NAMESPACE_URL, f"https://contracts.qatif.gov.sa/templates/{name}"))
        values = {"id": key, "name": name, "kind": kind, "seconds": seconds, "now": NOW}
        titles = {"title_ar": title_ar, "title_en": title_en}
        op.get_bind().execute(sa.text(TEMPLATE), {**values, **titles})
        words = {"id": key, "ar": ar, "en": en, "names": names, "now": NOW}
        op.get_bind().execute(sa.text(VERSION), words)
