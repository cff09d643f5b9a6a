"""Who there is in a system of ours: organisations, named people, clients and the electricity company's grant.

Nobody in it is real. Keys and passwords are made for this run and stand in `.run/system.json` only.
"""

import json
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from joserfc.jwk import ECKey

from devstack.parts import ROOT

Entry = dict[str, Any]
REDIRECT = "http://127.0.0.1:8765/callback"
PERMITS_STAFF = [
    "permits.read", "permit-requests.write", "permit-requests.review", "permits.issue", "permits.manage",
    "certificates.insulation", "certificates.completion",
]  # fmt: skip
DISPATCH = ["building-permits.read", "building-permits.search", "gateway.status"]
BOUND = {"sec-portal"}
MACHINE = ["gateway.status", "permits.read", "permit-requests.write"]

ORGANISATIONS = [
    ("qatif", "municipality", "qatif", "بلدية محافظة القطيف", "Qatif Governorate Municipality"),
    ("safwa", "affiliated_municipality", "safwa", "بلدية صفوى", "Safwa Municipality"),
    ("sec", "partner", None, "الشركة السعودية للكهرباء", "Saudi Electricity Company"),
]
# username, display name, organisation, role, scopes
PEOPLE = [
    ("sec.dispatcher", "موظف الإيصال (بيانات تجريبية)", "sec", "dispatcher", DISPATCH),
    ("sec.viewer", "موظف الاطلاع (بيانات تجريبية)", "sec", "viewer", ["building-permits.read"]),
    ("qatif.officer", "مدير إدارة الرخص (بيانات تجريبية)", "qatif", "officer", PERMITS_STAFF),
    ("qatif.clerk", "موظف الاستقبال (بيانات تجريبية)", "qatif", "clerk", PERMITS_STAFF[:2]),
    (
        "qatif.admin",
        "مسؤول الصلاحيات (بيانات تجريبية)",
        "qatif",
        "administrator",
        ["identity.admin"],
    ),
    ("safwa.officer", "مدير الرخص بصفوى (بيانات تجريبية)", "safwa", "officer", PERMITS_STAFF),
]
# client id, kind, organisation, Arabic and English name, scopes. The electricity company's portal binds its tokens to a
# key (DPoP), as a partner's application should; its reporting tool doesn't yet, for callers without proofs.
CLIENTS = [
    ("sec-portal", "staff", "sec", "بوابة موظفي الكهرباء", "Electricity staff portal", DISPATCH),
    ("sec-reports", "staff", "sec", "تقارير الكهرباء", "Electricity reports", DISPATCH),
    ("qatif-desk", "staff", "qatif", "مكتب موظفي البلدية", "Municipality desk", [*PERMITS_STAFF, "identity.admin"]),
    ("safwa-desk", "staff", "safwa", "مكتب موظفي صفوى", "Safwa staff desk", PERMITS_STAFF),
    ("safwa-system", "machine", "safwa", "نظام بلدية صفوى", "Safwa's own system", MACHINE),
    ("sec-monitor", "machine", "sec", "مراقبة بوابة الشركاء", "Gateway monitoring", ["gateway.status"]),
]  # fmt: skip


def people() -> list[Entry]:
    """As `.run/system.json` lists them, with passwords of this run."""
    return [
        {
            "username": username,
            "password": secrets.token_urlsafe(12),
            "display_name": name,
            "organisation": organisation,
            "role": role,
            "scopes": scopes,
        }
        for username, name, organisation, role, scopes in PEOPLE
    ]


def clients() -> list[Entry]:
    """As `.run/system.json` lists them, with private keys of this run."""
    return [
        {
            "client_id": client_id,
            "kind": kind,
            "organisation": organisation,
            "name": {"ar": arabic, "en": english},
            "private_jwk": _private_jwk(client_id),
            "redirect_uris": [REDIRECT] if kind == "staff" else [],
            "scopes": scopes,
            "dpop_bound": client_id in BOUND,
        }
        for client_id, kind, organisation, arabic, english, scopes in CLIENTS
    ]


def document(people: list[Entry], clients: list[Entry]) -> Entry:
    """What `identity provision` reads: public keys only."""
    return {
        "organisations": [
            {
                "code": code,
                "kind": kind,
                "name": {"ar": arabic, "en": english},
                **({"municipality": municipality} if municipality else {}),
            }
            for code, kind, municipality, arabic, english in ORGANISATIONS
        ],
        "people": people,
        "clients": [
            {
                **{name: value for name, value in client.items() if name != "private_jwk"},
                "jwks": {"keys": [_public_jwk(client["private_jwk"])]},
            }
            for client in clients
        ],
        "grants": [_grant()],
    }


def write_document(folder: Path, people: list[Entry], clients: list[Entry]) -> Path:
    """The document as a file that only we can read."""
    path = folder / "register.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(document(people, clients), ensure_ascii=False), "utf-8")
    return path


def _grant() -> Entry:
    contract = yaml.safe_load((ROOT / "contracts/openapi/partner-gateway.yaml").read_text("utf-8"))
    fields = contract["components"]["schemas"]["BuildingPermit"]["properties"]
    now = datetime.now(UTC).replace(microsecond=0)
    return {
        "organisation": "sec",
        "audience": "partner-gateway",
        "purposes": ["meter-connection", "energisation", "insulation-follow-up"],
        "query_kinds": ["issue-date-range", "plan-number", "civil-id", "permit-number"],
        "widest_span_days": 92,
        "fields": sorted(fields),
        "rows_per_day": 1_000_000,
        "valid_from": (now - timedelta(days=1)).isoformat(),
        "valid_until": (now + timedelta(days=365)).isoformat(),
    }


def _private_jwk(client_id: str) -> Entry:
    key = ECKey.generate_key("P-256", {"kid": f"{client_id}-1", "alg": "ES256", "use": "sig"})
    return dict(key.as_dict(private=True))


def _public_jwk(private: Entry) -> Entry:
    return {name: value for name, value in private.items() if name != "d"}
