"""A fixture with which municipalities look at applications and licences."""

import pytest


@pytest.fixture
def look(client, clerk):
    """`look(path, municipality=…, **query)` → the answer."""

    def look(path, *, municipality="saihat", headers=None, **query):
        head = {
            **clerk("licences.read", "licences.export", municipality=municipality),
            **(headers or {}),
        }
        return client.get(path, params=query, headers=head)

    return look
