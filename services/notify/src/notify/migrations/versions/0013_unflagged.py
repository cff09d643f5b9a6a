"""The texts that an owner gets when a certificate is in question no more."""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

NOW = datetime(2026, 11, 28, tzinfo=UTC)
DAY = 24 * 3_600
# name, kind, expires after seconds, Arabic and English title, Arabic and English text; the number is the only value
TEMPLATES = (
    (
        *("completion-unflagged", "information", 7 * DAY),
        *("رفع الملاحظة عن شهادة إتمام", "A completion certificate is in question no more"),
        "رُفعت الملاحظة عن شهادة إتمام البناء رقم ((number)) بعودة رخصته. ((municipality))",
        "Your completion certificate no. ((number)) is in question no more: the permit is back. ((municipality))",
    ),
    (
        *("occupancy-unflagged", "information", 7 * DAY),
        *("رفع الملاحظة عن شهادة إشغال", "An occupancy certificate is in question no more"),
        "رُفعت الملاحظة عن شهادة إشغال المبنى رقم ((number)) بعودة رخصته. ((municipality))",
        "Your occupancy certificate no. ((number)) is in question no more: the permit is back. ((municipality))",
    ),
)
NAMES = ["municipality", "number"]
TEMPLATE = """INSERT INTO template (template_id, name, title_ar, title_en, kind, when_unsure, expires_seconds, current,
    created_at, updated_at, version)
    VALUES (:id, :name, :title_ar, :title_en, :kind, 'twice', :seconds, 1, :now, :now, 1)"""
VERSION = """INSERT INTO template_version (template_id, number, body_ar, body_en, parameters, created_at, created_by)
    VALUES (:id, 1, :ar, :en, :names, :now, 'notify')"""


def upgrade() -> None:
    for name, kind, seconds, title_ar, title_en, ar, en in TEMPLATES:
        key = str(uuid5(NAMESPACE_URL, f"https://contracts.qatif.gov.sa/templates/{name}"))
        values = {"id": key, "name": name, "kind": kind, "seconds": seconds, "now": NOW}
        titles = {"title_ar": title_ar, "title_en": title_en}
        op.get_bind().execute(sa.text(TEMPLATE), {**values, **titles})
        words = {"id": key, "ar": ar, "en": en, "names": NAMES, "now": NOW}
        op.get_bind().execute(sa.text(VERSION), words)
