"""An OAuth request for Authlib, read from one place only and with each parameter once."""

import re
from collections import defaultdict
from collections.abc import Mapping

import flask
from authlib.oauth2.rfc6749 import OAuth2Payload, OAuth2Request
from werkzeug.datastructures import MultiDict

from identity.domain.errors import OAuthRefusal

_LONGEST = 8_192
_CONTROL = re.compile(r"[\x00-\x1f]")


def parameters(sent: "MultiDict[str, str]") -> dict[str, str]:
    """The parameters by name. Raises `invalid_request` for a parameter that was sent twice or has forbidden characters.

    A parameter without a value counts as omitted (RFC 6749 section 3.1).
    """
    found: dict[str, str] = {}
    for name, values in sent.lists():
        if len(values) > 1:
            raise OAuthRefusal("invalid_request", "A parameter was sent more than once.")
        value = values[0]
        if len(value) > _LONGEST or _CONTROL.search(name + value):
            raise OAuthRefusal("invalid_request", "A parameter is too long or malformed.")
        if value:
            found[name] = value
    return found


class Payload(OAuth2Payload):  # type: ignore[misc]
    """The parameters, as Authlib reads them."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    @property
    def data(self) -> Mapping[str, str]:
        return self._values

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        lists: defaultdict[str, list[str]] = defaultdict(list)
        lists.update({name: [value] for name, value in self._values.items()})
        return lists


class Request(OAuth2Request):  # type: ignore[misc]
    """A request with given parameters; Flask's own `values` would mix the query into the form."""

    def __init__(self, values: Mapping[str, str]) -> None:
        # Whether TLS is used is settled by the issuer in the settings; behind a proxy this request can't know.
        super().__init__(
            flask.request.method, "https://identity.invalid/", headers=flask.request.headers
        )
        self.payload = Payload(values)
        self._values = values

    @property
    def form(self) -> Mapping[str, str]:
        return self._values

    @property
    def args(self) -> Mapping[str, str]:
        return {}
