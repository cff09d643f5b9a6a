"""Limits of applicants, and of people without an account: by address before anything is read, then by the numbers for
which people ask."""

from collections.abc import Mapping, Sequence

from chassis.access.quotas import Demand, Policy
from documents.issuing import limits as documents
from health_certs.settings import Settings

HOUR, DAY = 3_600, 86_400


def requests_of_citizen(settings: Settings) -> Policy:
    """Requests that one person sends."""
    return Policy("requests-of-citizen", settings.requests_per_citizen, DAY, step=HOUR)


def lists_of_citizen(settings: Settings) -> Policy:
    """Files of up to 500 requests."""
    return Policy("lists-of-citizen", settings.lists_per_citizen, DAY, step=HOUR)


def changes_of_citizen(settings: Settings) -> Policy:
    """Requests and certificates that one person changes: each change is an event, and may be a text."""
    return Policy("changes-of-citizen", settings.changes_per_citizen, HOUR)


def searches_of_citizen(settings: Settings) -> Policy:
    """Workers that somebody looks for by ID number, for an establishment."""
    return Policy("searches-of-citizen", settings.searches_per_caller, HOUR)


def exports_of_citizen(settings: Settings) -> Policy:
    """Files of an establishment's certificates."""
    return Policy("exports-of-citizen", settings.exports_per_citizen, HOUR)


def checks_of_inspector(settings: Settings) -> Policy:
    """Certificates that an inspector checks."""
    return Policy("checks-of-inspector", settings.searches_per_caller, HOUR)


def of_address(settings: Settings) -> Mapping[str, Sequence[Policy]]:
    """Returns, by operation, the limits of one address. Many people share the address of a mobile network."""
    asked = [Policy("verifications-of-address", settings.verifications_per_address, HOUR)]
    return {"verify_certificate": asked, **documents.of_address(settings)}


def verifications(settings: Settings, numbers: Sequence[str], address: str) -> list[Demand]:
    """Returns the demands of one try with a certificate's number and a person's, both as keyed hashes. One address may
    try a number a few times, all addresses together more often: nobody shuts out people at other addresses."""
    here = Policy("verifications-of-number-and-address", settings.verifications_per_number, HOUR)
    anywhere = Policy("verifications-of-number", settings.verifications_per_number_anywhere, HOUR)
    return [
        Demand(policy, subject)
        for number in numbers
        for policy, subject in ((here, f"{number}/{address}"), (anywhere, number))
    ]
