"""Limits of one address, for people without an account, and of officers. Limits of a mobile stand in
chassis.one_time_codes."""

from collections.abc import Mapping, Sequence

from appointments.settings import Settings
from chassis.access.quotas import Policy
from documents.issuing import limits as documents

MINUTE, HOUR = 60, 3_600
READS = ("list_public_departments", "list_free_slots", "show_link", "show_appointment")
CHANGES = (
    *("release_hold", "book_appointment", "issue_key", "cancel_appointment", "move_appointment"),
    *("join_waiting_list", "leave_waiting_list", "accept_offer", "print_ticket", "use_link"),
    *("download_calendar", "request_booking_code", "request_key_code"),
)


def of_address(settings: Settings) -> Mapping[str, Sequence[Policy]]:
    """Returns operation → the limits of one address. The limit of holds is in effect the number of holds that live at
    once, because a hold lives as long as the window."""
    reads = [Policy("reads-of-address", settings.reads_per_address, HOUR, step=MINUTE)]
    changes = [Policy("changes-of-address", settings.changes_per_address, HOUR, step=MINUTE)]
    holds = Policy("holds-of-address", settings.holds_per_address, 10 * MINUTE, step=MINUTE)
    return {
        **dict.fromkeys(READS, reads),
        **dict.fromkeys(CHANGES, changes),
        "hold_slot": [holds],
        **documents.of_address(settings),
    }


def reveals_of_caller(settings: Settings) -> Policy:
    """Returns the limit of an officer's looks at mobiles and ID numbers."""
    return Policy("reveals-of-caller", settings.reveals_per_caller, HOUR)
