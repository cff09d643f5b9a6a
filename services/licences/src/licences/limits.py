"""Limits: by address for people without an account, by the number in an inquiry, and by applicant."""

from collections.abc import Mapping, Sequence

from chassis.access.quotas import Demand, Policy
from documents.issuing import limits as documents
from licences.settings import Settings

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def of_address(settings: Settings) -> Mapping[str, Sequence[Policy]]:
    """Returns operation → the limits of one address. Many people share the address of a mobile network."""
    inquiries = [Policy("inquiries-of-address", settings.inquiries_per_address, HOUR)]
    reads = [Policy("register-of-address", settings.register_reads_per_address, MINUTE, step=1)]
    return {
        "inquire_violation": inquiries,
        "inquire_licence": reads,
        "search_licence_register": reads,
        "list_towns": reads,
        "search_activities": reads,
        "estimate_fee": reads,
        **documents.of_address(settings),
    }


def inquiries_of_number(settings: Settings, key: str, address: str) -> list[Demand]:
    """Returns the demands of an inquiry about one violation; `key`: the keyed hash of its number. An address has few
    tries; all addresses together have more, so that nobody shuts the offender out from a single address."""
    here = Policy("inquiries-of-number-and-address", settings.inquiries_per_number, HOUR)
    anywhere = Policy("inquiries-of-number", settings.inquiries_per_number_anywhere, HOUR)
    return [Demand(here, f"{key}/{address}"), Demand(anywhere, key)]


def applications_of_citizen(settings: Settings) -> Policy:
    """Returns the limit on submissions and corrections of one person: outside bodies are asked about each."""
    return Policy("applications-of-citizen", settings.applications_per_citizen, DAY, step=HOUR)
