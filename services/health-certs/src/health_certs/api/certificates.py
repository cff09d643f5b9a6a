"""The operations of the municipality's staff on certificates."""

from health_certs.api import views
from health_certs.api.edge import Body, View
from health_certs.commands import holding
from health_certs.context import Call
from health_certs.domain.readers import Reader
from health_certs.domain.validity import RevocationReason
from health_certs.models import Certificate
from health_certs.queries import requests
from saudi.days import legal_day


def get_certificate(call: Call, certificate_no: str) -> View:
    return _view(call, requests.get_certificate(call.session, call.actor, certificate_no))


def revoke_certificate(call: Call, certificate_no: str, body: Body) -> View:
    reason = RevocationReason(body["reason"])
    row = holding.revoke(call.session, call.actor, certificate_no, reason, now=call.now)
    return _view(call, row)


def _view(call: Call, row: Certificate) -> View:
    return views.certificate_view(row, legal_day(call.now), reader=Reader.OFFICER)
