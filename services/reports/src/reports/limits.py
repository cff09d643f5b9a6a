"""Limits for people without an account: by address first, then by mobile and by report number."""

from collections.abc import Mapping, Sequence

from chassis.access.quotas import Demand, Policy
from reports import open311
from reports.settings import Settings

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def of_address(settings: Settings) -> Mapping[str, Sequence[Policy]]:
    """Returns operation → the limits of one address. Many people share the address of a mobile network."""
    inquiries = [Policy("inquiries-of-address", settings.inquiries_per_address, HOUR)]
    links = [Policy("links-of-address", settings.inquiries_per_address, HOUR)]
    reads = [Policy("open311-reads-of-address", settings.open311_reads_per_address, MINUTE, step=1)]
    public_reads = [
        Policy("public-reads-of-address", settings.open311_reads_per_address, MINUTE, step=1)
    ]
    previews = Policy("previews-of-address", 4 * settings.public_reports_per_address, HOUR)
    return {
        **dict.fromkeys(open311.READS, reads),
        "list_public_reports": public_reads,
        "get_public_report": public_reads,
        "preview_public_report": [previews],
        "file_public_report": [
            Policy("public-reports-of-address", settings.public_reports_per_address, HOUR)
        ],
        "upload_public_attachment": [
            Policy("public-uploads-of-address", 2 * settings.public_reports_per_address, HOUR)
        ],
        "inquire": inquiries,
        "rate_by_number": inquiries,
        "reopen_by_number": inquiries,
        "send_question_link": inquiries,
        "show_not_solved": links,
        "say_not_solved": links,
        "show_treatment_photo": links,
        "show_rating": links,
        "rate_by_link": links,
    }


def reports_of_mobile(settings: Settings) -> Policy:
    """Limits the public reports of one mobile."""
    return Policy("public-reports-of-mobile", settings.public_reports_per_mobile, DAY)


def filings_of_citizen(settings: Settings) -> Policy:
    """Limits the filings of one citizen who is signed in."""
    return Policy("filings-of-citizen", settings.public_reports_per_address, HOUR)


def inquiries_of_number(settings: Settings, key: str, address: str) -> list[Demand]:
    """Limits the tries with one report number (a keyed hash), because a mobile has only a hundred million values. An
    address has few tries and all addresses together have more, so that nobody locks out a reporter at another
    address."""
    here = Policy("inquiries-of-number-and-address", settings.inquiries_per_number, HOUR)
    anywhere = Policy("inquiries-of-number", settings.inquiries_per_number_anywhere, HOUR)
    return [Demand(here, f"{key}/{address}"), Demand(anywhere, key)]


def links_of_question(report_id: str, mobile_key: str) -> list[Demand]:
    """Limits the texts with the link of a question, which a stranger who filed with somebody's mobile could ask for:
    of one report, and to one mobile (a keyed hash)."""
    return [
        Demand(Policy("question-links-of-report", 3, DAY), report_id),
        Demand(Policy("question-links-to-mobile", 6, DAY), mobile_key),
    ]


def updates_of_key(settings: Settings, key_id: str, number: str) -> Demand:
    """Limits the updates by one key of Open311 to one report."""
    policy = Policy("open311-updates-of-key", settings.open311_updates_per_report, DAY, step=HOUR)
    return Demand(policy, f"{key_id}/{number}")
