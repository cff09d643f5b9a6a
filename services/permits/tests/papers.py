"""What tests of signed documents share: what becomes known of a paper on line and off."""

from datetime import date
from typing import Any

import httpx

from documents.issuing.reading import published_keys, revocations
from documents.issuing.signing import Signing
from documents.issuing.tables import KeptDocument
from documents.revocations import RevocationList
from documents.verifying import Reason, verify
from permits.models.documents import PERMITS, REGISTER


def off_line(desk: Any, signing: Signing, document: KeptDocument, on: date) -> Reason | None:
    """What somebody finds who has fetched keys and list, and has no network."""
    keys = published_keys(desk.session, REGISTER, signing.public)
    listed = revocations(desk.session, [REGISTER, PERMITS], keys, now=desk.now, today=on)
    signed = RevocationList.parse(listed.sign(signing.current), keys)
    return verify(document.code, keys, signed, on=on).reason


def on_line(client: httpx.Client, document: KeptDocument) -> Any:
    answer = client.post("/v1/public/document-verifications", json={"code": document.code})
    assert answer.status_code == 200
    return answer.json()
