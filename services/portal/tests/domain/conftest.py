"""Rules need neither the application nor a database."""

import pytest


@pytest.fixture(autouse=True)
def resources():
    """In place of what the tests of pages share."""
