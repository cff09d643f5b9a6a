"""The texts that an owner gets about an appeal against a decision."""

from datetime import UTC, datetime

from notify.migrations.seeding import DAY, add_template

revision = "0012"
down_revision = "0011"

NOW = datetime(2026, 11, 28, tzinfo=UTC)
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


def upgrade() -> None:
    for name, title_ar, title_en, ar, en, values in TEMPLATES:
        add_template(
            name, kind="notice", seconds=7 * DAY, titles=(title_ar, title_en), bodies=(ar, en),
            parameters=values, now=NOW,
        )  # fmt: skip
