"""The routes of bills and of money that came for bills."""

from collections.abc import Mapping

from notify.domain.routes import GIVEN, Route, Topic

_BILL = {"number": "bill_number", "for": "subject/thing"}
_MONEY = {**_BILL, "amount": "amount_halalas/riyals"}
_KNOWN_BILL = {"bill_number": GIVEN}


def _money_that_waits(template: str, *reasons: str) -> list[Route]:
    """Sends the text about money that settles no bill, for each of the reasons."""
    return [
        Route("suspended", "owner", template, _MONEY, {**_KNOWN_BILL, "reason": one}, optional=True)
        for one in reasons
    ]


PAYMENT_TOPICS: Mapping[str, Topic] = {
    "payments.bill": Topic(
        about="bill",
        number="bill_number",
        events=("registered", "settled", "refused", "cancelled", "expired"),
        routes=(
            Route(
                "registered",
                "owner",
                "bill-registered",
                {**_MONEY, "biller": "biller_code", "ends": "due_on/day"},
            ),
            Route("settled", "owner", "bill-settled", _MONEY, _KNOWN_BILL),
            Route("cancelled", "owner", "bill-cancelled", _BILL, _KNOWN_BILL),
        ),
    ),
    "payments.payment": Topic(
        about="payment",
        number="bill_number",
        events=(
            *("settled", "suspended", "refund_wanted", "account_wanted", "refunding", "refunded"),
            "dismissed",
        ),
        # Money of no known bill has no contact: nobody knows who paid.
        routes=(
            *_money_that_waits("payment-twice", "already-settled"),
            *_money_that_waits("payment-differs", "amount-less", "amount-more"),
            *_money_that_waits("payment-too-late", "invoice-withdrawn", "bill-cancelled"),
            *_money_that_waits("payment-too-late", "bill-expired", "bill-refused"),
            Route(
                "refund_wanted",
                "owner",
                "payment-refund-wanted",
                _MONEY,
                _KNOWN_BILL,
                optional=True,
            ),
            Route(
                "account_wanted",
                "owner",
                "payment-account-wanted",
                _MONEY,
                _KNOWN_BILL,
                optional=True,
            ),
            Route("refunded", "owner", "payment-refunded", _MONEY, _KNOWN_BILL, optional=True),
        ),
    ),
}
