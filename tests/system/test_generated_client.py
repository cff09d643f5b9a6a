"""Partners' generated clients ask each running service one question, and read the answer into their own types."""

import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import requests

from tests.contracts.clients import generate_client, import_client
from tests.typescript_clients.clients import compile_errors, find_permits, generate_types

from .questions import PLAN, QUESTIONS


@pytest.fixture(scope="module")
def published(town):
    """`published(service)` → the contract that the running service publishes."""
    return cache(
        lambda service: requests.get(town.url(service) + "/openapi.json", timeout=10).json()
    )


@pytest.fixture(scope="module")
def generated(published, tmp_path_factory):
    """`generated(service)` → the client of the contract that the running service publishes."""
    folder: Path = tmp_path_factory.mktemp("generated")

    @cache
    def client_of(service: str) -> ModuleType:
        name = f"generated_client_of_{service.replace('-', '_')}"
        assert generate_client(published(service), folder, name) == []
        return import_client(folder, name)

    yield client_of
    for name in [one for one in sys.modules if one.startswith("generated_client_of_")]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def permit(town):
    return town.issue(plan_number=PLAN)


def token(town, who: str, service: str) -> str:
    return town.headers(who, service)["Authorization"].removeprefix("Bearer ")


def test_each_service_with_operations_is_asked_a_question(town, published):
    running = town.description["services"]

    assert set(QUESTIONS) == {service for service in running if published(service)["paths"]}


@pytest.mark.parametrize("service", QUESTIONS)
def test_a_generated_client_reads_the_answer_of_the_running_service(
    town, generated, permit, service
):
    question, package = QUESTIONS[service], generated(service)
    operation = import_module(f"{package.__name__}.api.{question.operation}")
    url = town.url(service)
    client = package.Client(base_url=url)
    if question.who:
        who = token(town, question.who, service)
        client = package.AuthenticatedClient(base_url=url, token=who)

    answer = operation.sync_detailed(client=client)

    assert answer.status_code == 200, answer.content.decode()
    assert question.is_answered_by(answer.parsed)


def test_a_generated_client_reads_the_permits_of_the_running_gateway(
    town, generated, permit, eventually
):
    package = generated("partner-gateway")
    url, who = town.url("partner-gateway"), token(town, "sec.dispatcher", "partner-gateway")
    client = package.AuthenticatedClient(base_url=url, token=who)
    find = import_module(f"{package.__name__}.api.building_permits.find_building_permits")

    def find_permit() -> list[Any]:
        page = find.sync(client=client, plan_number=PLAN)
        return [one for one in page.items if str(one.permit_id) == permit["permit_id"]]

    (shown,) = eventually(find_permit)

    assert (shown.status, shown.insulation, shown.release) == ("valid", None, None)
    assert shown.status_title.en == "Valid"


def test_a_typescript_program_reads_the_permits_of_the_running_gateway(
    town, published, permit, eventually, tmp_path
):
    generate_types({"partner-gateway": published("partner-gateway")}, tmp_path)
    assert compile_errors(tmp_path) == []
    url, who = town.url("partner-gateway"), token(town, "sec.dispatcher", "partner-gateway")

    def find_permit() -> list[Any]:
        found = find_permits(tmp_path, url, who, PLAN)
        return [one for one in found if one["permit_id"] == permit["permit_id"]]

    assert eventually(find_permit) == [
        {"permit_id": permit["permit_id"], "status": "Valid", "stages": []}
    ]
