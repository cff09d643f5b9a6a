"""What an applicant sends, in the tests of this folder."""

from typing import Any

BASE = "/v1/my"


def plain(body: Any) -> Any:
    """Without the fields that are None."""
    return {name: value for name, value in body.items() if value is not None}


def applied(client: Any, header: Any, body: Any, **query: str) -> Any:
    answer = client.post(
        f"{BASE}/licence-applications", json=plain(body), headers=header, params=query
    )
    assert answer.status_code == 201, answer.text
    return answer.json()
