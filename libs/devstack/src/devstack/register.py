"""The people and clients of a system of ours: organisations, named people, clients and the electricity company's grant.

Nobody in it is real. Keys and passwords are made for this run and stand in `.run/system.json` only.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from joserfc.jwk import ECKey

from devstack.machine import ROOT
from devstack.one_time_codes import new_secret
from devstack.services import declared

Entry = dict[str, Any]
REDIRECT = "http://127.0.0.1:8765/callback"
_KEYS = {"private_jwk", "more_jwks"}
# The municipality's client by which the people of every medical centre enter the portal.
CENTRES_PORTAL = "centres-portal"
# The municipality's client by which the people of every affiliated municipality enter the portal.
MUNICIPALITIES_PORTAL = "municipalities-portal"
# The portal's own client: a machine, at which nobody signs in.
PORTAL_SYSTEM = "portal-system"
BOUND = {"sec-portal", "citizens-portal", CENTRES_PORTAL, MUNICIPALITIES_PORTAL}
# client → the services for which the portal exchanges the token of a sign-in.
EXCHANGE_AUDIENCES = {
    "citizens-portal": [
        *("permits", "reports", "licences", "payments", "health-certs", "transactions"),
        *("appointments", "identity", "notify"),
    ],
    "qatif-desk": [
        *("permits", "reports", "licences", "payments", "health-certs", "transactions"),
        *("appointments", "tenders", "identity", "notify"),
    ],
    CENTRES_PORTAL: ["partner-gateway", "identity"],
    MUNICIPALITIES_PORTAL: ["partner-gateway", "identity"],
}

ORGANISATIONS = [
    ("qatif", "municipality", "qatif", "بلدية محافظة القطيف", "Qatif Governorate Municipality"),
    ("safwa", "affiliated_municipality", "safwa", "بلدية صفوى", "Safwa Municipality"),
    ("saihat", "affiliated_municipality", "saihat", "بلدية سيهات", "Saihat Municipality"),
    ("tarout", "affiliated_municipality", "tarout", "بلدية تاروت", "Tarout Municipality"),
    ("sec", "partner", None, "الشركة السعودية للكهرباء", "Saudi Electricity Company"),
    (
        "qatif-centre",
        "medical_centre",
        None,
        "مركز القطيف الطبي (بيانات تجريبية)",
        "Qatif medical centre (trial data)",
    ),
    (
        "saihat-centre",
        "medical_centre",
        None,
        "مركز سيهات الطبي (بيانات تجريبية)",
        "Saihat medical centre (trial data)",
    ),
]
# username, display name, organisation, role. What they may do stands in each service's service.yaml.
PEOPLE = [
    ("sec.dispatcher", "موظف الإيصال (بيانات تجريبية)", "sec", "dispatcher"),
    ("sec.viewer", "موظف الاطلاع (بيانات تجريبية)", "sec", "viewer"),
    ("sec.integrator", "مسؤول الربط (بيانات تجريبية)", "sec", "integrator"),
    ("sec.insulation-inspector", "مفتش العزل (بيانات تجريبية)", "sec", "insulation-inspector"),
    ("sec.connector", "مهندس الإيصال (بيانات تجريبية)", "sec", "connection-engineer"),
    ("sec.admin", "مسؤول صلاحيات الشركة (بيانات تجريبية)", "sec", "administrator"),
    ("sec.auditor", "مدقق الاستعلامات (بيانات تجريبية)", "sec", "auditor"),
    ("qatif.officer", "مدير إدارة الرخص (بيانات تجريبية)", "qatif", "officer"),
    ("qatif.deputy", "نائب مدير إدارة الرخص (بيانات تجريبية)", "qatif", "officer"),
    ("qatif.reviewer", "مهندس تدقيق الرخص (بيانات تجريبية)", "qatif", "reviewer"),
    ("qatif.clerk", "موظف الاستقبال (بيانات تجريبية)", "qatif", "clerk"),
    ("qatif.admin", "مسؤول الصلاحيات (بيانات تجريبية)", "qatif", "administrator"),
    ("qatif.privacy", "مسؤول حماية البيانات (بيانات تجريبية)", "qatif", "privacy-officer"),
    ("qatif.report-officer", "موظف البلاغات (بيانات تجريبية)", "qatif", "report-officer"),
    ("qatif.operator", "موظف مركز 940 (بيانات تجريبية)", "qatif", "operator"),
    ("qatif.observer", "مراقب ميداني (بيانات تجريبية)", "qatif", "observer"),
    ("qatif.cleaning", "مسؤول إدارة النظافة (بيانات تجريبية)", "qatif", "department-officer"),
    ("qatif.contractor", "موظف المقاول (بيانات تجريبية)", "qatif", "contractor"),
    ("qatif.licence-officer", "موظف رخص المحلات (بيانات تجريبية)", "qatif", "licence-officer"),
    ("qatif.inspector", "مراقب الرخص (بيانات تجريبية)", "qatif", "inspector"),
    ("qatif.cashier", "أمين الصندوق (بيانات تجريبية)", "qatif", "cashier"),
    ("qatif.cashier-second", "أمين الصندوق الثاني (بيانات تجريبية)", "qatif", "cashier"),
    ("qatif.registry", "موظف الاتصالات الإدارية (بيانات تجريبية)", "qatif", "registrar"),
    ("qatif.survey", "مدير إدارة المساحة (بيانات تجريبية)", "qatif", "department-head"),
    ("qatif.engineering", "مهندس الإدارة الهندسية (بيانات تجريبية)", "qatif", "department-officer"),
    ("qatif.tender-officer", "موظف المنافسات (بيانات تجريبية)", "qatif", "tender-officer"),
    ("qatif.opening-committee", "لجنة فتح العروض (بيانات تجريبية)", "qatif", "opening-committee"),
    ("qatif.award-committee", "لجنة الترسية (بيانات تجريبية)", "qatif", "award-committee"),
    ("qatif.text-editor", "محرر نصوص الرسائل (بيانات تجريبية)", "qatif", "text-editor"),
    ("qatif.text-approver", "معتمد نصوص الرسائل (بيانات تجريبية)", "qatif", "text-approver"),
    ("safwa.officer", "مدير الرخص بصفوى (بيانات تجريبية)", "safwa", "officer"),
    ("safwa.clerk", "موظف رخص صفوى (بيانات تجريبية)", "safwa", "clerk"),
    ("safwa.admin", "مسؤول صلاحيات صفوى (بيانات تجريبية)", "safwa", "administrator"),
    ("saihat.clerk", "موظف رخص سيهات (بيانات تجريبية)", "saihat", "clerk"),
    ("tarout.clerk", "موظف رخص تاروت (بيانات تجريبية)", "tarout", "clerk"),
    ("qatif-centre.desk", "مكتب الفحص (بيانات تجريبية)", "qatif-centre", "examination-desk"),
    ("qatif-centre.admin", "مسؤول المركز (بيانات تجريبية)", "qatif-centre", "administrator"),
    ("saihat-centre.desk", "مكتب الفحص (بيانات تجريبية)", "saihat-centre", "examination-desk"),
]
# The organisations that demand a second factor. Everybody else signs in with the password alone, so that the demo and
# the walks do; a new organisation demands the factor.
DEMANDING = frozenset({"tarout"})
# The citizens of the national login's stand-in: name here, name there, ID number, mobile. Their scopes stand in
# each service's service.yaml too.
CITIZENS = [
    ("citizen.a", "فاطمة علي (بيانات تجريبية)", "1000000016", "+966500000016"),
    ("citizen.b", "حسن أحمد (بيانات تجريبية)", "1000000024", "+966500000024"),
]
# username → the attributes that the person's tokens carry.
ATTRIBUTES = {
    "qatif.cleaning": {"departments": "cleaning"},
    "qatif.registry": {"departments": "administrative-communications"},
    "qatif.survey": {"departments": "survey"},
    "qatif.engineering": {"departments": "engineering"},
    "qatif.contractor": {"contractor": "al-amal"},
}
# client id, kind, organisation, Arabic and English name. The electricity company's portal binds its tokens to a key
# (DPoP), as a partner's application should; its reporting tool doesn't yet, for callers without proofs. So with the
# citizens' portal and the trial application.
CLIENTS = [
    ("sec-portal", "staff", "sec", "بوابة موظفي الكهرباء", "Electricity staff portal"),
    ("sec-reports", "staff", "sec", "تقارير الكهرباء", "Electricity reports"),
    ("qatif-desk", "staff", "qatif", "مكتب موظفي البلدية", "Municipality desk"),
    (
        PORTAL_SYSTEM,
        "machine",
        "qatif",
        "نظام البوابة (بيانات تجريبية)",
        "Portal system (trial data)",
    ),
    ("safwa-desk", "staff", "safwa", "مكتب موظفي صفوى", "Safwa staff desk"),
    ("safwa-system", "machine", "safwa", "نظام بلدية صفوى", "Safwa's own system"),
    ("saihat-desk", "staff", "saihat", "مكتب موظفي سيهات", "Saihat staff desk"),
    ("saihat-system", "machine", "saihat", "نظام بلدية سيهات", "Saihat's own system"),
    ("tarout-desk", "staff", "tarout", "مكتب موظفي تاروت", "Tarout staff desk"),
    ("tarout-system", "machine", "tarout", "نظام بلدية تاروت", "Tarout's own system"),
    ("citizens-portal", "citizen", "qatif", "بوابة المستفيدين", "Citizens' portal"),
    (
        "citizens-trial",
        "citizen",
        "qatif",
        "تجربة المستفيدين (بيانات تجريبية)",
        "Citizens' trial application",
    ),
    (
        CENTRES_PORTAL,
        "staff",
        "qatif",
        "بوابة المراكز الطبية",
        "Medical centres' portal",
    ),
    (
        MUNICIPALITIES_PORTAL,
        "staff",
        "qatif",
        "بوابة البلديات التابعة",
        "Affiliated municipalities' portal",
    ),
    ("qatif-centre-desk", "staff", "qatif-centre", "مكتب مركز القطيف", "Qatif centre's desk"),
    (
        "qatif-centre-system",
        "machine",
        "qatif-centre",
        "نظام مركز القطيف",
        "Qatif centre's system",
    ),
    ("saihat-centre-desk", "staff", "saihat-centre", "مكتب مركز سيهات", "Saihat centre's desk"),
    (
        "saihat-centre-system",
        "machine",
        "saihat-centre",
        "نظام مركز سيهات",
        "Saihat centre's system",
    ),
    ("sec-follower", "machine", "sec", "نظام متابعة الرخص", "Permit following system"),
    ("sec-monitor", "machine", "sec", "مراقبة بوابة الشركاء", "Gateway monitoring"),
]


def people() -> list[Entry]:
    """As `.run/system.json` lists them, with passwords of this run."""
    return [
        {
            "username": username,
            "password": secrets.token_urlsafe(12),
            "display_name": name,
            "organisation": organisation,
            "role": role,
            "scopes": held_by(username),
            "attributes": ATTRIBUTES.get(username, {}),
            **({"totp_secret": new_secret()} if organisation in DEMANDING else {}),
        }
        for username, name, organisation, role in PEOPLE
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
            "redirect_uris": [] if kind == "machine" else [REDIRECT],
            "scopes": _scopes_of(client_id, kind, organisation),
            "dpop_bound": client_id in BOUND,
            "exchange_audiences": EXCHANGE_AUDIENCES.get(client_id, []),
        }
        for client_id, kind, organisation, arabic, english in CLIENTS
    ]


# Area of the portal → the client whose people enter it.
PORTAL_CLIENTS = {
    "sec": "sec-portal",
    "desk": "qatif-desk",
    "my": "citizens-portal",
    "centre": CENTRES_PORTAL,
    "affiliated": MUNICIPALITIES_PORTAL,
}


def let_in_portal(clients: list[Entry], url: str, public_jwks: Mapping[str, Entry]) -> None:
    """Registers the portal's own key and address for the client of each area, and its key for itself (`system`). The
    run's key stays, for `make token`."""
    for area, client_id in (*PORTAL_CLIENTS.items(), ("system", PORTAL_SYSTEM)):
        client = next(one for one in clients if one["client_id"] == client_id)
        if area in PORTAL_CLIENTS:
            client["redirect_uris"].append(f"{url}/{area}/signed-in")
        client["more_jwks"] = [public_jwks[area]]


