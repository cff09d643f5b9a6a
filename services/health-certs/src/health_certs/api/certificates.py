"""The operations of the municipality's staff on certificates."""

from health_certs.api import views
from health_certs.api.edge import View
from health_certs.context import Call
from health_certs.queries import requests
from saudi.days import legal_day


def get_certificate(call: Call, certificate_no: str) -> View:
    row = requests.get_certificate(call.session, call.actor, certificate_no)
    return views.certificate_view(row, legal_day(call.now))
