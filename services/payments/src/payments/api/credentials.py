"""Who sends payment notices: the bill system signs the raw body with a key that it shares with us."""

import structlog

from chassis.access.auth import Caller
from chassis.data.sealing import Keyring
from chassis.http.problems import Problem
from payments.context import Call
from payments.domain import signatures

SIGNATURE = "signature"  # the contract's scheme

log = structlog.get_logger(__name__)


def bill_system(call: Call, presented: str | None, body: bytes) -> Caller:
    """The bill system as caller, with the number of its key and the time of its signature. Raises Problem: why a
    signature isn't taken stands in the log alone."""
    keys = Keyring.parse(call.settings.notice_key).keys
    try:
        signed = signatures.check(presented or "", body, keys=keys, now=call.now)
    except signatures.NotSigned as error:
        log.warning("notice.not_signed", reason=error.fault.value)
        headers = {"WWW-Authenticate": 'Signature realm="payment-notices"'}
        raise Problem("unauthorized", headers=headers) from None
    return Caller.with_key(
        "bill-system",
        organisation="bill-system",
        attributes={"key": str(signed.key), "time": str(signed.time)},
    )