def citizens() -> list[Entry]:
    """As `.run/system.json` lists them: no people of the register, but those of the national login's stand-in."""
    return [
        {
            "username": username,
            "display_name": name,
            "id_number": id_number,
            "mobile": mobile,
            "scopes": held_by(username),
        }
        for username, name, id_number, mobile in CITIZENS
    ]


def held_by(who: str) -> list[str]:
    """The scopes of a person or a machine, over all services."""
    return [scope for one in declared() for scope in one.sample.scopes.get(who, ())]


def _scopes_of(client_id: str, kind: str, organisation: str) -> list[str]:
    """An application may do whatever one of the organisation's people, or one of the citizens, may."""
    if kind == "machine":
        return held_by(client_id)
    homes = {organisation}
    if client_id in ENTERED_BY:
        homes = _organisations_of(ENTERED_BY[client_id])
    people = [username for username, _, home, _ in PEOPLE if home in homes]
    if kind == "citizen":
        people = [username for username, *_ in CITIZENS]
    return list(dict.fromkeys(scope for username in people for scope in held_by(username)))


# A client of the municipality by which the people of other organisations enter → the kind of these organisations.
ENTERED_BY = {
    CENTRES_PORTAL: "medical_centre",
    MUNICIPALITIES_PORTAL: "affiliated_municipality",
}


