"""Texts for the followers of tenders and leases, and one-time codes of people who follow, as rows of the table
`notify.routes`."""

from collections.abc import Mapping

from notify.domain.routes import CODE, FOLLOWING_PAGE, Route, Topic

_NUMBER = {"number": "number"}
_DEADLINE = {**_NUMBER, "day": "bids_until_day/day", "time": "bids_until_time"}


def _routes(happened: str, word: str, values: Mapping[str, str]) -> tuple[Route, ...]:
    """Returns the texts of an event: a tender and a lease have words of their own."""
    return tuple(
        Route(happened, "holder", f"{kind}-{word}", values, {"kind": kind}, optional=True)
        for kind in ("tender", "lease")
    )


TENDER_TOPICS: Mapping[str, Topic] = {
    "tenders.notice": Topic(
        about="tender_notice",
        number="number",
        events=("deadline_changed", "amended", "answered", "awarded", "cancelled"),
        routes=(
            *_routes("deadline_changed", "deadline", _DEADLINE),
            *_routes("amended", "amended", _NUMBER),
            *_routes("answered", "answered", _NUMBER),
            *_routes("awarded", "awarded", _NUMBER),
            *_routes("cancelled", "cancelled", _NUMBER),
        ),
        page=FOLLOWING_PAGE,
        public_page="/t/",
    ),
    # The limits of codes are the publisher's, so no cap of texts holds a code.
    "tenders.code": Topic(
        about="one_time_code",
        number="code_id",
        events=("requested",),
        routes=(Route("requested", "holder", "code", {}, urgent=True, optional=True),),
        page=CODE,
    ),
}
