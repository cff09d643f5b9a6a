"""The page behind the link of a text: what the appointment is, and a button for each thing that its person may do.

Telephones and scanners fetch links by themselves, so only a button changes anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appointments.domain.appointments import AHEAD
from pages.link_pages import Answer, LinkPages, asked_language, explain_trouble
from pages.marks import tone_of_state
from saudi.bilingual import Bilingual

if TYPE_CHECKING:
    from chassis.http.problems import ErrorRequest, Problem

PAGES = LinkPages("appointments", [Path(__file__).parent / "templates" / "texts.json"])
UNKNOWN = Bilingual(
    "الرابط غير صحيح أو انتهت مدته. افتحوا الرابط من أحدث رسالة.",
    "The link is not right, or its time is over. Open the link of the newest message.",
)
DONE = Bilingual("تم.", "Done.")


@dataclass(frozen=True)
class Button:
    """A button. `slots`: the times among which the person chooses."""

    action: str
    slots: Sequence[Mapping[str, Any]] = ()


def appointment_page(
    shown: Mapping[str, Any],
    buttons: Sequence[Button],
    language: str | None,
    *,
    told: Bilingual | None = None,
    status: int = 200,
) -> Answer:
    """Returns the page. `shown`: the contract's PublicAppointment. `told`: what became of the last button."""
    offer = shown["offer"]
    return PAGES.show(
        "appointment.html",
        language,
        status=status,
        shown=shown,
        buttons=buttons,
        told=told,
        told_tone="success" if status < 400 else "error",
        state_tone=tone_of_state(shown["tone"]),
        offered_at=offer["starts_at"] if offer else None,
        is_affected=shown["affected"] and shown["status"] in AHEAD,
    )


def unknown(language: str | None) -> Answer:
    """Returns the page for a link that opens nothing."""
    return _explain(UNKNOWN, language, 404, {})


def trouble(problem: "Problem", asked: "ErrorRequest") -> Answer:
    """Returns the page for a request that no operation answered."""
    said = explain_trouble(problem, asked, unknown=UNKNOWN)
    return _explain(said, asked_language(asked), problem.status, problem.headers)


def _explain(
    said: Bilingual, language: str | None, status: int, headers: Mapping[str, str]
) -> Answer:
    return PAGES.show(
        "appointment.html",
        language,
        status=status,
        headers=headers,
        shown=None,
        told=said,
        told_tone="error",
    )
