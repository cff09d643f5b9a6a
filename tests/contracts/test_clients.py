"""Partners' generators make a whole client of each contract: nothing is lost, and all is imported or compiled.

A system test has the clients ask running services.
"""

from pathlib import Path
from typing import Any

import pytest
from tests.typescript_clients.clients import compile_errors, generate_types

from chassis.core import contracts
from chassis.http.docs import published_contract

from .clients import SENT_BY_HAND, generate_client, import_client, operations_without_function
from .reading import ROOT, operations, services, tree

SERVICES = services(tree())
# The path of a request that is sent by hand → the guides that show it.
GUIDES = {
    "/v1/licence-application-batches": ["docs/partner-guide/municipalities.md"],
    "/v1/building-permit-days/{day}/comparison": [
        "docs/partner-guide.ar.md",
        "docs/partner-guide.en.md",
    ],
}


def published(service: str) -> dict[str, Any]:
    return published_contract(contracts.openapi(service), "https://identity.test")


@pytest.mark.parametrize("service", SERVICES)
def test_a_generated_client_loses_nothing_and_can_be_imported(service: str, tmp_path: Path) -> None:
    document = published(service)
    name = f"client_of_{service.replace('-', '_')}"

    lost = generate_client(document, tmp_path, name)
    package = import_client(tmp_path, name)

    assert lost == []
    assert package.Client
    assert operations_without_function(document, package) == SENT_BY_HAND.get(service, set())


def test_a_guide_shows_each_request_that_a_generated_client_cannot_send() -> None:
    by_hand = {name for names in SENT_BY_HAND.values() for name in names}
    paths = {one.path for one in operations(tree()) if one.name in by_hand}

    assert paths == set(GUIDES)
    for path, guides in GUIDES.items():
        for guide in guides:
            shown = f"POST {path}\nContent-Type: application/x-ndjson\n"
            assert shown in (ROOT / guide).read_text("utf-8"), guide


def test_the_types_of_all_contracts_compile_with_a_partners_program(tmp_path: Path) -> None:
    generate_types({service: published(service) for service in SERVICES}, tmp_path)

    assert {file.stem for file in tmp_path.glob("*.ts")} == {*SERVICES, "question"}
    assert compile_errors(tmp_path) == []
