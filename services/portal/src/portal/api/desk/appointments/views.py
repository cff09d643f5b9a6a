"""What the counter's pages show of an appointment, and the table of its actions."""

from collections.abc import Mapping, Sequence
from typing import Any

from pages import marks
from pages.site import Visit
from portal.api.desk.action_forms import ActedThing, Thing
from portal.api.desk.journal import JournalEntry
from portal.domain.counter import ACTIONS, AFFECTED, FORMS, PATH


def row_of(visit: Visit, appointment: Thing) -> dict[str, Any]:
    """Returns an appointment as a row of the day."""
    language = visit.language
    return {
        "address": f"{PATH}/{appointment['appointment_id']}",
        "number": appointment["appointment_number"],
        "day": appointment["day"],
        "time": appointment["time"],
        "name": appointment["name"],
        "service": appointment["service_title"][language],
        "department": f"{appointment['department'][language]}{visit.text('comma')} "
        f"{appointment['municipality_title'][language]}",
        "status": visit.words_of("counter_state", state_of(appointment)),
        "tone": marks.tone_of_state(appointment["tone"]),
        "queue_number": appointment["queue_number"],
        "version": appointment["version"],
        "counter": appointment["called_to"],
        "actions": actions_of(appointment),
    }


def state_of(appointment: Thing) -> str:
    """Returns the key of the state's words: an appointment ahead that can't be kept is affected."""
    is_affected = appointment["affected"] and appointment["status"] in ("requested", "confirmed")
    return AFFECTED if is_affected else appointment["status"]


def actions_of(appointment: Thing) -> list[str]:
    """Returns the actions that the service names and the counter's pages have."""
    return [name for name in ACTIONS if name in appointment["possible_actions"]]


def facts_of(visit: Visit, appointment: Thing) -> list[tuple[str, Any]]:
    """Returns what the form of an action shows."""
    language = visit.language
    return [
        (visit.text("counter_number"), marks.code(appointment["appointment_number"])),
        (visit.text("counter_when"), marks.moment(appointment["starts_at"], language)),
        (visit.text("counter_name"), marks.arabic(appointment["name"] or "")),
        (visit.text("counter_service"), appointment["service_title"][language]),
        (visit.text("counter_status"), visit.words_of("counter_state", state_of(appointment))),
    ]


def history_of(visit: Visit, entries: Sequence[Thing]) -> list[JournalEntry]:
    """Returns the acts on an appointment, newest first."""
    return [
        JournalEntry(
            at=one["at"],
            act=visit.words_of("counter_step", one["action"]),
            name=one["name"],
            actor=visit.text(
                "counter_person" if one.get("subject") == "visitor" else "counter_system"
            ),
            note=one["note"],
        )
        for one in reversed(entries)
    ]


def _no_lists(_visit: Visit, _thing: Thing) -> Mapping[str, list[tuple[str, str]]]:
    return {}


APPOINTMENT = ActedThing(PATH, "/v1/appointments", "counter", FORMS, facts_of, _no_lists)
