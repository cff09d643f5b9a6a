"""The texts that an owner gets about an appeal against a decision."""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

NOW = datetime(2026, 11, 28, tzinfo=UTC)
WEEK = 7 * 24 * 3_600
# name, Arabic and English title, Arabic and English text, values
TEMPLATES = (
    (
        *("appeal-received", "استلام اعتراض", "An appeal was received"),
        "استلمنا اعتراضكم رقم ((number)) ونبت فيه قبل نهاية يوم ((until))م. ((municipality))",
        "We received your appeal no. ((number)) and decide it by ((until)). ((municipality))",
        ["municipality", "number", "until"],
    ),
    (
        *("appeal-accepted", "قبول اعتراض", "An appeal was accepted"),
        "قُبل اعتراضكم رقم ((number)) ورُفع القرار المعترض عليه. ((municipality))",
        "Your appeal no. ((number)) was accepted and the decision lifted. ((municipality))",
        ["municipality", "number"],
    ),
    (
        *("appeal-rejected", "رفض اعتراض", "An appeal was rejected"),
        "رُفض اعتراضكم رقم ((number)). الأسباب لدى البلدية، ولكم التظلم إلى المحكمة الإدارية. ((municipality))",
        "Your appeal no. ((number)) was rejected. Ask us why; the administrative court is next. ((municipality))",
        ["municipality", "number"],
    ),
)
TEMPLATE = """INSERT INTO template (template_id, name, title_ar, title_en, kind, when_unsure, expires_seconds, current,
    created_at, updated_at, version)
    VALUES (:id, :name, :title_ar, :title_en, 'notice', 'twice', :seconds, 1, :now, :now, 1)"""
VERSION = """INSERT INTO template_version (template_id, number, body_ar, body_en, parameters, created_at, created_by)
    VALUES (:id, 1, :ar, :en, :names, :now, 'notify')"""


def upgrade() -> None:
    for name, title_ar, title_en, ar, en, names in TEMPLATES:
        key = str(uuid5(NAMESPACE_URL, f"https://contracts.qatif.gov.sa/templates/{name}"))
        values = {"id": key, "name": name, "seconds": WEEK, "now": NOW}
        titles = {"title_ar": title_ar, "title_en": title_en}
        op.get_bind().execute(sa.text(TEMPLATE), {**values, **titles})
        words = {"id": key, "ar": ar, "en": en, "names": names, "now": NOW}
        op.get_bind().execute(sa.text(VERSION), words)
