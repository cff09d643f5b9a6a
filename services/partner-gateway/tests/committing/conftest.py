"""Tests whose requests really commit, on a database of their own: their rows of the record can't be taken back, and
the other tests count them."""

from dataclasses import replace

import pytest

from chassis.data import migrations
from chassis.data.db import Database
from chassis.data.sealed import use_keys


@pytest.fixture(scope="session")
def own_url(service, postgres_server):
    return postgres_server.copied_database(
        service.package, lambda url: migrations.upgrade(service.package, url)
    )


@pytest.fixture(scope="session")
def real_database(settings, own_url):
    database = Database(own_url)
    use_keys(database, settings)
    yield database
    database.dispose()


@pytest.fixture
def real_settings(settings, own_url):
    return replace(settings, database_url=own_url)
