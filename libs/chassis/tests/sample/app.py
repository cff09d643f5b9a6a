"""The sample, put together."""

import hashlib
from typing import Any

from chassis.access.auth import Caller
from chassis.access.quotas import Policy
from chassis.core.refusals import Refusal
from chassis.service import Service


class WrongKey(Refusal):
    problem = "forbidden"


def _scales(_database: object, _settings: object) -> Any:
    from sample.api import Scales

    return Scales()


def _check_key(_call: object, presented: str | None) -> Caller:
    if presented != "k-1":
        raise WrongKey(scopes=["key"])
    return Caller.with_key("key-1", organisation="qatif")


def _check_letter(call: Any, presented: str | None) -> Caller:
    if presented is None or not presented.startswith("sealed."):
        raise WrongKey(scopes=["letter"])
    return Caller.with_key(presented.removeprefix("sealed."), organisation="qatif")


def _check_signature(_call: object, presented: str | None, body: bytes) -> Caller:
    if presented != hashlib.sha256(body).hexdigest():
        raise WrongKey(scopes=["signature"])
    return Caller.with_key("signer", organisation="qatif")


def _bell(problem: Any, asked: Any) -> tuple[bytes, int, dict[str, str]]:
    text = f"{problem.status} {problem.slug} {asked.path} {asked.language}"
    return text.encode(), problem.status, {"Content-Type": "text/plain"}


SERVICE = Service(
    name="sample",
    package="sample",
    resources=_scales,
    fast=("weigh_thing",),
    credentials={"key": _check_key, "letter": _check_letter, "signature": _check_signature},
    error_shapes={"/bell/v1": _bell},
    address_limits=lambda _settings: {"listen": [Policy("listen", 3, 60)]},
)