def _organisations_of(kind: str) -> set[str]:
    return {code for code, its_kind, *_ in ORGANISATIONS if its_kind == kind}


def document(people: list[Entry], clients: list[Entry]) -> Entry:
    """What `identity provision` reads: public keys only."""
    return {
        "organisations": [
            {
                "code": code,
                "kind": kind,
                "name": {"ar": arabic, "en": english},
                "second_factor": "demanded" if code in DEMANDING else "optional",
                **({"municipality": municipality} if municipality else {}),
            }
            for code, kind, municipality, arabic, english in ORGANISATIONS
        ],
        "people": people,
        "clients": [
            {
                **{name: value for name, value in client.items() if name not in _KEYS},
                "jwks": {
                    "keys": [_public_jwk(client["private_jwk"]), *client.get("more_jwks", ())]
                },
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
        "purposes": [
            *("meter-connection", "energisation", "insulation-follow-up"),
            "establishment-connection",
        ],
        "query_kinds": [
            *("issue-date-range", "plan-number", "civil-id", "permit-number"),
            *("unified-number", "border-number", "follow"),
        ],
        "entry_kinds": ["insulation", "supply"],
        "widest_span_days": 92,
        "fields": sorted([*fields, "absence"]),
        "rows_per_day": 1_000_000,
        "valid_from": (now - timedelta(days=1)).isoformat(),
        "valid_until": (now + timedelta(days=365)).isoformat(),
    }


def _private_jwk(client_id: str) -> Entry:
    key = ECKey.generate_key("P-256", {"kid": f"{client_id}-1", "alg": "ES256", "use": "sig"})
    return dict(key.as_dict(private=True))


def _public_jwk(private: Entry) -> Entry:
    return {name: value for name, value in private.items() if name != "d"}
