"""A form is ours when a page of ours sent it, and an address is ours when it leads nowhere else."""

import pytest

from pages import origins

OURS = "https://services.example"


@pytest.mark.parametrize(
    ("headers", "is_own"),
    [
        ({"Sec-Fetch-Site": "same-origin", "Origin": OURS}, True),
        ({"Origin": OURS}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-site", "Origin": OURS}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
def test_a_request_that_says_nothing_or_anything_else_is_foreign(headers, is_own):
    assert origins.is_own(headers, OURS) is is_own


def test_a_csrf_token_belongs_to_one_secret():
    token = origins.csrf_token("a" * 43)

    assert origins.is_csrf_token(token, "a" * 43)
    assert not origins.is_csrf_token(token, "b" * 43)
    assert not origins.is_csrf_token("ط", "a" * 43)


@pytest.mark.parametrize("address", ["/sec", "/sec/permits", "/sec/permits?plan_number=713%2F7"])
def test_an_address_of_the_site_is_kept(address):
    assert origins.local_path(address, "/sec") == address


@pytest.mark.parametrize(
    "address",
    [
        *("//evil.example/sec", "https://evil.example/sec", "/\\evil.example", "/sec/\\evil"),
        *("javascript:alert(1)", "/secret", "", "/sec/../x", "/sec//evil.example", "/sec\r\nX: y"),
    ],
)
def test_an_address_that_leads_elsewhere_is_dropped(address):
    assert origins.local_path(address, "/sec") is None
