"""Texts for the applicant of a transaction, as rows of the table `notify.routes`."""

from collections.abc import Mapping

from notify.domain.routes import Route, Topic

_NUMBER = {"number": "number"}


def _applicant(
    event: str,
    template: str,
    values: Mapping[str, str],
    when: Mapping[str, str | None] | None = None,
) -> Route:
    """Sends to the applicant, optionally: a confidential transaction has no contact."""
    return Route(event, "applicant", template, values, when or {}, optional=True)


TRANSACTION_TOPICS: Mapping[str, Topic] = {
    "transactions.transaction": Topic(
        about="transaction",
        number="number",
        events=(
            *("entered", "referred", "returned", "answered", "decided", "filed", "withdrawn"),
            "emptied",
        ),
        routes=(
            _applicant("entered", "transaction-entered", {**_NUMBER, "until": "due_on/day"}),
            _applicant(
                "returned", "transaction-returned", {**_NUMBER, "until": "answer_until/day"}
            ),
            *(
                _applicant("decided", f"transaction-{one}", _NUMBER, {"outcome": one})
                for one in ("approved", "refused", "replied")
            ),
            _applicant(
                *("filed", "transaction-not-completed", _NUMBER),
                {"reason_code": "not-completed"},
            ),
            _applicant(
                "filed", "transaction-filed", _NUMBER, {"outcome": None, "reason_code": None}
            ),
        ),
    )
}
