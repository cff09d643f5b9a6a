"""The wall before password guessing. It stops an address, never an account: nobody can lock out somebody else."""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

SOURCE_WINDOW = timedelta(minutes=15)
FAILURES_PER_SOURCE = 50
NAME_WINDOW = timedelta(hours=24)
FREE_FAILURES = 5
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)


def wait_after(failures_of_name: int) -> timedelta:
    """How long an address waits before its next try of a name: half a minute from the fifth failure on, then doubled.

    Whoever mistypes a few times waits little; whoever guesses gets a hundred tries a day for a name. Colleagues behind
    one address can hold each other up for a quarter of an hour at most.
    """
    if failures_of_name < FREE_FAILURES:
        return timedelta(0)
    doubled: int = 2 ** min(failures_of_name - FREE_FAILURES, 10)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT)


def is_blocked(
    *, failures_of_name: int, since_last: timedelta | None, failures_of_source: int
) -> bool:
    """Whether an address has to wait: for this name, since it last failed with it, or for any.

    Failures of the name count for a day, those of the address for a quarter of an hour.
    """
    waits = since_last is not None and since_last < wait_after(failures_of_name)
    return waits or failures_of_source >= FAILURES_PER_SOURCE


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
