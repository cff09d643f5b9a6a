"""The texts that a worker, and the delegate of his establishment, get about a health certificate.

A request that ended without a certificate has one text, whatever it ended for; so has a certificate that was cancelled.
"""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

NOW = datetime(2026, 11, 28, tzinfo=UTC)
DAY = 24 * 3_600
# name, kind, expires after seconds, Arabic and English title, Arabic and English text, placeholders
TEMPLATES = (
    (
        *("health-request-received", "information", 3 * DAY),
        *("استلام طلب شهادة صحية", "A request for a health certificate was received"),
        "استلمنا طلب الشهادة الصحية رقم ((number)). الفحص في المركز الطبي حتى ((until))م. ((municipality))",
        "We have health certificate request no. ((number)). Be examined at the centre by ((until)). ((municipality))",
        ["municipality", "number", "until"],
    ),
    (
        *("health-request-not-issued", "notice", 7 * DAY),
        *("طلب شهادة صحية انتهى دون إصدار", "A request ended without a health certificate"),
        "تعذر إصدار الشهادة الصحية لطلب ((number)). يرجى مراجعة المركز الطبي.",
        "No health certificate could be issued for request ((number)). Please see the medical centre.",
        ["number"],
    ),
    (
        *("health-certificate-issued", "information", 7 * DAY),
        *("إصدار شهادة صحية", "A health certificate was issued"),
        "صدرت الشهادة الصحية رقم ((number)) وتنتهي ((ends))م. ((municipality))",
        "Health certificate no. ((number)) was issued; it ends on ((ends)). ((municipality))",
        ["ends", "municipality", "number"],
    ),
    (
        *("health-certificate-cancelled", "notice", 7 * DAY),
        *("إلغاء شهادة صحية", "A health certificate was cancelled"),
        "أُلغيت الشهادة الصحية رقم ((number)). ((municipality))",
        "Health certificate no. ((number)) was cancelled. ((municipality))",
        ["municipality", "number"],
    ),
    (
        *("health-certificate-revoked", "notice", 7 * DAY),
        *("سحب شهادة صحية", "A health certificate was revoked"),
        "سحبت البلدية الشهادة الصحية رقم ((number)). راجعوها لمعرفة السبب. ((municipality))",
        "The municipality revoked health certificate no. ((number)). See it for the reason. ((municipality))",
        ["municipality", "number"],
    ),
    (
        *("health-certificate-ending", "notice", 7 * DAY),
        *("قرب انتهاء شهادة صحية", "A health certificate is about to end"),
        "تنتهي الشهادة الصحية رقم ((number)) بتاريخ ((ends))م. جددوها قبل ذلك. ((municipality))",
        "Health certificate no. ((number)) ends on ((ends)). Renew it before. ((municipality))",
        ["ends", "municipality", "number"],
    ),
    (
        *("health-certificates-ending", "notice", DAY),
        *("قرب انتهاء شهادات عمال", "Workers' health certificates are about to end"),
        "تنتهي قريبًا ((count)) من شهادات عمالكم الصحية: ((list)). جددوها قبل ذلك. ((municipality))",
        "Health certificates of your workers that end soon, ((count)): ((list)). Renew them before. ((municipality))",
        ["count", "list", "municipality"],
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
