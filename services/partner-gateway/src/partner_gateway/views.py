"""Applications and licences as municipalities are shown them, and the words for states."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from chassis.core.states import state as state_of
from chassis.core.times import rfc3339
from chassis.data.sealing import Sealer
from partner_gateway.models import Licence, LicenceApplication
from saudi.formats import with_hijri

_CONTEXT = "licence-data/{}"  # events/application.v1.schema.json and licence.v1.schema.json, sealed
_MOMENTS = frozenset(("submitted_at", "decided_at"))
# What isn't known before the first state that licences published.
_UNKNOWN: Mapping[str, Any] = {
    "channel": None, "decided_at": None, "establishment": None, "activities": [], "workers": None,
    "waits_for": [], "decision": None, "fee_halalas": None, "reason_code": None,
}  # fmt: skip
_LICENCE = (
    *("licence_id", "licence_no", "application_id", "kind", "municipality", "issued_on", "issued_on_hijri"),
    *("expires_on", "expires_on_hijri", "years", "establishment", "trade_name", "activities", "town"),
    *("renewable_from", "reason_code", "replaced_by"),
)  # fmt: skip


def words(kind: str, status: str) -> dict[str, str]:
    """A state's words in both languages. Raises LookupError for one that isn't declared."""
    found = state_of(kind, status).words
    return {"ar": found.ar, "en": found.en}


def application_view(row: LicenceApplication, data: Sealer) -> dict[str, Any]:
    """`data` opens what licences lets municipalities see. Raises CannotUnseal."""
    state = row.state or {}
    shown = {
        "application_id": row.application_id,
        "version": row.version,
        "municipality": row.municipality,
        "request": row.request,
        "status": row.status,
        "submitted_at": rfc3339(row.submitted_at),
        "application_no": row.application_no,
        "kind": row.kind,
        "licence_no": row.licence_no,
        **{name: state.get(name, unknown) for name, unknown in _UNKNOWN.items()},
        "details": _details(state, row.application_id, data),
    }
    return with_hijri(shown, _MOMENTS)


def licence_view(row: Licence, data: Sealer, today: date) -> dict[str, Any]:
    """The status on that day: a valid licence has expired when its last valid day is past. Raises CannotUnseal."""
    has_expired = row.status == "valid" and row.expires_on < today
    return {
        **{name: row.state[name] for name in _LICENCE},
        "version": row.version,
        "status": "expired" if has_expired else row.status,
        "details": _details(row.state, row.licence_id, data),
    }


def _details(state: Mapping[str, Any], thing: str, data: Sealer) -> Any:
    sealed = state.get("sealed")
    return json.loads(data.unseal_text(sealed, _CONTEXT.format(thing))) if sealed else None
