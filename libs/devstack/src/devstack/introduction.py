"""What `make up` says when it's ready: addresses, and lines to paste."""

from typing import Any

from devstack.machine import StartError
from devstack.token import access_token


def introduction(system: dict[str, Any]) -> list[str]:
    """Returns lines of text. Their tokens are good for five minutes; `make token` makes new tokens."""
    lines = ["", "Services, and the documentation of their APIs:"]
    for name, service in system["services"].items():
        lines.append(f"  {name:<16} {service['url']}   {service['url']}/docs")
    if "portal" in system:
        lines += ["", f"Pages for people: {system['portal']['url']}"]
    if not system["people"]:
        return lines
    gateway = system["services"]["partner-gateway"]["url"]
    officer, clerk = _token(system, "sec.dispatcher"), _token(system, "qatif.officer", "permits")
    permits = system["services"]["permits"]["url"]
    lines += [
        "",
        "People (passwords in .run/system.json): "
        + ", ".join(p["username"] for p in system["people"]),
        "A new token:  make token WHO=sec.dispatcher    make token WHO=qatif.officer AUDIENCE=permits",
        "",
        "To paste (the tokens are good for five minutes):",
        f"curl -H 'Authorization: Bearer {officer}' '{gateway}/v1/building-permits?plan_number=713/7'",
        "",
        f"curl -H 'Authorization: Bearer {officer}' -H 'Content-Type: application/json' "
        f"'{gateway}/v1/building-permit-searches' -d "
        '\'{"civil_id": "1000000008", "purpose": "meter-connection", "case_reference": "C-1"}\'',
        "",
        f"curl -H 'Authorization: Bearer {clerk}' '{permits}/v1/permit-requests'",
        "",
    ]
    return lines


def _token(system: dict[str, Any], who: str, audience: str = "partner-gateway") -> str:
    try:
        return access_token(system, who, audience)
    except StartError as error:
        return f"<no token: {error}>"
