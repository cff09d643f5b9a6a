"""Published clients and validators of GeoReport against this service, unchanged."""

from collections.abc import Iterator
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
import requests
from georeport import GeoReport

from chassis.data.unit_of_work import UnitOfWork
from reports.commands.open311 import make_key
from reports.domain.actors import service_as

FILING = {
    "service_code": "litter",
    "lat": "26.4834",
    "long": "50.0468",
    "description": "نفايات (بيانات تجريبية)",
}


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        return


@pytest.fixture
def address(app) -> Iterator[str]:
    """The service on a socket, one request at a time, over the test's transaction."""
    server: WSGIServer = make_server("127.0.0.1", 0, app.wsgi, handler_class=Quiet)
    thread = Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/open311/v2"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(params=["json", "xml"])
def city(request, address) -> GeoReport:
    """The package `georeport`, as its users configure it."""
    return GeoReport(f"{address}/", jurisdiction="qatif.gov.sa", output_format=request.param)


@pytest.fixture
def filed(address, session, now) -> list[str]:
    """Two requests, by a client that posts a form with a file as `requests` writes it."""
    key = make_key(UnitOfWork(session, service_as("p_admin"), now), name="City app")[1]
    answers = [
        requests.post(f"{address}/requests.json", data={**FILING, "api_key": key}, timeout=20)
        for _ in range(2)
    ]
    return [one.json()[0]["service_request_id"] for one in answers]


def test_georeport_lists_services_and_their_definitions(city):
    services = {one["service_code"]: one for one in city.get_service_list()}

    definition = city.get_service_definition("construction-rubble")

    assert services["litter"]["type"] == "realtime"
    assert definition["service_code"] == "construction-rubble"


def test_georeport_finds_requests(city, filed):
    found = city.get_service_requests(status="open", service_code="litter,pothole")

    assert {one["service_request_id"] for one in found} >= set(filed)
    assert city.get_service_request(filed[0])["service_request_id"] == filed[0]


def test_georeport_raises_what_the_service_refuses(city):
    with pytest.raises(requests.HTTPError):
        city.get_service_request("1448999999")
