"""What a process of the portal shares: the issuer, the gateway, and the check of tokens."""

from chassis.access.auth import Jwks, Verifier
from chassis.access.kept_keys import KeptKeys
from chassis.access.revocations import Revocations
from chassis.data.db import Database
from portal.outside.gateway import Gateway
from portal.outside.issuer import Issuer
from portal.settings import Settings


class Resources:
    """Made once per process, after the fork."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.issuer = Issuer(settings)
        self.gateway = Gateway(settings.gateway_url)
        revocations = Revocations(database, staleness_seconds=settings.revocation_staleness_seconds)
        keys = Jwks(settings.jwks_url, KeptKeys(database, settings.jwks_url))
        # The portal asks the gateway with the token, and learns from it who has signed in.
        self.gateway_tokens = Verifier(
            issuer=settings.issuer, audience="partner-gateway", jwks=keys, revocations=revocations
        )
