"""The texts that an owner gets when a certificate is in question no more."""

from datetime import UTC, datetime

from notify.migrations.seeding import DAY, add_template

revision = "0013"
down_revision = "0012"

NOW = datetime(2026, 11, 28, tzinfo=UTC)
# name, Arabic and English title, Arabic and English text; the number is the only value
TEMPLATES = (
    (
        *(
            "completion-unflagged",
            "رفع الملاحظة عن شهادة إتمام",
            "A completion certificate is in question no more",
        ),
        "رُفعت الملاحظة عن شهادة إتمام البناء رقم ((number)) بعودة رخصته. ((municipality))",
        "Your completion certificate no. ((number)) is in question no more: the permit is back. ((municipality))",
    ),
    (
        *(
            "occupancy-unflagged",
            "رفع الملاحظة عن شهادة إشغال",
            "An occupancy certificate is in question no more",
        ),
        "رُفعت الملاحظة عن شهادة إشغال المبنى رقم ((number)) بعودة رخصته. ((municipality))",
        "Your occupancy certificate no. ((number)) is in question no more: the permit is back. ((municipality))",
    ),
)
NAMES = ["municipality", "number"]


def upgrade() -> None:
    for name, title_ar, title_en, ar, en in TEMPLATES:
        add_template(
            name, kind="information", seconds=7 * DAY, titles=(title_ar, title_en), bodies=(ar, en),
            parameters=NAMES, now=NOW,
        )  # fmt: skip
