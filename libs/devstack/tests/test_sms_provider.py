"""The stand-in for both SMS providers: it accepts, refuses and fails as it's told to."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

import pytest
import requests

from devstack.sms_provider.provider import SmsProviders
from devstack.sms_provider.settings import ProviderSettings, Settings

NUMBER = "966500000008"


@pytest.fixture
def stand_in() -> Iterator[SmsProviders]:
    with SmsProviders(Settings()) as stand_in:
        yield stand_in


def send_form(
    stand_in: SmsProviders, reference: str = "r-1", number: str = NUMBER, **more: str
) -> Any:
    fields = {"AppSid": "", "Recipient": number, "Body": "نص", "CorrelationID": reference, **more}
    url = stand_in.providers["unifonic"].url + "/rest/SMS/messages"
    return requests.post(url, data=fields, timeout=5)


def send_bearer(stand_in: SmsProviders, reference: str = "r-1", number: str = NUMBER) -> Any:
    document = {"recipients": [int(number)], "body": "نص", "sender": "Q", "reference": reference}
    url = stand_in.providers["taqnyat"].url + "/v1/messages"
    return requests.post(url, json=document, headers={"Authorization": "Bearer "}, timeout=5)


def test_what_was_accepted_stands_in_the_ledger(stand_in: SmsProviders) -> None:
    assert send_form(stand_in).json()["success"] is True
    assert send_bearer(stand_in).json()["statusCode"] == 201

    rows = requests.get(f"{stand_in.url}/ledger", timeout=5).json()

    assert [row["provider"] for row in rows] == ["unifonic", "taqnyat"]
    assert {(row["recipient"], row["text"], row["reference"], row["parts"]) for row in rows} == {
        (NUMBER, "نص", "r-1", 1)
    }


def test_a_known_reference_is_accepted_once_unless_that_is_off(stand_in: SmsProviders) -> None:
    for _ in range(2):
        assert send_form(stand_in).json()["success"] is True
    assert len(stand_in.rows()) == 1

    stand_in.change({"unifonic": {"once": False}})
    send_form(stand_in)

    assert len(stand_in.rows()) == 2


def test_a_refusal_is_said_in_the_body_with_http_200(stand_in: SmsProviders) -> None:
    answer = send_form(stand_in, number="966138555000")

    assert (answer.status_code, answer.json()["errorCode"]) == (200, "ER-10")
    assert stand_in.rows() == []


def test_whoever_has_not_got_the_key_sends_nothing() -> None:
    providers = {"unifonic": ProviderSettings(credential="right"), "taqnyat": ProviderSettings()}
    with SmsProviders(Settings(providers=providers)) as stand_in:
        assert send_form(stand_in, AppSid="wrong").json()["errorCode"] == "ER-01"
        assert send_form(stand_in, AppSid="right").json()["success"] is True


def test_a_reference_is_found_or_not(stand_in: SmsProviders) -> None:
    send_bearer(stand_in)
    url = stand_in.providers["taqnyat"].url + "/v1/messages/"

    assert requests.get(url + "r-1", timeout=5).json()["status"] == "sent"
    assert requests.get(url + "r-2", timeout=5).json()["statusCode"] == 404


@pytest.mark.parametrize(
    ("fault", "accepted"),
    [("accept-then-timeout", 1), ("accept-then-reset", 1), ("timeout", 0), ("reset", 0)],
)
def test_without_an_answer_only_the_ledger_knows(
    stand_in: SmsProviders, fault: str, accepted: int
) -> None:
    stand_in.change({"unifonic": {"rates": {fault: 1}, "hold_seconds": 0.05}})

    with pytest.raises(requests.ConnectionError):
        send_form(stand_in)

    assert len(stand_in.rows()) == accepted


@pytest.mark.parametrize(("fault", "status", "body"), [("503", 503, b""), ("too-many", 429, b"")])
def test_an_answer_without_a_body_was_not_accepted(
    stand_in: SmsProviders, fault: str, status: int, body: bytes
) -> None:
    stand_in.change({"unifonic": {"rates": {fault: 1}}})

    answer = send_form(stand_in)

    assert (answer.status_code, answer.content, stand_in.rows()) == (status, body, [])


def test_a_dead_provider_refuses_connections_and_comes_back_on_its_port(
    stand_in: SmsProviders,
) -> None:
    stand_in.change({"unifonic": {"dead": True}})
    with pytest.raises(requests.ConnectionError):
        send_form(stand_in)
    assert send_bearer(stand_in).status_code == 201

    stand_in.change({"unifonic": {"dead": False}})

    assert send_form(stand_in).json()["success"] is True


def test_the_same_seed_draws_the_same_faults() -> None:
    drawn = []
    for _ in range(2):
        with SmsProviders(Settings(seed=7)) as stand_in:
            stand_in.change({"unifonic": {"rates": {"503": 0.3, "reset": 0.2}}})
            names = [stand_in.switches["unifonic"].draw(f"r-{number}") for number in range(200)]
            drawn.append(names)

    assert drawn[0] == drawn[1]
    assert {None, "503", "reset"} == set(drawn[0])


def test_a_fault_that_is_not_known_changes_nothing(stand_in: SmsProviders) -> None:
    body = {"unifonic": {"dead": True, "rates": {"explosion": 1}}}

    answer = requests.post(f"{stand_in.url}/faults", json=body, timeout=5)

    assert answer.status_code == 400
    assert stand_in.switches["unifonic"].now.dead is False


def test_the_ledger_survives_a_kill_also_one_in_the_middle_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    with SmsProviders(Settings(ledger=path)) as stand_in:
        send_form(stand_in)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"accepted": {"provider": "unif')

    with SmsProviders(Settings(ledger=path)) as stand_in:
        assert [row["reference"] for row in stand_in.rows()] == ["r-1"]
        send_form(stand_in)
        assert len(stand_in.rows()) == 1


class _Sender(BaseHTTPRequestHandler):
    """The system that takes the receipts."""

    took: "SimpleQueue[tuple[str, str, dict[str, Any]]]" = SimpleQueue()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.took.put((self.path, self.headers["X-Receipt-Token"], body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


def test_receipts_come_by_themselves_with_the_token_of_the_provider() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Sender)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    providers = {
        "unifonic": ProviderSettings(receipt_token="t-1"),
        "taqnyat": ProviderSettings(receipt_token="t-2"),
    }
    receipts = f"http://127.0.0.1:{server.server_address[1]}/receipts"
    with SmsProviders(Settings(receipts=receipts, providers=providers)) as stand_in:
        stand_in.change({"unifonic": {"receipt_seconds": 0.02}})
        send_form(stand_in)
        took = [_Sender.took.get(timeout=10) for _ in range(2)]
    server.shutdown()
    server.server_close()

    assert {(path, token) for path, token, _ in took} == {("/receipts/unifonic", "t-1")}
    assert {body["Status"] for _, _, body in took} == {"Sent", "Delivered"}
    assert {body["CorrelationID"] for _, _, body in took} == {"r-1"}


def test_the_page_shows_a_telephone_with_its_link_and_breaks_on_no_text(
    stand_in: SmsProviders,
) -> None:
    send_form(stand_in, Body="أعيدوا فتحه: https://r.test/r/abc <script>")

    page = requests.get(stand_in.url, timeout=5).text

    assert f"+{NUMBER}" in page
    assert 'href="https://r.test/r/abc"' in page
    assert "<script>" not in page
    assert 'dir="rtl"' in page
