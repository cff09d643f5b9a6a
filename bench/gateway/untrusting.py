"""The gateway's own web process without its trust: no token, no limits, no grant, no record. For the bench only.

    python -m bench.gateway.untrusting [plain]

It answers whoever asks. `plain`: and reads documents that aren't sealed.
"""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.gateway.permits import PLAIN
from chassis import auth, security
from chassis.auth import Caller
from chassis.quotas import Verdict
from chassis.serve import serve
from partner_gateway import domain, limits, parts, queries, record
from partner_gateway.api.permits import _all_fields
from partner_gateway.app import SERVICE
from partner_gateway.domain import ALWAYS, Grant
from partner_gateway.limits import Admission
from partner_gateway.models import BuildingPermit
from partner_gateway.settings import Settings

NOW = datetime.now(UTC)
CALLER = Caller(
    subject="nobody", client_id="bench", organisation="sec", organisation_kind="partner", municipality=None,
    scopes=frozenset({"building-permits.read", "building-permits.search"}), jti="none", sid=None,
    issued_at=0.0, expires_at=NOW.timestamp() + 86_400,
)  # fmt: skip


def everything() -> Grant:
    """A grant of all."""
    return Grant(
        organisation="sec", purposes=frozenset(), query_kinds=frozenset(), widest_span_days=None,
        fields=_all_fields() | set(ALWAYS), rows_per_day=2**31, valid_from=NOW,
        valid_until=NOW + timedelta(1), active=True,
    )  # fmt: skip


def without_trust(*, plain: bool) -> None:
    """Puts nothing in the place of each wall, before any worker is made."""
    grant = everything()
    policy = limits.rows_a_day(grant)
    admission = Admission([])

    def replace(where: Any, name: str, what: Any) -> None:
        if not hasattr(where, name):
            raise SystemExit(f"{where} has no {name} any more: the bench has to follow")
        setattr(where, name, what)

    async def caller(_gate: Any, _request: Any) -> Any:
        return "Bearer", CALLER

    replace(security.Gate, "caller", caller)
    replace(auth.Verifier, "remembers", lambda *_: True)
    replace(limits.Limits, "admit", lambda *_, **_rest: admission)
    replace(
        limits.Limits,
        "take_rows",
        lambda _limits, _grant, amount, **_rest: Verdict(policy, amount, 0, 1),
    )
    replace(limits.Limits, "give_back_rows", lambda *_, **_rest: None)
    replace(parts.Parts, "grant", lambda *_: grant)
    replace(domain, "refusal", lambda *_, **_rest: None)
    replace(record.Recorder, "add", lambda *_: None)
    if plain:
        BuildingPermit.__table__.schema = PLAIN
        replace(queries.Permits, "_opened", lambda _permits, _ids, documents: list(documents))


if __name__ == "__main__":
    without_trust(plain=sys.argv[1:] == ["plain"])
    serve(SERVICE, Settings.load("partner-gateway"))
