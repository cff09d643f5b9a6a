"""The wall before password guessing. It stops an address, never an account: nobody can lock out somebody else."""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

WINDOW = timedelta(minutes=15)
FAILURES_PER_NAME = 5
FAILURES_PER_SOURCE = 50


def is_blocked(*, failures_of_name: int, failures_of_source: int) -> bool:
    """Whether an address has failed too often within the window: with this username, or with any."""
    return failures_of_name >= FAILURES_PER_NAME or failures_of_source >= FAILURES_PER_SOURCE


def source_of(peer: str, forwarded_for: str, trusted_proxies: int) -> str:
    """The address that failures are counted under; an IPv6 address counts as its /64.

    `forwarded_for` (X-Forwarded-For) is read only as far as our own proxies wrote it: with n of them, the n-th from
    the right. Whatever stands further left was written by the caller.
    """
    hops = [hop.strip() for hop in forwarded_for.split(",") if hop.strip()]
    address = hops[-trusted_proxies] if 0 < trusted_proxies <= len(hops) else peer
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ip_network((int(parsed), 64), strict=False).network_address)
    return str(parsed)
