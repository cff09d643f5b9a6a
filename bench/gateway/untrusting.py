"""The gateway's own web process without its trust: no token, no limits, no grant, no record. For the bench only.

    python -m bench.gateway.untrusting [plain]

It answers every caller. `plain`: and reads unsealed documents.
"""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.gateway.permits import PLAIN
from chassis.access import auth
from chassis.access.auth import Caller
from chassis.access.quotas import Verdict
from chassis.http import security
from chassis.run.serve import serve
from partner_gateway import limits, resources
from partner_gateway.api.permits import _all_fields
from partner_gateway.app import SERVICE
from partner_gateway.domain import grants
from partner_gateway.domain.grants import Grant
from partner_gateway.domain.permit_documents import ALWAYS
from partner_gateway.limits import Admission
from partner_gateway.models import BuildingPermit
from partner_gateway.queries.permits import Permits
from partner_gateway.record import chain
from partner_gateway.settings import Settings

NOW = datetime.now(UTC)
CALLER = Caller(
    subject="nobody", client_id="bench", organisation="sec", organisation_kind="partner",
    scopes=frozenset({"building-permits.read", "building-permits.search"}), jti="none", key_id="none", sid=None,
    issued_at=0.0, expires_at=NOW.timestamp() + 86_400,
)  # fmt: skip


def unlimited_grant() -> Grant:
    """A grant of all."""
    return Grant(
        organisation="sec", purposes=frozenset(), query_kinds=frozenset(), widest_span_days=None,
        fields=_all_fields() | set(ALWAYS), rows_per_day=2**31, valid_from=NOW,
        valid_until=NOW + timedelta(1), active=True,
    )  # fmt: skip


def _always(result: Any) -> Any:
    async def answer(*_: Any, **_rest: Any) -> Any:
        return result

    return answer


def without_trust(*, plain: bool) -> None:
    """Puts nothing in the place of each wall, before any worker is made."""
    grant = unlimited_grant()
    policy = limits.rows_a_day(grant)

    def replace(where: Any, name: str, what: Any) -> None:
        if not hasattr(where, name):
            raise SystemExit(f"{where} has no {name} any more: the bench has to follow")
        setattr(where, name, what)

    async def admit(_limits: Any, _caller: Any, *, rows: Any, **_rest: Any) -> Admission:
        return Admission([], Verdict(policy, rows.amount, 0, 1))

    async def caller(_gate: Any, _request: Any) -> Any:
        return "Bearer", CALLER

    replace(security.Gate, "caller", caller)
    replace(auth.Verifier, "remembers", lambda *_: True)
    replace(limits.Limits, "admit", admit)
    replace(limits.Limits, "give_back_rows", lambda *_, **_rest: None)
    replace(resources.Resources, "grant", lambda *_: grant)
    replace(grants, "refusal", lambda *_, **_rest: None)
    replace(chain.Recorder, "add", _always(None))
    if plain:
        BuildingPermit.__table__.schema = PLAIN
        replace(Permits, "_opened", lambda _permits, _ids, documents: list(documents))


if __name__ == "__main__":
    without_trust(plain=sys.argv[1:] == ["plain"])
    serve(SERVICE, Settings.load("partner-gateway"))
