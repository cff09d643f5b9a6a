"""What a process of the portal shares: for each area the issuer, the services that are asked, the check of tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from chassis.access.auth import Jwks, Verifier
from chassis.access.kept_keys import KeptKeys
from chassis.access.revocations import Revocations
from chassis.data.db import Database
from portal.domain.areas import AREAS, Area
from portal.domain.figures import MonthCount
from portal.outside.displays import Displays
from portal.outside.issuer import Issuer
from portal.outside.kept_answers import KeptAnswers
from portal.outside.public_reports import PublicReports
from portal.outside.public_services import PublicService
from portal.outside.services import AskedService
from portal.settings import SYSTEM, Settings


@dataclass(frozen=True)
class AreaAccess:
    """How the people of an area sign in, and the services that their pages ask with the person's token. The portal
    learns from the token who has signed in."""

    issuer: Issuer
    services: Mapping[str, AskedService]
    verifiers: Mapping[str, Verifier]


CountedMonths = KeptAnswers[date, Sequence[MonthCount]]


def counted_months() -> CountedMonths:
    """Returns the counts of the public figures by the day of counting, which a process counts once an hour at most:
    counting reads every thing, and everybody may ask."""
    return KeptAnswers(timedelta(hours=1), asks_once=True)


# Services that everybody may ask, by pages of their own or for the state of a document.
_ASKED_PUBLICLY = (
    *("appointments", "licences", "tenders"),
    *("permits", "health-certs", "transactions"),
)


class Resources:
    """Made once per process, after the fork."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.counted_months = counted_months()
        self.public_reports = PublicReports(settings)
        self.public_services: Mapping[str, PublicService] = {
            name: PublicService(settings, name) for name in _ASKED_PUBLICLY
        }
        revocations = Revocations(database, staleness_seconds=settings.revocation_staleness_seconds)
        keys = Jwks(settings.jwks_url, KeptKeys(database, settings.jwks_url))

        def verifier_of(service: str) -> Verifier:
            return Verifier(
                issuer=settings.issuer, audience=service, jwks=keys, revocations=revocations
            )

        def issuer_of(name: str, callback: str = "") -> Issuer:
            client = settings.client_of(name)
            return Issuer(
                settings.issuer,
                client_id=client.client_id,
                client_key=client.key,
                redirect_uri=settings.public_url + callback,
            )

        def access_of(area: Area) -> AreaAccess:
            return AreaAccess(
                issuer_of(area.name, area.callback),
                {name: AskedService(settings.url_of(name)) for name in area.services},
                {name: verifier_of(name) for name in area.services},
            )

        appointments = AskedService(settings.url_of("appointments"))
        self.displays = Displays(issuer_of(SYSTEM), appointments)
        self.access: Mapping[str, AreaAccess] = {
            name: access_of(area) for name, area in AREAS.items()
        }
