"""Which names and addresses belong to the open Internet, and which lead into a network of our own."""

import ipaddress
import re

_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
# Domains that the public name servers answer for nobody: RFC 6761, 6762, 7686, 9476, and ICANN's for private use. Not
# `example` and `test`, under which documentation and tests live.
_NOBODYS = frozenset(("localhost", "local", "internal", "invalid", "onion", "alt"))
# Networks that lead back into a network of ours, or to another protocol's relay, and that ipaddress calls global.
_MORE_PRIVATE = tuple(
    ipaddress.ip_network(one)
    for one in (
        "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "2001::/23", "2002::/16", "3fff::/20",
    )
)  # fmt: skip
# Every address of IPv6 that is given to anybody begins so; what embeds an IPv4 address elsewhere doesn't.
_GLOBAL_IPV6 = ipaddress.ip_network("2000::/3")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def may_be_public(name: str) -> bool:
    """Returns whether the Internet may have the name. What it says alone decides, so that nobody learns of names of
    ours: one without a dot, one below a domain that is nobody's, and a number that some resolvers read as an address
    (127.1, 0x7f000001) are refused."""
    labels = name.lower().split(".")
    return (
        len(labels) > 1
        and all(labels)
        and not _NUMBER.fullmatch(labels[-1])
        and labels[-1] not in _NOBODYS
        and labels[-2:] != ["home", "arpa"]
    )


def is_public(address: Address) -> bool:
    """Returns whether an address belongs to the open Internet."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address not in _GLOBAL_IPV6:
            return False
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in one for one in _MORE_PRIVATE if one.version == address.version)


def is_address(host: str) -> bool:
    """Returns whether the host of a URL is an address and not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_public_text(text: str) -> bool:
    """Returns whether a text is an address that belongs to the open Internet, without a zone."""
    try:
        return "%" not in text and is_public(ipaddress.ip_address(text))
    except ValueError:
        return False
