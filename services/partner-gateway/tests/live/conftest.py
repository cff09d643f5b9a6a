"""The feed and the webhooks over a database of their own, in which everything is really committed."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from addresses import Endpoint, Gateway, served
from joserfc.jwk import KeySet, RSAKey
from sqlalchemy import text

from chassis.data import migrations
from chassis.data.db import Database
from chassis.data.sealed import use_keys
from chassis.process import Process
from chassis.run.web import build
from chassis.testing import TestJwks

TABLES = (
    "webhook_delivery, webhook, feed_place, feed_head, feed_event, token_revocation, quota_used,"
    " partner_grant, building_permit, followed_thing"
)


@pytest.fixture(scope="session")
def own_settings(settings, service, postgres_server):
    """Settings over a database that no other test looks at: the record of queries is only ever added to."""
    url = postgres_server.copied_database(
        service.package, lambda url: migrations.upgrade(service.package, url)
    )
    return replace(settings, database_url=url)


@pytest.fixture(scope="session")
def committing(own_settings):
    """The database, for all tests of the folder."""
    database = Database(own_settings.database_url)
    use_keys(database, own_settings)
    yield database
    database.dispose()


@pytest.fixture
def empty(committing):
    """The database before anything happened."""
    with committing.transaction() as session:
        session.execute(text(f"TRUNCATE {TABLES}"))
    return committing


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with served(Endpoint()) as one:
        yield one


@pytest.fixture
def gateway(service, own_settings, empty, issuer_key, token, tenants) -> Iterator[Gateway]:
    own = replace(own_settings, status_per_minute=10_000, outgoing_private_hosts=_private())
    process = Process(service, own, empty)
    public = RSAKey.import_key(issuer_key.as_dict(private=False))
    web = build(process, jwks=TestJwks(KeySet([public])))
    with httpx.Client(
        transport=httpx.WSGITransport(app=web.app.wsgi), base_url="http://service.test"
    ) as client:
        yield Gateway(process, client, token, tenants)


def _private():
    """Every port of this machine: the endpoints of the tests choose theirs later."""
    return ",".join(f"127.0.0.1:{port}" for port in range(32_768, 61_000))
