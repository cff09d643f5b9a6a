"""What an applicant sends, in the tests of this folder."""

from typing import Any

BASE = "/v1/my"
# Starts of a PNG of one pixel.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)


def plain(body: Any) -> Any:
    """Removes the fields that are None."""
    return {name: value for name, value in body.items() if value is not None}


def at_another_place(body: Any, number: int) -> Any:
    """Moves the body some streets further, so that it's another application."""
    place = {**body["place"], "longitude": body["place"]["longitude"] + number / 1_000}
    return {**body, "place": place}


def applied(client: Any, header: Any, body: Any, **query: str) -> Any:
    answer = client.post(
        f"{BASE}/licence-applications", json=plain(body), headers=header, params=query
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def upload(client: Any, header: Any) -> str:
    answer = client.post(
        f"{BASE}/licence-attachments",
        files={"file": ("عقد.png", PICTURE, "image/png")},
        headers=header,
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["attachment_id"])
