"""The address of a request that passed through proxies."""

import pytest

from chassis.http.address import source_of


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "source"),
    [
        ("192.0.2.7", "", 0, "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", 0, "192.0.2.7"),
        ("10.0.0.1", "198.51.100.1", 1, "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.1", 1, "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.1", 2, "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", 2, "10.0.0.1"),
        ("10.0.0.1", "nonsense", 1, "unknown"),
        ("2001:db8:1:2:3:4:5:6", "", 0, "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", "", 0, "192.0.2.7"),
    ],
)
def test_only_our_own_proxies_say_where_a_caller_is(peer, forwarded, proxies, source):
    assert source_of(peer, forwarded, proxies) == source
