"""The gateway's own web process, which counts each request in the database. For the bench only.

    python -m bench.gateway.counting

With the limits as they come a worker takes a person's requests one by one; with the bench's, which refuse nobody, it
would take thousands at a time, and counting would cost nothing.
"""

from chassis.access import quotas
from chassis.run.serve import serve
from partner_gateway.app import SERVICE
from partner_gateway.settings import Settings


def one_by_one() -> None:
    """Makes the portion of every limit what the request in hand needs, before any worker is made."""
    if not hasattr(quotas, "PORTIONS"):
        raise SystemExit("chassis.access.quotas has no PORTIONS any more: the bench has to follow")
    quotas.PORTIONS = 2**62


if __name__ == "__main__":
    one_by_one()
    serve(SERVICE, Settings.load("partner-gateway"))
