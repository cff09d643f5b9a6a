"""Revocation through the real processes: everywhere, and no guessing when nothing is heard.

How soon, two seconds, is asked by `make promises PROMISE=ended-rights`.
"""

import os
import signal
import time
from functools import partial
from typing import Any

import pytest
import requests

from devstack.machine import StartError

from .endings import (
    ENDINGS,
    REVOKED,
    TRIES,
    Desk,
    claims_of,
    end_delegation,
    replace_stolen_key,
    suspend_clerk,
    suspend_reader,
    wait_until,
    wait_until_refused,
    withdraw_grant,
)
from .settings import STALE_S


@pytest.fixture(scope="module")
def desk(town: Any) -> Desk:
    return Desk(town.system)


@pytest.mark.parametrize("kind", REVOKED)
def test_a_revoked_token_is_void_in_every_worker(desk, kind):
    with ENDINGS[kind](desk) as refused:
        wait_until_refused(refused)


def test_a_suspended_person_is_out_and_gets_no_new_token(desk):
    with suspend_clerk(desk) as refused:
        wait_until_refused(refused)
        with pytest.raises(StartError, match="403"):
            desk.token("qatif.clerk", "permits")


def test_the_pages_of_a_suspended_person_are_dead(desk):
    with suspend_reader(desk) as refused:
        wait_until_refused(refused)


def test_a_withdrawn_grant_ends_in_every_worker(desk):
    with withdraw_grant(desk) as refused:
        wait_until_refused(refused)


def test_the_end_of_a_delegation_voids_the_delegates_tokens_and_not_the_owners(desk):
    owners = desk.token("citizen.a", "licences")
    licences = desk.url("licences", "/v1/my/licences")
    with end_delegation(desk) as refused:
        wait_until_refused(refused)

    assert "acts_for" not in claims_of(desk.token("citizen.b", "licences"))
    assert desk.status(licences, owners) == 200


def test_tokens_of_a_compromised_key_are_void_in_every_service(desk):
    with replace_stolen_key(desk) as refused:
        wait_until_refused(refused)

    assert desk.status(desk.url("identity", "/v1/grants"), desk.admin) == 200
    assert desk.status(desk.gateway, desk.token("sec.viewer")) == 200


def test_a_revocation_outlives_the_end_of_the_process(desk):
    token = desk.token("sec.viewer")
    body = {"kind": "session", "value": claims_of(token)["sid"], "reason": "test"}
    desk.post("/v1/revocations", body)
    wait_until(partial(desk.status, desk.gateway, token), 401)

    name = "partner-gateway/serve"
    os.killpg(desk.system.supervisor.pids()[name], signal.SIGKILL)
    _until_it_answers(desk, f"{desk.ops('partner-gateway')}/readyz")

    assert {desk.status(desk.gateway, token) for _ in range(TRIES)} == {401}


def test_a_service_that_starts_while_identity_is_away_verifies_with_the_keys_that_it_kept(desk):
    token = desk.token("sec.viewer")
    assert desk.status(desk.gateway, token) == 200
    pids = desk.system.supervisor.pids()

    os.killpg(pids["identity/serve"], signal.SIGSTOP)
    try:
        os.killpg(pids["partner-gateway/serve"], signal.SIGKILL)
        _until_it_answers(desk, f"{desk.ops('partner-gateway')}/readyz")
        answers = {desk.status(desk.gateway, token) for _ in range(TRIES)}
    finally:
        os.killpg(pids["identity/serve"], signal.SIGCONT)

    assert answers == {200}


def test_without_kafka_the_gateway_answers_for_a_while_and_then_refuses_all(desk):
    token = desk.token("sec.viewer")
    assert desk.status(desk.gateway, token) == 200

    desk.system.kafka.kill()
    killed = time.monotonic()
    try:
        body = {"kind": "person", "value": claims_of(token)["sub"], "reason": "test"}
        desk.post("/v1/revocations", body)
        still = desk.status(desk.gateway, token)
        wait_until(partial(desk.status, desk.gateway, token), 503, seconds=STALE_S + 15)
        refused_after = time.monotonic() - killed
        unready = requests.get(f"{desk.ops('partner-gateway')}/readyz", timeout=5)
    finally:
        desk.system.kafka.start_again()

    assert still == 200
    assert (unready.status_code, unready.text) == (503, "no: revocations\n")
    assert refused_after < STALE_S + 5
    # The person's revocation arrives before the news that open the door again.
    wait_until(partial(desk.status, desk.gateway, token), 401, seconds=60)
    assert desk.status(desk.gateway, desk.token("sec.viewer")) == 200


def _until_it_answers(desk: Desk, url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.RequestException:
            continue
    raise AssertionError(f"{url} isn't ready")
