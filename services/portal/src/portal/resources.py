"""What a process of the portal shares: for each area the issuer, the service that's asked, and the check of tokens."""

from collections.abc import Mapping
from dataclasses import dataclass

from chassis.access.auth import Jwks, Verifier
from chassis.access.kept_keys import KeptKeys
from chassis.access.revocations import Revocations
from chassis.data.db import Database
from portal.domain.areas import AREAS, Area
from portal.outside.issuer import Issuer
from portal.outside.public_reports import PublicReports
from portal.outside.services import AskedService
from portal.settings import Settings


@dataclass(frozen=True)
class AreaAccess:
    """How the people of an area sign in and what they ask. The portal asks `service` with the person's token, and
    learns from the token who has signed in."""

    issuer: Issuer
    service: AskedService
    tokens: Verifier


class Resources:
    """Made once per process, after the fork."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.public_reports = PublicReports(settings)
        revocations = Revocations(database, staleness_seconds=settings.revocation_staleness_seconds)
        keys = Jwks(settings.jwks_url, KeptKeys(database, settings.jwks_url))

        def access_of(area: Area) -> AreaAccess:
            client = settings.client_of(area.name)
            issuer = Issuer(
                settings.issuer,
                client_id=client.client_id,
                client_key=client.key,
                redirect_uri=settings.public_url + area.callback,
            )
            tokens = Verifier(
                issuer=settings.issuer, audience=area.audience, jwks=keys, revocations=revocations
            )
            return AreaAccess(issuer, AskedService(settings.url_of(area.audience)), tokens)

        self.access: Mapping[str, AreaAccess] = {
            name: access_of(area) for name, area in AREAS.items()
        }
