"""The page behind the link of a text: what the appointment is, and a button for each thing that its person may do.

The page has no script and nothing from elsewhere. Telephones and scanners fetch links by themselves, so only a button
changes anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.http.single_page import page_headers, page_template
from saudi.bilingual import Bilingual

Answer = tuple[bytes, int, dict[str, str]]
STYLE = (
    "*{box-sizing:border-box}"
    "body{margin:0;font:1.125rem/1.8 'IBM Plex Sans Arabic','Noto Sans Arabic',system-ui,sans-serif;"
    "color:#161616;background:#f3f4f6}"
    "main,footer{max-width:36rem;margin-inline:auto;padding:1rem}"
    "main{background:#fff;margin-block:1.5rem;border-radius:.5rem;border-block-start:.375rem solid #1b8354}"
    "h1{font-size:1.5rem;line-height:1.4;margin-block:.5rem}p,dl{margin-block:.5rem}"
    "dt{font-size:1rem;color:#4d5761}dd{margin:0 0 .5rem}bdi{font-weight:600;white-space:nowrap}"
    "span[lang]{display:block;font-size:1rem;color:#4d5761}button span[lang]{color:#fff;font-weight:400}"
    "button{font:inherit;font-weight:600;width:100%;min-height:3rem;margin-block-start:1rem;padding:.5rem 1rem;"
    "color:#fff;background:#14573a;border:0;border-radius:.25rem;cursor:pointer}"
    "button:focus-visible{outline:.1875rem solid #161616;outline-offset:.1875rem}"
    "fieldset{border:0;margin:1rem 0 0;padding:0}label{display:block;padding:.5rem}"
    "input[type=radio]{width:1.25rem;height:1.25rem;margin-inline-end:.75rem}footer{font-size:.875rem;color:#4d5761}"
)
HEADERS = page_headers(STYLE, own_forms=True)
TITLE = Bilingual("موعدكم في البلدية", "Your appointment at the municipality")
UNKNOWN = Bilingual(
    "الرابط غير صحيح أو انتهت مدته. افتحوا الرابط من أحدث رسالة.",
    "The link is not right, or its time is over. Open the link of the newest message.",
)
LATER = Bilingual(
    "تعذر فتح الصفحة الآن. أعيدوا المحاولة بعد قليل.",
    "The page cannot be shown now. Try again shortly.",
)
AFFECTED = Bilingual(
    "نعتذر، لا نستقبلكم في هذا الموعد. اختاروا وقتًا آخر أو ألغوه.",
    "We're sorry, we can't keep this appointment. Choose another time, or cancel.",
)
DONE = Bilingual("تم.", "Done.")
LABELS = {
    "accept": Bilingual("قبول الوقت المعروض", "Take the offered time"),
    "move": Bilingual("تغيير الوقت", "Change the time"),
    "wait": Bilingual("أبلغوني بوقت أبكر", "Tell me of an earlier time"),
    "leave": Bilingual("إيقاف انتظار وقت أبكر", "Stop waiting for an earlier time"),
    "ticket": Bilingual("تذكرة الموعد", "Ticket"),
    "calendar": Bilingual("إضافة إلى التقويم", "Add to the calendar"),
    "cancel": Bilingual("إلغاء الموعد", "Cancel the appointment"),
}


@dataclass(frozen=True)
class Button:
    """A button. `slots`: the times among which the person chooses."""

    action: str
    slots: Sequence[Mapping[str, Any]] = ()

    @property
    def label(self) -> Bilingual:
        return LABELS[self.action]


def appointment_page(
    shown: Mapping[str, Any],
    buttons: Sequence[Button],
    told: Bilingual | None = None,
    status: int = 200,
) -> Answer:
    """Returns the page. `shown`: the contract's PublicAppointment. `told`: what became of the last button."""
    return _page(shown, buttons, told, status, {})


def unknown() -> Answer:
    """Returns the page for a link that opens nothing."""
    return _page(None, (), UNKNOWN, 404, {})


def trouble(status: int, headers: Mapping[str, str]) -> Answer:
    """Returns the page for a request that no operation answered."""
    is_path = 400 <= status < 500 and status != 429
    return _page(None, (), UNKNOWN if is_path else LATER, status, headers)


def _page(
    shown: Mapping[str, Any] | None,
    buttons: Sequence[Button],
    told: Bilingual | None,
    status: int,
    headers: Mapping[str, str],
) -> Answer:
    text = page_template("appointments.api", "appointment.html").render(
        title=TITLE, style=STYLE, shown=shown, affected=AFFECTED, buttons=buttons, told=told
    )
    return text.encode(), status, {**HEADERS, **headers}
