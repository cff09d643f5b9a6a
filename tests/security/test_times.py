"""Days and moments that have the contract's form and that no calendar has: refused in each place, and nothing fails."""

from typing import Any

import pytest

from .granting import record_grant

ServiceInProcess = Any
MOMENTS = [
    "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2016-12-31T23:59:60Z",
    "0001-01-05T00:00:00Z", "2026-11-24T24:00:00Z", "2026-11-24T10:00:00+99:00", "2026-11-24 10:00:00Z",
]  # fmt: skip


def partner(service: ServiceInProcess) -> dict[str, str]:
    record_grant(service, "sec")
    claims = {"organisation": "sec", "organisation_kind": "partner", "municipality": None}
    scopes = [
        name
        for _, _, one in service.operations()
        for way in one["security"]
        for name in way["oauth2"]
    ]
    return service.token(*scopes, **claims)


@pytest.mark.parametrize("day", ["0000-01-01", "0000-12-31", "0000-02-29"])
def test_a_day_of_the_year_nought_is_refused(
    services: dict[str, ServiceInProcess], day: str
) -> None:
    service = services["partner-gateway"]
    headers = partner(service)
    body = {"civil_id": "1000000008", "purpose": "meter-connection", "case_reference": "C-1"}

    asked = [
        service.client.get("/v1/building-permits", params=query, headers=headers)
        for query in ({"issued_from": day}, {"issued_from": "2026-01-01", "issued_to": day})
    ]
    asked.append(
        service.client.post(
            "/v1/building-permit-searches", json={**body, "issued_from": day}, headers=headers
        )
    )

    assert [answer.status_code for answer in asked] == [400] * 3


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", ["since", "until"])
def test_a_moment_that_never_was_is_refused(
    services: dict[str, ServiceInProcess], name: str, moment: str
) -> None:
    service = services["partner-gateway"]

    answer = service.client.get("/v1/access-log", params={name: moment}, headers=partner(service))

    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("moment", ["2026-11-24t10:00:00z", "2026-11-24T10:00:00.123456789+03:00"])
def test_a_moment_in_each_form_of_the_rfc_is_taken(
    services: dict[str, ServiceInProcess], moment: str
) -> None:
    service = services["partner-gateway"]

    answer = service.client.get(
        "/v1/access-log", params={"since": moment}, headers=partner(service)
    )

    assert answer.status_code == 200, answer.text
