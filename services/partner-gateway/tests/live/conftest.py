"""The feed and the webhooks over a database of their own, in which everything is really committed."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from chassis.data import migrations
from chassis.data.db import Database
from chassis.data.sealed import use_keys

TABLES = (
    "webhook_delivery, webhook, feed_place, feed_head, feed_event, token_revocation, quota_used"
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
