"""A certificate verified by anybody who knows two numbers: the certificate's and its holder's."""

from chassis.data.sealed import keys_of
from documents.statements import initials_of
from health_certs import catalogue, limits
from health_certs.api.edge import Body, View
from health_certs.context import Call
from health_certs.domain.documents import STATES, VALID, shown_name, state_today
from health_certs.models import Certificate
from health_certs.queries.verifying import verified
from saudi.days import legal_day
from saudi.formats import with_hijri
from saudi.text import compact


def verify_certificate(call: Call, body: Body) -> View:
    """Whichever number is wrong, the same is counted, asked and answered."""
    number, person = compact(body["certificate_no"]), compact(body["id_number"])
    # Both as keyed hashes: people type a person's number into either field.
    key = keys_of(call.session).index.key
    hashed = (key(f"certificate|{number}"), key(person))
    demands = limits.verifications(call.settings, hashed, call.address)
    call.quotas.charge(demands, now=call.now.timestamp())
    return _view(call, verified(call.session, number, person))


def _view(call: Call, row: Certificate) -> View:
    """The contract's VerifiedCertificate."""
    found = state_today(row.status, row.valid_until, legal_day(call.now))
    view = {
        "certificate_no": row.certificate_no,
        "valid": found == VALID,
        "status": found,
        "status_title": STATES[found].pair(),
        "profession": {
            "code": row.profession,
            **catalogue.professions().by_code[row.profession].words.pair(),
        },
        "seasonal": row.season is not None,
        "valid_until": row.valid_until.isoformat(),
        "initials": initials_of(shown_name(row.worker["name"])),
    }
    return with_hijri(view, frozenset(("valid_until",)))
