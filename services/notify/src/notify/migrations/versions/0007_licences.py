"""The texts that an owner gets about his application for a licence, and about the licence."""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

NOW = datetime(2026, 11, 26, tzinfo=UTC)
DAY = 24 * 3_600
# name, kind, expires after seconds, Arabic and English title, Arabic and English text, placeholders
TEMPLATES = (
    (
        *("licence-application-waiting", "information", 3 * DAY),
        *("طلب رخصة ينتظر", "An application for a licence waits"),
        "طلب الرخصة رقم ((number)) ينتظر ما هو مبين فيه، ويُبت فيه فور وصوله. ((municipality))",
        "Application no. ((number)) waits for what is shown in it, and is decided when that arrives. ((municipality))",
        ["municipality", "number"],
    ),
    (
        *("licence-application-returned", "notice", 7 * DAY),
        *("إعادة طلب رخصة للاستكمال", "An application for a licence was returned"),
        "أُعيد طلب الرخصة رقم ((number)) للاستكمال. أكملوا الناقص ثم أرسلوه. ((municipality))",
        "Application no. ((number)) was returned. Complete it and send it again. ((municipality))",
        ["municipality", "number"],
    ),
    (
        *("licence-application-refused", "notice", 7 * DAY),
        *("رفض طلب رخصة", "An application for a licence was refused"),
        "رُفض طلب الرخصة رقم ((number))، والأسباب مبينة فيه. ((municipality))",
        "Application no. ((number)) was refused; the reasons are shown in it. ((municipality))",
        ["municipality", "number"],
    ),
    (
        *("licence-application-unpaid", "notice", 7 * DAY),
        *("انتهاء طلب رخصة لعدم السداد", "An application ended unpaid"),
        "انتهى طلب الرخصة رقم ((number)) لعدم السداد في موعده. ((municipality))",
        "Application no. ((number)) has ended, because it was not paid in time. ((municipality))",
        ["municipality", "number"],
    ),
    (
        *("licence-issued", "notice", 7 * DAY, "صدور رخصة", "A licence was issued"),
        "صدرت رخصتكم رقم ((number)) وتنتهي ((ends))م. ((municipality))",
        "Your licence no. ((number)) was issued; it ends on ((ends)). ((municipality))",
        ["ends", "municipality", "number"],
    ),
    (
        *("licence-renewed", "notice", 7 * DAY, "تجديد رخصة", "A licence was renewed"),
        "جُددت رخصتكم رقم ((number)) وتنتهي ((ends))م. ((municipality))",
        "Your licence no. ((number)) was renewed; it ends on ((ends)). ((municipality))",
        ["ends", "municipality", "number"],
    ),
    (
        *("licence-suspended", "notice", 7 * DAY, "إيقاف رخصة", "A licence was suspended"),
        "أُوقفت رخصتكم رقم ((number)). أوقفوا النشاط وراجعوا البلدية. ((municipality))",
        "Your licence no. ((number)) is suspended. Stop the activity and see the municipality. ((municipality))",
        ["municipality", "number"],
    ),
    (
        *("licence-reinstated", "notice", 7 * DAY, "إعادة رخصة", "A licence was reinstated"),
        "أُعيدت رخصتكم رقم ((number)) وهي سارية. ((municipality))",
        "Your licence no. ((number)) is valid again. ((municipality))",
        ["municipality", "number"],
    ),
    (
        *("licence-cancelled", "notice", 7 * DAY, "إلغاء رخصة", "A licence was cancelled"),
        "أُلغيت رخصتكم رقم ((number)). ((municipality))",
        "Your licence no. ((number)) was cancelled. ((municipality))",
        ["municipality", "number"],
    ),
    (
        *("licence-closed", "notice", 7 * DAY, "إغلاق محل", "A place was closed"),
        "أُغلق محل الرخصة رقم ((number)) لمخالفة. راجعوا البلدية. ((municipality))",
        "The place of licence no. ((number)) is closed for a violation. See the municipality. ((municipality))",
        ["municipality", "number"],
    ),
    (
        *("licence-ending", "notice", 7 * DAY, "قرب انتهاء رخصة", "A licence will end soon"),
        "تنتهي رخصتكم رقم ((number)) بتاريخ ((ends))م. جددوها قبل ذلك. ((municipality))",
        "Your licence no. ((number)) ends on ((ends)). Please renew it before. ((municipality))",
        ["ends", "municipality", "number"],
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
