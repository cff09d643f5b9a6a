"""The pages behind the link of a closing text: «not solved», and the rating; and behind the link of a question.

A page has one button. Telephones and scanners fetch links by themselves, so only the button changes anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pages.link_pages import Answer, LinkPages, asked_language, trouble_of
from saudi.bilingual import Bilingual

if TYPE_CHECKING:
    from chassis.http.problems import ErrorRequest, Problem

PAGES = LinkPages("reports", [Path(__file__).parent / "templates" / "texts.json"])


@dataclass(frozen=True)
class PageText:
    """The texts and the HTTP status of a page. `button`: the label of the button. `invites`: the page links to the
    rating. `rates`: the page has the stars. `asks`: the page asks for the reason in words. `answers`: the page asks for
    the answer to a question; `is_empty`: it was sent without one."""

    status: int
    title: Bilingual
    text: Bilingual
    button: Bilingual | None = None
    invites: bool = False
    rates: bool = False
    asks: bool = False
    answers: bool = False
    is_empty: bool = False


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
    QUESTION = "question"
    QUESTION_EMPTY = "question-empty"
    QUESTION_OVER = "question-over"
    ANSWER_TAKEN = "answer-taken"
    ANSWERED = "answered"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    LATER = "later"


_NEW_REPORT = Bilingual(
    "إن بقيت المشكلة فقدموا بلاغًا جديدًا أو اتصلوا بالرقم 940.",
    "If the problem is still there, file a new report or call 940.",
)
_QUESTION = Bilingual("سؤال عن بلاغكم", "A question about your report")
_ASKS = Bilingual(
    "تنتظر البلدية جوابكم لتكمل المعالجة. يقرؤه من يعالج البلاغ.",
    "The municipality waits for your answer to go on. Those who treat the report read it.",
)
_SEND = Bilingual("إرسال الجواب", "Send the answer")
TEXTS = {
    Page.QUESTION: PageText(200, _QUESTION, _ASKS, _SEND, answers=True),
    Page.QUESTION_EMPTY: PageText(400, _QUESTION, _ASKS, _SEND, answers=True, is_empty=True),
    Page.QUESTION_OVER: PageText(
        410,
        Bilingual("انتهت مدة هذا الرابط", "This link is over"),
        Bilingual("اتصلوا بالرقم 940 لتجيبوا عن السؤال.", "Call 940 to answer the question."),
    ),
    Page.ANSWER_TAKEN: PageText(
        200,
        Bilingual("شكرًا لكم، وصل جوابكم", "Thank you, your answer has arrived"),
        Bilingual(
            "تكمل البلدية المعالجة. تابعوا البلاغ برقمه في صفحة الاستعلام.",
            "The municipality goes on. Follow the report by its number on the inquiry page.",
        ),
    ),
    Page.ANSWERED: PageText(
        200,
        Bilingual("لا يُنتظر منكم جواب", "No answer is awaited"),
        Bilingual(
            "وصل الجواب، أو لم يعد السؤال قائمًا. تابعوا البلاغ برقمه في صفحة الاستعلام.",
            "The answer has come, or isn't needed any more. Follow the report by its number on the inquiry page.",
        ),
    ),
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
    Page.REFUSED: PageText(
        400,
        Bilingual("لم يُقبل ما أرسلتموه", "The form was not accepted"),
        Bilingual(
            "عودوا إلى الصفحة السابقة وصححوا ما كتبتموه أو اختصروه، ثم أرسلوه من جديد.",
            "Go back, correct your text or make it shorter, and send it again.",
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
    language: str | None,
    *,
    number: str | None = None,
    about: Bilingual | None = None,
    token: str | None = None,
    until: date | None = None,
    state: Bilingual | None = None,
    treatment: Treatment | None = None,
    question: str | None = None,
) -> Answer:
    """Returns the page as an answer. `about`: the type and the town of the report. `token`: the token of the link,
    which the link to the rating repeats. `until`: the last day, shown behind the question. `state`: the title of the
    present status. `question`: what the reporter is asked."""
    said = TEXTS[page]
    return PAGES.show(
        "not_solved.html",
        language,
        status=said.status,
        said=said,
        number=number,
        about=about,
        token=token,
        until=until,
        state=state,
        treatment=treatment,
        question=question,
        rating_query=f"?lang={language}" if language else "",
    )


def show_trouble(problem: "Problem", asked: "ErrorRequest") -> Answer:
    """Returns the page for a request that no operation answered: an unknown path, a refused form, too many requests,
    an absent database."""
    said = TEXTS[Page(trouble_of(problem, asked))]
    nothing: dict[str, Any] = dict.fromkeys(
        ("number", "about", "token", "until", "state", "treatment", "question")
    )
    return PAGES.show(
        "not_solved.html",
        asked_language(asked),
        status=problem.status,
        headers=problem.headers,
        said=said,
        **nothing,
    )
