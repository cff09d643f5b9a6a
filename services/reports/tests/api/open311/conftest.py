"""GeoReport v2 as a caller of either format: asking, filing, reading what comes back."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from chassis.data.unit_of_work import UnitOfWork
from reports.commands.open311 import make_key
from reports.domain.actors import service_as
from reports.models import Report

ROOT = "/open311/v2"
ADMIN = service_as("p_admin")
POINT = {"lat": "26.4834", "long": "50.0468"}
FILING = {"service_code": "litter", "description": "نفايات قرب المسجد (بيانات تجريبية)", **POINT}
ITEMS = {
    "services": "service", "service_requests": "request", "errors": "error", "attributes": "attribute",
    "service_request_updates": "request_update", "values": "value", "endpoints": "endpoint", "formats": "format",
}  # fmt: skip


def read(answer):
    """The document, whichever format it has, as plain values; XML's are texts."""
    if answer.headers["content-type"] == "application/json; charset=utf-8":
        return answer.json()
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.text.startswith('<?xml version="1.0" encoding="utf-8"?>')
    return _plain(ET.fromstring(answer.content))


def _plain(node):
    if node.tag in ITEMS:
        assert {one.tag for one in node} <= {ITEMS[node.tag]}
        return [_plain(one) for one in node]
    return {one.tag: _plain(one) for one in node} if len(node) else node.text


@pytest.fixture(scope="module")
def now():
    """The service has no other clock, and a list without a window ends now."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def filed(filed, officer, now):
    """Files a report through the command, now."""
    return lambda *, at=now, **changes: filed(officer, at=at, **changes)


@pytest.fixture
def key(session, now):
    return make_key(UnitOfWork(session, ADMIN, now), name="City app")[1]


@pytest.fixture(params=["xml", "json"])
def extension(request):
    return request.param


@pytest.fixture
def ask(client, extension):
    """`ask("services", …)` → (status, document)"""

    def ask(path, **query):
        answer = client.get(f"{ROOT}/{path}.{extension}", params=query)
        return answer.status_code, read(answer)

    return ask


@pytest.fixture
def post(client, extension, key):
    """`post("requests", {…})` → (status, document), with the key in the form."""

    def post(path, form, files=None, api_key=key):
        form = form if api_key is None else {**form, "api_key": api_key}
        answer = client.post(f"{ROOT}/{path}.{extension}", data=form, files=files)
        return answer.status_code, read(answer)

    return post


@pytest.fixture
def request_id(client, key):
    """The number of a request that was just filed."""
    answer = client.post(f"{ROOT}/requests.json", data={**FILING, "api_key": key})
    return answer.json()[0]["service_request_id"]


def row_of(session, number):
    return session.scalars(select(Report).where(Report.report_number == number)).one()
