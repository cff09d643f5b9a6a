"""Where a request comes from: a form of ours, or another site's page."""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit

# An input whose name begins so is named after the person who has the form.
PERSON_INPUT = "of-"


class Sent(Protocol):
    """The headers of a request."""

    def get(self, name: str, /) -> str | None:
        """Returns a header's text, or None."""


def origin(address: str) -> str:
    """Returns scheme, host and port of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def is_own(headers: Sent, public_url: str) -> bool:
    """Returns whether a page of ours sent the request. Every browser of the last years says so in one header or both;
    a request that says nothing is refused."""
    site, sender = headers.get("Sec-Fetch-Site"), headers.get("Origin")
    if site is not None and site != "same-origin":
        return False
    if sender is not None and sender != origin(public_url):
        return False
    return site is not None or sender is not None


def is_from_elsewhere(headers: Sent) -> bool:
    """Returns whether a page of another site led here, as far as the browser says."""
    return headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")


def is_navigation(headers: Sent) -> bool:
    """Returns whether a browser goes to a page, and doesn't load a picture or a part of another one, as far as it
    says."""
    return headers.get("Sec-Fetch-Dest") in (None, "document")


def csrf_token(secret: str, person: str = "") -> str:
    """Returns a proof that only the holder of the session's secret can make, and from which nobody learns the secret;
    and behind a dot the mark of the person, which proves nothing and outlives the session."""
    return f"{_proof_of(secret)}.{_mark_of(person)}"


def is_csrf_token(sent: str, secret: str) -> bool:
    """Compares the proof in constant time."""
    proof = sent.partition(".")[0].encode("utf-8", "surrogatepass")
    return hmac.compare_digest(proof, _proof_of(secret).encode())


def person_input(token: str) -> str:
    """Returns the name of the input that stands for the person of a token."""
    return PERSON_INPUT + token.partition(".")[2]


def is_form_of(sent: str, person: str) -> bool:
    """Returns whether the token was made for the person, in any session."""
    return sent.partition(".")[2] == _mark_of(person)


def _proof_of(secret: str) -> str:
    return _base64(hmac.digest(secret.encode(), b"csrf token of a form", "sha256"))


def _mark_of(person: str) -> str:
    return _base64(sha256(f"person of a form {person}".encode()).digest()[:9])


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def path_of(address: str) -> str:
    """Returns path and query of an address that a browser sends; nothing for a text that is no address."""
    parts = _split(address)
    return f"{parts.path}?{parts.query}".rstrip("?") if parts else ""


def own_path(address: str, public_url: str) -> str | None:
    """Returns path and query of an address of the site; None for an address that leads elsewhere, and without one."""
    is_own_site = _split(address) is not None and origin(address) == origin(public_url)
    return path_on_site(path_of(address)) if is_own_site else None


def path_on_site(address: str) -> str | None:
    """Returns path and query as they are; None for what leads elsewhere, and for a text that is no path."""
    return local_path(address, address.partition("?")[0]) if address.startswith("/") else None


def local_path(address: str, prefix: str) -> str | None:
    """Returns an address of ours below `prefix` (path and query), or None for anything that leads elsewhere."""
    parts = _split(address)
    if parts is None:
        return None
    below = parts.path == prefix or parts.path.startswith(f"{prefix}/")
    plain = address.isprintable() and not any(one in address for one in ("\\", "//"))
    climbs = ".." in unquote(parts.path).split("/")  # browsers read %2e as a dot
    if parts.scheme or parts.netloc or not below or not plain or climbs:
        return None
    return address


def _split(address: str) -> SplitResult | None:
    """Returns the parts of an address; None for a text that is none, such as one with a bracket that nobody closes."""
    try:
        return urlsplit(address)
    except ValueError:
        return None
