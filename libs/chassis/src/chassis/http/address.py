"""Where a request comes from, as far as our own proxies vouch for it."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network


@lru_cache(maxsize=1_024)
def source_of(peer: str, forwarded_for: str, trusted_proxies: int) -> str:
    """Returns the address that a request is counted under; an IPv6 address counts as its /64. `unknown` for what is
    none.

    `forwarded_for` (X-Forwarded-For) is read only as far as our own proxies wrote it: with n of them, the n-th from
    the right. Addresses further left were written by the caller.
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
