"""What somebody who asks after a request or a certificate is told, and by what it's found."""

from collections.abc import Mapping

from health_certs.domain.requests import Status

TRANSACTION, CERTIFICATE = "transaction", "health_certificate"
_NEXT: Mapping[Status, str] = {
    Status.AWAITING_EDUCATION: "applicant",
    Status.AWAITING_PAYMENT: "payment",
    Status.AWAITING_EXAMINATION: "applicant",
    Status.ISSUED: "none",
    Status.NOT_ISSUED: "none",
}


def next_step(status: str) -> str:
    """Who acts next on a request."""
    return _NEXT[Status(status)]
