"""The house's own templates, in their first wording."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

HOURS = 3_600
DAYS = 24 * HOURS
BEGAN = datetime(2026, 11, 25, tzinfo=UTC)
# name, kind, when unsure, expires after seconds, Arabic and English title, Arabic and English text
TEMPLATES: list[tuple[str, str, str, int, str, str, str, str]] = [
    (
        *("report-received", "information", "twice", 3 * DAYS),
        *("استلام بلاغ", "A report was received"),
        "استلمنا بلاغكم رقم ((number)). ((municipality))",
        "We have received your report no. ((number)). ((municipality))",
    ),
    (
        *("report-linked-external", "information", "twice", 3 * DAYS),
        *("إحالة بلاغ إلى جهة خارجية", "A report was referred to another body"),
        "أُحيل بلاغكم رقم ((number)) إلى الجهة المختصة: ((body)).",
        "Your report no. ((number)) was referred to the competent body: ((body)).",
    ),
    (
        *("report-question", "information", "twice", 3 * DAYS),
        *("سؤال إلى مقدم البلاغ", "A question to the reporter"),
        "لإكمال بلاغكم رقم ((number)) نرجو الاتصال بالرقم 940. ((municipality))",
        "We need something from you to go on with your report no. ((number)). Please call 940. ((municipality))",
    ),
    (
        *("report-closed", "information", "twice", 3 * DAYS),
        *("إغلاق بلاغ", "A report was closed"),
        "تمت معالجة بلاغكم رقم ((number)). إن لم تُحل المشكلة فأعيدوا فتحه: ((link))",
        "Your report no. ((number)) was treated. If the problem remains, reopen it: ((link))",
    ),
    (
        *("report-rejected", "information", "twice", 3 * DAYS),
        *("رفض بلاغ لعدم الاختصاص", "A report was rejected"),
        "بلاغكم ((number)) ليس من اختصاص البلدية. للاستفسار: 940. ((municipality))",
        "Your report no. ((number)) isn't within the municipality's competence. Questions: call 940. ((municipality))",
    ),
    (
        *("report-duplicate", "information", "twice", 3 * DAYS),
        *("بلاغ مكرر", "A report was joined with another one"),
        "ضُم بلاغكم ((number)) إلى بلاغ سابق عن المشكلة، وسنبلغكم بمعالجتها.",
        "Your report no. ((number)) was joined with an earlier one; we'll tell you when it's treated.",
    ),
    (
        *("report-alert", "information", "twice", 4 * HOURS),
        *("تنبيه المناوب", "An alert to the duty officer"),
        "بلاغ عاجل رقم ((number)) يحتاج مباشرة فورية. ((municipality))",
        "Urgent report no. ((number)) needs you at once. ((municipality))",
    ),
    (
        *("report-escalated", "information", "twice", 1 * DAYS),
        *("تصعيد بلاغ", "A report was escalated"),
        "تجاوز البلاغ رقم ((number)) مدته، ورُفع إليكم بالمستوى ((level)). ((municipality))",
        "Report no. ((number)) is past its time and comes to you at level ((level)). ((municipality))",
    ),
    (
        *("permit-issued", "notice", "twice", 7 * DAYS),
        *("صدور رخصة بناء", "A building permit was issued"),
        "صدرت رخصة البناء رقم ((number)) وتنتهي ((ends))م. ((municipality))",
        "Building permit no. ((number)) was issued; it ends on ((ends)). ((municipality))",
    ),
    (
        *("permit-suspended", "notice", "twice", 7 * DAYS),
        *("إيقاف رخصة بناء", "A building permit was suspended"),
        "أُوقفت رخصة البناء رقم ((number)). أوقفوا الأعمال وراجعوا البلدية. ((municipality))",
        "Building permit no. ((number)) is suspended. Stop the works and see the municipality. ((municipality))",
    ),
    (
        *("permit-cancelled", "notice", "twice", 7 * DAYS),
        *("إلغاء رخصة بناء", "A building permit was cancelled"),
        "أُلغيت رخصة البناء رقم ((number)). راجعوا البلدية لمعرفة السبب. ((municipality))",
        "Building permit no. ((number)) was cancelled. See the municipality for the reason. ((municipality))",
    ),
    (
        *("completion-flagged", "notice", "twice", 7 * DAYS),
        *("ملاحظة على شهادة إتمام", "A completion certificate is in question"),
        "على شهادة إتمام البناء رقم ((number)) ملاحظة تحتاج مراجعتكم. ((municipality))",
        "Your completion certificate no. ((number)) is in question; please see the municipality. ((municipality))",
    ),
    (
        *("permit-ending", "notice", "twice", 7 * DAYS),
        *("قرب انتهاء رخصة بناء", "A building permit will end soon"),
        "تنتهي رخصة البناء رقم ((number)) بتاريخ ((ends))م. جددوها قبل ذلك. ((municipality))",
        "Building permit no. ((number)) ends on ((ends)). Please renew it before. ((municipality))",
    ),
    (
        *("code", "information", "lost", 300),
        *("رمز تحقق", "A one-time code"),
        "رمز التحقق ((code)) صالح 5 دقائق. لا تشاركه. بلدية القطيف",
        "Your code is ((code)), good for 5 minutes. Don't share it. Qatif Municipality",
    ),
]
TEMPLATE = sa.table(
    "template",
    *(sa.column(name) for name in ("name", "title_ar", "title_en", "kind", "when_unsure")),
    *(sa.column(name) for name in ("expires_seconds", "current", "version")),
    sa.column("template_id", sa.Uuid(as_uuid=False)),
    sa.column("created_at", sa.DateTime(timezone=True)),
    sa.column("updated_at", sa.DateTime(timezone=True)),
)
VERSION = sa.table(
    "template_version",
    *(sa.column(name) for name in ("number", "body_ar", "body_en", "created_by")),
    sa.column("template_id", sa.Uuid(as_uuid=False)),
    sa.column("parameters", sa.ARRAY(sa.Text())),
    sa.column("created_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    templates: list[dict[str, Any]] = []
    versions: list[dict[str, Any]] = []
    for name, kind, when_unsure, seconds, title_ar, title_en, body_ar, body_en in TEMPLATES:
        template_id = str(uuid5(NAMESPACE_URL, f"https://contracts.qatif.gov.sa/templates/{name}"))
        templates.append(
            {
                "template_id": template_id,
                "name": name,
                "title_ar": title_ar,
                "title_en": title_en,
                "kind": kind,
                "when_unsure": when_unsure,
                "expires_seconds": seconds,
                "current": 1,
                "version": 1,
                "created_at": BEGAN,
                "updated_at": BEGAN,
            }  # fmt: skip
        )
        names = sorted(set(re.findall(r"\(\((\w+)\)\)", body_ar + body_en)))
        versions.append(
            {
                "template_id": template_id,
                "number": 1,
                "body_ar": body_ar,
                "body_en": body_en,
                "parameters": names,
                "created_at": BEGAN,
                "created_by": "notify",
            }  # fmt: skip
        )
    op.bulk_insert(TEMPLATE, templates)
    op.bulk_insert(VERSION, versions)
