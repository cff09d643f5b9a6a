"""The forms by which an officer acts on a report: which fields an action has, and how they become its body. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.domain.inputs import read_inputs
from portal.domain.tasks import REVEAL, TREAT

NOTE_SIGNS, TEXT_SIGNS = 1_000, 2_000


@dataclass(frozen=True)
class ActionField:
    """A field of the service's body. `kind`: `text` of several lines, `line`, `photos` that are sent before the form,
    or the list from which one chooses. `is_sent`: whether the service's body has the field."""

    name: str
    kind: str
    most: int = NOTE_SIGNS
    is_sent: bool = True


NOTE = ActionField("note", "text")
REASON = ActionField("reason", "text")
# The number of the main report, typed where the list of similar reports doesn't have it.
MAIN_NUMBER = "main_number"


@dataclass(frozen=True)
class ReportAction:
    """An action on a report. `path` is the service's, behind the report. `scope`: of an action that doesn't belong to
    the life of a report, and which the service therefore doesn't offer by name. `is_versioned`: it changes the report,
    so it's compared with the version that the person has read. `is_keyed`: it's carried out once for each key."""

    name: str
    path: str
    fields: tuple[ActionField, ...]
    scope: str | None = None
    is_versioned: bool = True
    is_keyed: bool = True

    @property
    def takes_photos(self) -> bool:
        """Returns whether photos are sent before the form."""
        return any(field.kind == "photos" for field in self.fields)


ACTIONS: Mapping[str, ReportAction] = {
    action.name: action
    for action in (
        ReportAction("refer", "refer", (ActionField("department", "departments", 40), NOTE)),
        ReportAction(
            "start",
            "start",
            (
                ActionField("contractor", "contractors", 40),
                ActionField("work_order", "text", TEXT_SIGNS),
                NOTE,
            ),
        ),
        ReportAction(
            "resolve",
            "resolve",
            (ActionField("text", "text", TEXT_SIGNS), ActionField("after_photos", "photos")),
        ),
        ReportAction("return", "return", (REASON,)),
        ReportAction("ask", "ask", (ActionField("question", "text"),)),
        ReportAction("answer", "answer", (ActionField("text", "text", TEXT_SIGNS),)),
        ReportAction(
            "link_external",
            "link",
            (ActionField("body", "outside_bodies", 40), ActionField("reference", "line", 60), NOTE),
        ),
        ReportAction("close", "close", (NOTE,)),
        ReportAction("reopen", "reopen", (REASON,)),
        ReportAction("reject", "reject", (REASON,)),
        ReportAction(
            "mark_duplicate",
            "mark-duplicate",
            (
                ActionField("main_report_id", "duplicates", 40),
                ActionField(MAIN_NUMBER, "line", 20, is_sent=False),
                NOTE,
            ),
        ),
        ReportAction("split", "split", (NOTE,)),
        ReportAction("note", "notes", (ActionField("text", "text", TEXT_SIGNS),), TREAT, is_versioned=False),
        ReportAction("reveal", "reveal", (REASON,), REVEAL, is_versioned=False, is_keyed=False),
    )
}  # fmt: skip
# Beside the fields: the key under which a form is carried out once, and the version that the person has read.
HIDDEN = ("key", "version")


def read_action(action: ReportAction, form: Mapping[str, str]) -> dict[str, str]:
    """Returns what was typed, by the names of the inputs. A browser ends a line with two signs; the service counts
    one."""
    names = (*HIDDEN, *(field.name for field in action.fields))
    return read_inputs(form, names)


def body_of(action: ReportAction, typed: Mapping[str, str]) -> dict[str, Any]:
    """Returns the body for the service. An empty field is left out, so that the service names it where it's needed. Of
    photos a form has the ids, with blanks between them."""
    filled = [field for field in action.fields if field.is_sent and typed[field.name]]
    return {
        field.name: typed[field.name].split() if field.kind == "photos" else typed[field.name]
        for field in filled
    }


# Action → the template of the text that it sends to the reporter.
_TEXTS = {
    "ask": "report-question",
    "close": "report-closed",
    "reject": "report-rejected",
    "mark_duplicate": "report-duplicate",
}


def text_request(action: str, report: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns what `notify` is asked to show the text that an action sends to the reporter. None for an action without
    a text, and for a person who doesn't see the reporter."""
    if action not in _TEXTS or report["reporter"] is None:
        return None
    is_last = action == "close" and report["closes_for_good"]
    return {
        "template": "report-closed-for-good" if is_last else _TEXTS[action],
        "report": report["report_number"],
        "municipality": report["municipality"],
        "language": report["reporter"]["language"],
    }
