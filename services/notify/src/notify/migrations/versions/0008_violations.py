"""The texts that an offender gets about a violation."""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

NOW = datetime(2026, 11, 26, tzinfo=UTC)
DAY = 24 * 3_600
# name, kind, expires after seconds, Arabic and English title, Arabic and English text, placeholders
TEMPLATES = (
    (
        *("violation-warned", "notice", 7 * DAY, "تنبيه إلى مخالفة", "A warning"),
        "تنبيه برقم ((number)): ((item)). صححوها حتى ((until))م وإلا حُررت مخالفة. ((municipality))",
        "Warning no. ((number)): ((item)). Correct it by ((until)), or there will be a fine. ((municipality))",
        ["item", "municipality", "number", "until"],
    ),
    (
        *(
            "violation-corrected",
            "information",
            3 * DAY,
            "تصحيح مخالفة",
            "A violation was corrected",
        ),
        "أُثبت تصحيح المخالفة رقم ((number)) ولا غرامة عليها. ((municipality))",
        "Violation no. ((number)) was corrected; there is no fine. ((municipality))",
        ["municipality", "number"],
    ),
    (
        *("violation-notified", "notice", 7 * DAY, "تسجيل مخالفة", "A violation was recorded"),
        "سُجلت مخالفة بلدية رقم ((number)): ((item)). آخر يوم للاعتراض ((until))م. ((municipality))",
        "Violation no. ((number)) was recorded: ((item)). You may object until ((until)). ((municipality))",
        ["item", "municipality", "number", "until"],
    ),
    (
        *("violation-objected", "information", 3 * DAY, "تسجيل اعتراض", "An objection was filed"),
        "قُيد اعتراضكم على المخالفة رقم ((number))، ولا سداد قبل البت فيه. ((municipality))",
        "Your objection to violation no. ((number)) was filed; pay nothing before it is decided. ((municipality))",
        ["municipality", "number"],
    ),
    (
        *("violation-upheld", "notice", 7 * DAY, "تأييد مخالفة", "A violation was upheld"),
        "أُيدت المخالفة رقم ((number)) وستصلكم فاتورتها، والأسباب مبينة فيها. ((municipality))",
        "Violation no. ((number)) was upheld, with reasons; its bill follows. ((municipality))",
        ["municipality", "number"],
    ),
    (
        *("violation-reduced", "notice", 7 * DAY, "تخفيض غرامة", "A fine was reduced"),
        "خُفضت غرامة المخالفة رقم ((number)) وستصلكم فاتورتها. ((municipality))",
        "The fine of violation no. ((number)) was reduced; its bill follows. ((municipality))",
        ["municipality", "number"],
    ),
    (
        *("violation-cancelled", "notice", 7 * DAY, "إلغاء مخالفة", "A violation was cancelled"),
        "أُلغيت المخالفة رقم ((number))، ويعاد إليكم ما سددتم. ((municipality))",
        "Violation no. ((number)) was cancelled; what you paid goes back. ((municipality))",
        ["municipality", "number"],
    ),
    (
        *("violation-final", "notice", 7 * DAY, "مخالفة نهائية", "A violation became final"),
        "أصبحت المخالفة رقم ((number)) نهائية، ولا تُجدد رخصة قبل سدادها. ((municipality))",
        "Violation no. ((number)) is final; no licence is renewed before it is paid. ((municipality))",
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
