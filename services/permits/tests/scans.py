"""Scans as officers send them: a picture of one pixel, under a name that nobody is to find."""

from typing import Any

import httpx

from chassis.core.uploads import Upload

NAME = "صك زينب آل تجربة.png"
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)


def upload() -> Upload:
    return Upload(NAME, "image/png", PICTURE)


def sent(client: httpx.Client, header: dict[str, str]) -> Any:
    """The answer to a scan that was sent."""
    form = {"file": (NAME, PICTURE, "image/png")}
    return client.post("/v1/permit-attachments", files=form, headers=header)
