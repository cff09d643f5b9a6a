"""Use cases: session, who acts, plain input and the time → rule → rows and events. None commits."""

from permits.commands.completion import issue_completion, revoke_completion
from permits.commands.insulation import (
    issue_insulation,
    open_insulation,
    record_inspection,
    reject_insulation,
    revoke_insulation,
    void_insulation,
)
from permits.commands.issuing import issue_permit
from permits.commands.permits import amend, cancel_permit, reinstate, suspend
from permits.commands.requests import (
    approve,
    cancel_request,
    expire_unpaid,
    pass_technical_review,
    record_payment,
    reject,
    request_payment,
    resubmit,
    return_request,
    reveal_owners,
    send_to_office,
    send_to_technical_review,
    submit,
)

__all__ = [
    "amend",
    "approve",
    "cancel_permit",
    "cancel_request",
    "expire_unpaid",
    "issue_completion",
    "issue_insulation",
    "issue_permit",
    "open_insulation",
    "pass_technical_review",
    "record_inspection",
    "record_payment",
    "reinstate",
    "reject",
    "reject_insulation",
    "request_payment",
    "resubmit",
    "return_request",
    "reveal_owners",
    "revoke_completion",
    "revoke_insulation",
    "send_to_office",
    "send_to_technical_review",
    "submit",
    "suspend",
    "void_insulation",
]
