"""The pages behind the link of a closing text: «not solved», and the rating. Arabic first, English beneath.

A page has no script, nothing from elsewhere, and one button. Telephones and scanners fetch links by themselves, so only
the button changes anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from chassis.http.single_page import page_headers, page_template
from saudi.bilingual import Bilingual

Answer = tuple[bytes, int, dict[str, str]]
STYLE = (
    "*{box-sizing:border-box}"
    "body{margin:0;font:1.125rem/1.8 'IBM Plex Sans Arabic','Noto Sans Arabic',system-ui,sans-serif;"
    "color:#161616;background:#f3f4f6}"
    "main,footer{max-width:36rem;margin-inline:auto;padding:1rem}"
    "main{background:#fff;margin-block:1.5rem;border-radius:.5rem;border-block-start:.375rem solid #1b8354}"
    "h1{font-size:1.5rem;line-height:1.4;margin-block:.5rem}h2{font-size:1.125rem;margin-block:.25rem}"
    "p{margin-block:.5rem}bdi{font-weight:600;white-space:nowrap}"
    "section{margin-block-start:1rem;padding-block-start:.75rem;border-block-start:1px solid #d2d6db}"
    "section{line-height:1.5;font-size:1rem}"
    "button{font:inherit;font-weight:600;width:100%;min-height:3rem;margin-block-start:1rem;padding:.5rem 1rem;"
    "color:#fff;background:#14573a;border:0;border-radius:.25rem;cursor:pointer}"
    "button:focus-visible{outline:.1875rem solid #161616;outline-offset:.1875rem}"
    "fieldset{border:0;margin:1rem 0 0;padding:0}label{display:block;padding:.5rem;font-size:1.25rem;color:#14573a}"
    "input{width:1.25rem;height:1.25rem;margin-inline-end:.75rem}a{color:#14573a;font-weight:600}"
    "textarea{font:inherit;display:block;width:100%;padding:.5rem;border:.0625rem solid #6c737f;border-radius:.25rem}"
    "img{display:block;max-width:100%;height:auto;margin-block:.5rem;border-radius:.25rem}"
    "label span,legend span{display:block;font-size:1rem;color:#4d5761}"
    "button span{display:block;font-weight:400;font-size:1rem}footer{font-size:.875rem;color:#4d5761}"
)
# The photos of the treatment stand beside the page.
HEADERS = page_headers(STYLE, own_images=True, own_forms=True)
TEMPLATE = "reports.api", "not_solved.html"


@dataclass(frozen=True)
class PageText:
    """The texts and the HTTP status of a page. `button`: the label of the button. `invites`: the page links to the
    rating. `rates`: the page has the stars. `asks`: the page asks for the reason in words."""

    status: int
    title: Bilingual
    text: Bilingual
    button: Bilingual | None = None
    invites: bool = False
    rates: bool = False
    asks: bool = False


class Page(StrEnum):
    """The pages by their names."""

    ASK = "ask"
    REOPENED = "reopened"
    USED = "used"
    OVER = "over"
    OFTEN = "often"
    RATE = "rate"
    RATED = "rated"
    RATED_BEFORE = "rated-before"
    UNKNOWN = "unknown"
    LATER = "later"


_NEW_REPORT = Bilingual(
    "إن بقيت المشكلة فقدموا بلاغًا جديدًا أو اتصلوا بالرقم 940.",
    "If the problem is still there, file a new report or call 940.",
)
TEXTS = {
    Page.ASK: PageText(
        200,
        Bilingual("هل ما زالت المشكلة قائمة؟", "Is the problem still there?"),
        Bilingual(
            "أُغلق بلاغكم بعد معالجته. إن لم تُحل المشكلة فاضغطوا الزر ليُعاد فتحه. آخر موعد:",
            "Your report was treated and closed. If the problem is not solved, press the button to reopen it, until",
        ),
        Bilingual("لم تُحل المشكلة", "Not solved"),
        invites=True,
        asks=True,
    ),
    Page.RATE: PageText(
        200,
        Bilingual("ما رأيكم في معالجة البلاغ؟", "How was your report treated?"),
        Bilingual("اختاروا من نجمة إلى خمس نجوم.", "Choose from one star to five."),
        Bilingual("إرسال التقييم", "Send"),
        rates=True,
    ),
    Page.RATED: PageText(
        200,
        Bilingual("شكرًا لكم، وصلنا تقييمكم", "Thank you, we have your rating"),
        Bilingual("لا يلزمكم شيء آخر.", "Nothing more is needed."),
    ),
    Page.RATED_BEFORE: PageText(
        409,
        Bilingual("قُيّمت هذه المعالجة من قبل", "This treatment was rated before"),
        Bilingual("يبقى تقييمكم الأول.", "Your first rating stays."),
    ),
    Page.REOPENED: PageText(
        200,
        Bilingual("أُعيد فتح البلاغ", "The report was reopened"),
        Bilingual(
            "عاد البلاغ إلى الإدارة المختصة. ستصلكم رسالة عند معالجته، ولا يلزمكم شيء الآن.",
            "It is back with the department. You will get a message when it is treated; nothing more is needed now.",
        ),
    ),
    Page.USED: PageText(
        410,
        Bilingual("استُخدم هذا الرابط من قبل", "This link was used before"),
        Bilingual(
            "أحدث رابط في أحدث رسالة وصلتكم عن هذا البلاغ.",
            "The newest link is in the newest message about this report.",
        ),
    ),
    Page.OVER: PageText(
        410, Bilingual("انتهت مدة إعادة الفتح", "The time to reopen is over"), _NEW_REPORT
    ),
    Page.OFTEN: PageText(
        409, Bilingual("أُعيد فتح البلاغ من قبل", "The report was reopened before"), _NEW_REPORT
    ),
    Page.UNKNOWN: PageText(
        404,
        Bilingual("الرابط غير صحيح", "The link is not right"),
        Bilingual(
            "افتحوا الرابط من رسالة البلدية كما وصلتكم.",
            "Open the link from the municipality's message as it came.",
        ),
    ),
    Page.LATER: PageText(
        503,
        Bilingual("تعذر فتح الصفحة الآن", "The page cannot be shown now"),
        Bilingual("أعيدوا المحاولة بعد قليل.", "Try again shortly."),
    ),
}


@dataclass(frozen=True)
class Treatment:
    """What the page tells of the treatment. `place`: landmark and district, as the reporter named them. `photos`: ids
    of the after-photos."""

    place: str
    text: str
    photos: Sequence[str]


def not_solved(
    page: Page,
    *,
    number: str | None = None,
    about: Bilingual | None = None,
    token: str | None = None,
    until: str | None = None,
    state: Bilingual | None = None,
    treatment: Treatment | None = None,
) -> Answer:
    """Returns the page as an answer. `about`: the type and the town of the report. `token`: the token of the link,
    which the link to the rating repeats. `until`: the last day, shown behind the question. `state`: the title of the
    present status."""
    said = TEXTS[page]
    shown = {"number": number, "about": about, "token": token, "until": until, "state": state}
    text = page_template(*TEMPLATE).render(said=said, style=STYLE, treatment=treatment, **shown)
    return text.encode(), said.status, dict(HEADERS)


def trouble(status: int, headers: dict[str, str]) -> Answer:
    """Returns the page for a request that no operation answered: an unknown path, too many requests, an absent
    database."""
    is_path = 400 <= status < 500 and status != 429
    said = TEXTS[Page.UNKNOWN if is_path else Page.LATER]
    nothing = dict.fromkeys(("number", "about", "token", "until", "state", "treatment"))
    text = page_template(*TEMPLATE).render(said=said, style=STYLE, **nothing)
    return text.encode(), status, {**HEADERS, **headers}
