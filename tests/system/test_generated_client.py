"""A partner's generated client asks the running gateway."""

import sys
from pathlib import Path

import pytest
import requests

from tests.contracts.clients import generate_client, import_client

NAME = "generated_gateway_client"


@pytest.fixture(scope="module")
def generated(town, tmp_path_factory):
    """The client of the contract that the running gateway publishes."""
    folder: Path = tmp_path_factory.mktemp("generated")
    document = requests.get(town.url("partner-gateway") + "/openapi.json", timeout=10).json()
    assert generate_client(document, folder, NAME) == []
    yield import_client(folder, NAME)
    for name in [one for one in sys.modules if one.split(".")[0] == NAME]:
        del sys.modules[name]


def test_a_generated_client_reads_the_permits_of_the_running_gateway(town, generated, eventually):
    permit_id = town.issue(plan_number="713/7")["permit_id"]
    token = town.headers("sec.dispatcher")["Authorization"].removeprefix("Bearer ")
    client = generated.AuthenticatedClient(base_url=town.url("partner-gateway"), token=token)
    find = sys.modules[f"{NAME}.api.building_permits.find_building_permits"]

    page = eventually(
        lambda: next(
            (
                found
                for found in [find.sync(client=client, plan_number="713/7")]
                if any(str(one.permit_id) == permit_id for one in found.items)
            ),
            None,
        )
    )

    (shown,) = [one for one in page.items if str(one.permit_id) == permit_id]
    assert (shown.status, shown.insulation, shown.release) == ("valid", None, None)
    assert shown.status_title.en == "Valid"
