"""The change feed: what happened, for whoever may hear of it, in one order for each audience, nothing twice and nothing
left out (ADR 25).

It knows no licences and no permits. A handler of an event says in its transaction `append(session, Change(…))`; the
sequencer gives what is committed its place; readers go from place to place.
"""

from partner_gateway.feed.changes import Change, append, append_all
from partner_gateway.feed.readers import EVERY_MUNICIPALITY, audience_of, municipality, partner

__all__ = [
    "EVERY_MUNICIPALITY",
    "Change",
    "append",
    "append_all",
    "audience_of",
    "municipality",
    "partner",
]
