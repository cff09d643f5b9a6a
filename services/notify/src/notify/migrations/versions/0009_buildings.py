"""The texts that an owner gets about the request for a permit, a building's certificates, and its current."""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

NOW = datetime(2026, 11, 26, tzinfo=UTC)
DAY = 24 * 3_600
# name, kind, expires after seconds, Arabic and English title, Arabic and English text; the number is the only value
TEMPLATES = (
    (
        *("permit-request-returned", "notice", 7 * DAY),
        *("إعادة طلب رخصة بناء", "A request for a building permit was returned"),
        "أُعيد طلب رخصة البناء رقم ((number)) للاستكمال. أكملوا الملاحظات ثم أعيدوا تقديمه. ((municipality))",
        "Building permit request no. ((number)) was returned. Complete it and send it again. ((municipality))",
    ),
    (
        *("permit-request-refused", "notice", 7 * DAY),
        *("رفض طلب رخصة بناء", "A request for a building permit was refused"),
        "رُفض طلب رخصة البناء رقم ((number)). راجعوا البلدية لمعرفة السبب. ((municipality))",
        "Building permit request no. ((number)) was refused. See the municipality for the reason. ((municipality))",
    ),
    (
        *("permit-request-unpaid", "notice", 7 * DAY),
        *("انتهاء طلب رخصة بناء لعدم السداد", "A request for a building permit ended unpaid"),
        "انتهى طلب رخصة البناء رقم ((number)) لعدم سداد رسومه، ولكم التقدم من جديد. ((municipality))",
        "Building permit request no. ((number)) ended unpaid; you may apply again. ((municipality))",
    ),
    (
        *("completion-refused", "notice", 7 * DAY),
        *("رفض شهادة إتمام", "A completion certificate was refused"),
        "لم تصدر شهادة إتمام البناء للرخصة رقم ((number)). راجعوا البلدية لمعرفة السبب. ((municipality))",
        "The completion certificate of permit no. ((number)) was refused. See the municipality why. ((municipality))",
    ),
    (
        *("occupancy-refused", "notice", 7 * DAY),
        *("رفض شهادة إشغال", "An occupancy certificate was refused"),
        "لم تصدر شهادة إشغال مبنى الرخصة رقم ((number)). راجعوا البلدية لمعرفة السبب. ((municipality))",
        "The occupancy certificate of permit no. ((number)) was refused. See the municipality why. ((municipality))",
    ),
    (
        *("occupancy-flagged", "notice", 7 * DAY),
        *("ملاحظة على شهادة إشغال", "An occupancy certificate is in question"),
        "على شهادة إشغال المبنى رقم ((number)) ملاحظة تحتاج مراجعتكم. ((municipality))",
        "Your occupancy certificate no. ((number)) is in question; please see the municipality. ((municipality))",
    ),
    (
        *("release-returned", "notice", 7 * DAY),
        *("إعادة طلب إطلاق التيار", "A request for current was returned"),
        "أُعيد طلب إطلاق التيار لمبنى الرخصة رقم ((number)) للاستكمال. ((municipality))",
        "The request for current of permit no. ((number)) was returned for completion. ((municipality))",
    ),
    (
        *("release-refused", "notice", 7 * DAY),
        *("رفض طلب إطلاق التيار", "A request for current was refused"),
        "رُفض طلب إطلاق التيار لمبنى الرخصة رقم ((number)). راجعوا البلدية لمعرفة السبب. ((municipality))",
        "The request for current of permit no. ((number)) was refused. See the municipality why. ((municipality))",
    ),
    (
        *("current-energised", "information", 3 * DAY),
        *("إطلاق التيار الكهربائي", "Current was released"),
        "أُطلق التيار الكهربائي لمبنى الرخصة رقم ((number)). ((municipality))",
        "The building of permit no. ((number)) has current now. ((municipality))",
    ),
    (
        *("disconnection-ordered", "notice", DAY),
        *("أمر بفصل التيار لخطر", "Current is to be cut because of danger"),
        "أمرت البلدية بفصل التيار عن مبنى الرخصة رقم ((number)) لخطر فيه. أخلوا موضع الخطر وراجعوها. ((municipality))",
        "Current of the building of permit no. ((number)) will be cut: danger. Keep away, call us. ((municipality))",
    ),
    (
        *("current-reconnected", "information", 3 * DAY),
        *("إعادة التيار الكهربائي", "Current was given back"),
        "أُعيد التيار الكهربائي إلى مبنى الرخصة رقم ((number)). ((municipality))",
        "The building of permit no. ((number)) has current again. ((municipality))",
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
