"""Limits of one address, for people without an account, and of the files that staff send. Limits of a mobile stand in
chassis.one_time_codes."""

from collections.abc import Mapping, Sequence

from chassis.access.quotas import Policy
from tenders.settings import Settings

MINUTE, HOUR = 60, 3_600
READS = (
    *("list_public_tenders", "get_public_tender", "list_public_leases", "get_public_lease"),
    *("get_feed", "list_releases", "list_records", "list_lease_releases", "list_lease_records"),
    *("get_lease_extension", "show_following", "get_public_question", "get_public_file"),
)
CHANGES = (
    *("request_follow_code", "follow", "end_following"),
    *("request_booklet_code", "buy_booklet", "read_booklet"),
)
QUESTIONS = ("ask_tender_question", "ask_lease_question")


def of_address(settings: Settings) -> Mapping[str, Sequence[Policy]]:
    """Returns operation → the limits of one address."""
    reads = Policy("reads-of-address", settings.reads_per_address, HOUR, step=MINUTE)
    changes = Policy("changes-of-address", settings.changes_per_address, HOUR, step=MINUTE)
    questions = Policy("questions-of-address", settings.questions_per_address, HOUR, step=MINUTE)
    return {
        **dict.fromkeys(READS, [reads]),
        **dict.fromkeys(CHANGES, [changes]),
        **dict.fromkeys(QUESTIONS, [questions]),
    }
