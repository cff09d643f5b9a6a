"""What the desk's templates show of a report. Words of states and actions come from the service, in both languages;
words of departments, outside bodies and branches from the contracts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from chassis.core import contracts
from pages import marks
from portal.api.desk.journal import JournalEntry
from portal.api.places import place_of
from portal.catalogue import branch_choices, report_kinds
from portal.domain.report_actions import ACTIONS
from portal.domain.report_form import Question
from portal.domain.service_time import TONES, service_time_of

Document = Mapping[str, Any]


@cache
def choices(name: str, language: str) -> list[tuple[str, str]]:
    """Returns the codes of a list with their words: departments, outside bodies, contractors, or branches."""
    if name == "municipalities":
        return branch_choices(language)
    listed = contracts.read("reference/report-categories.yaml")[name]
    return [(one["code"], one[language]) for one in listed]


def word_of(name: str, code: str | None, language: str) -> str | None:
    """Returns the words of a code, or the code where the list doesn't have it."""
    return _words_by_code(name, language).get(code, code) if code else None


@cache
def _words_by_code(name: str, language: str) -> Mapping[str, str]:
    return dict(choices(name, language))


def extra_rows(report: Document, language: str) -> list[tuple[str, str]]:
    """Returns the answers to the further questions of the report's type, in words."""
    kind = report_kinds().get(report["category"])
    asked = {one.code: one for one in kind.questions} if kind else {}
    return [
        (_words_of(asked.get(code), code, language), _answer(asked.get(code), value, language))
        for code, value in (report["extra"] or {}).items()
    ]


def _words_of(question: Question | None, code: str, language: str) -> str:
    return question.words.in_language(language) if question else code


def _answer(question: Question | None, value: Any, language: str) -> str:
    known = dict(question.choices) if question else {}
    chosen = value if isinstance(value, list) else [value]
    return "؛ ".join(
        known[one].in_language(language) if one in known else str(one) for one in chosen
    )


def tone_of(status: str) -> str:
    """Returns the tone of the tag of a report's status."""
    return marks.tone_of_state(contracts.read("reference/states.yaml")["report"][status]["tone"])


def report_row(report: Document, language: str, now: datetime) -> dict[str, Any]:
    """Returns a report as a row of a list."""
    time = service_time_of(report, now)
    return {
        "address": f"/desk/reports/{report['report_id']}",
        "choice": f"{report['report_id']}:{report['version']}:{report['report_number']}",
        "number": report["report_number"],
        "kind": report["category_title"][language],
        "status": report["status_title"][language],
        "status_tone": tone_of(report["status"]),
        "service_time": time.value if time else None,
        "service_time_tone": TONES[time] if time else None,
        "due_on": report.get("due_on"),
        "department": word_of("departments", report["department"], language),
        "municipality": word_of("municipalities", report["municipality"], language),
        "place": place_of(report, language),
        "is_urgent": report["priority"] == "urgent",
        "is_answered": report["answered"],
    }


def list_offered_actions(
    report: Document, scopes: Collection[str], *, sees_notes: bool
) -> list[str]:
    """Returns the names of the actions that the page offers: those that the service named, a note, and the look at the
    reporter."""
    named = [name for name in ACTIONS if name in report.get("actions", ())]
    beside = {"note": sees_notes, "reveal": report["reporter"] is not None}
    held = [name for name, sees in beside.items() if sees and ACTIONS[name].scope in scopes]
    return named + held


def history_of(items: Sequence[Document], language: str) -> list[JournalEntry]:
    """Returns the acts on a report, newest first."""
    return [
        JournalEntry(
            at=one["at"],
            act=one["action_title"][language],
            beside=[word_of("departments", code, language)]
            if (code := (one["details"] or {}).get("department"))
            else [],
            name=one["name"],
            note=one["note"],
        )
        for one in reversed(items)
    ]


def duplicate_choices(found: Document, language: str) -> list[dict[str, Any]]:
    """Returns the reports that may be about the same problem, the nearest first, each once."""
    near = [{**one, "because": ()} for one in found["items"]]
    alike = [{**one, "metres": None} for one in found.get("alike", ())]
    rows: dict[str, dict[str, Any]] = {}
    for one in near + alike:
        shown = {
            "id": one["report_id"],
            "number": one["report_number"],
            "kind": one["category_title"][language],
            "place": place_of(one, language),
            "filed_on": one.get("filed_on"),
            "metres": one["metres"],
            "because": one["because"],
        }
        rows.setdefault(one["report_id"], shown)
    return list(rows.values())
