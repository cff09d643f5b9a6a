"""What an address has to look like before it's asked, or kept to be asked later."""

import pytest
from reaching import settings

from chassis.core.outgoing import Forbidden, Outgoing


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://example.sa/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("http://example.sa/", "scheme"),
        ("//example.sa/", "scheme"),
        ("https://user:secret@example.sa/", "url"),
        ("https://example.sa\\@127.0.0.1/", "url"),
        ("https://example.sa/\r\nHost: a", "url"),
        ("https://example.sa:99999/", "url"),
        ("https://example.sa:0/", "port"),
        ("https://[fe80::1%25eth0]/", "url"),
        ("https:///path", "url"),
        ("https://example.sa/" + "a" * 3_000, "url"),
        ("https://[::1", "url"),
    ],
)
def test_a_url_that_says_something_else_than_an_address_is_refused(url: str, code: str) -> None:
    client = Outgoing(settings())

    for ask in (client.get, client.check):
        with pytest.raises(Forbidden) as refused:
            ask(url)
        assert refused.value.code == code


def test_a_url_is_refused_before_it_is_kept() -> None:
    client = Outgoing(settings())

    client.check("https://example.sa/hook")
    with pytest.raises(Forbidden):
        client.check("https://10.0.0.1/hook")


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST.", "a.localhost", "postgres", "printer.local", "kafka.internal"),
        *("x.invalid", "x.onion", "router.home.arpa", "127.1", "2130706433", "0x7f000001", "1.2.3.0x4"),
        *("a..example.sa", "１２７.0.0.1", "localhost.localdomain.internal"),
    ],
)  # fmt: skip
def test_a_name_that_the_internet_has_nowhere_is_refused_before_it_is_kept(host: str) -> None:
    with pytest.raises(Forbidden):
        Outgoing(settings()).check(f"https://{host}/hook")


@pytest.mark.parametrize(
    "host", ["saihat.gov.sa", "SAIHAT.gov.sa.", "بلدية.السعودية", "127.example.sa", "0x7f.sa"]
)
def test_a_name_that_may_be_public_is_kept_and_looked_up_when_it_is_asked(host: str) -> None:
    Outgoing(settings()).check(f"https://{host}/hook")


def test_a_stand_in_on_ones_own_machine_may_have_any_name() -> None:
    Outgoing(settings(outgoing_private_hosts="localhost:8443")).check("https://localhost:8443/x")
