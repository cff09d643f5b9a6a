"""A partner's generator makes a whole client of each contract: nothing of it is lost, and all of it can be imported."""

from pathlib import Path

import pytest

from chassis.core import contracts
from chassis.http.docs import published_contract

from .clients import generate_client, import_client
from .reading import services, tree


@pytest.mark.parametrize("service", services(tree()))
def test_a_generated_client_loses_nothing_and_can_be_imported(service: str, tmp_path: Path) -> None:
    document = published_contract(contracts.openapi(service), "https://identity.test")
    name = f"client_of_{service.replace('-', '_')}"

    lost = generate_client(document, tmp_path, name)

    assert lost == []
    assert import_client(tmp_path, name).Client
