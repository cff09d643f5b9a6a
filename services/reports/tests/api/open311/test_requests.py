"""GeoReport v2 over HTTP, in both formats: what other systems may read and file, and what they may not."""

import json
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select

from chassis.core.outgoing import Answer, NoAnswer, NotSent, Outgoing
from chassis.core.times import rfc3339
from chassis.data.unit_of_work import UnitOfWork
from reports.commands import photos
from reports.commands.open311 import make_key, withdraw_key
from reports.models import Photo, Report

from .conftest import ADMIN, FILING, POINT, ROOT, read, row_of


def test_discovery_names_the_endpoint_and_its_formats(ask):
    status, document = ask("discovery")

    (endpoint,) = document["endpoints"]
    assert status == 200
    assert endpoint["url"] == f"http://service.test{ROOT}"
    assert endpoint["formats"] == ["text/xml", "application/json"]
    assert document["changeset"].endswith("Z")


def test_only_public_types_are_services(ask):
    codes = {one["service_code"]: one for one in ask("services")[1]}

    assert {"litter", "street-unswept"} <= set(codes)
    assert not {"build-without-permit", "pavement-occupied", "shop-blocks-pavement"} & set(codes)
    assert codes["street-unswept"]["type"] == "batch"
    assert codes["litter"]["type"] == "realtime"
    assert str(codes["construction-rubble"]["metadata"]).lower() == "true"


def test_a_definition_has_the_types_own_fields(ask):
    status, document = ask("services/construction-rubble")

    (attribute,) = document["attributes"]
    assert status == 200
    assert document["service_code"] == "construction-rubble"
    assert (attribute["code"], attribute["datatype"]) == ("volume", "singlevaluelist")
    assert {one["key"] for one in attribute["values"]} == {"small", "truck", "many"}


def test_words_are_in_the_callers_language(client):
    arabic, english = (
        client.get(f"{ROOT}/services.json", headers={"Accept-Language": one}).json()[0]
        for one in ("ar", "en")
    )

    assert arabic["service_name"] != english["service_name"]
    assert english["service_name"].isascii()


def test_a_filed_request_is_found_by_the_very_next_one(ask, post):
    status, (filed,) = post("requests", {**FILING, "attribute[x]": ""})
    number = filed["service_request_id"]

    found = ask(f"requests/{number}")

    assert status == 200
    assert found[0] == 200
    (request,) = found[1]
    assert request["service_request_id"] == number
    assert (request["status"], request["service_code"]) == ("open", "litter")
    assert not request["description"]  # it waits for an officer
    assert float(request["lat"]) == float(POINT["lat"])
    assert request["media_url"] is None
    assert number in {one["service_request_id"] for one in ask("requests")[1]}


def test_a_request_is_a_report_like_any_other(session, request_id):
    row = row_of(session, request_id)

    assert (row.channel, row.status, row.department) == ("open311", "assigned", "cleaning")
    assert row.municipality == "saihat"
    assert row.branch_guessed


def test_a_key_may_stand_in_the_query(client, key):
    answer = client.post(f"{ROOT}/requests.json", params={"api_key": key}, data=FILING)

    assert answer.status_code == 200


@pytest.mark.parametrize("api_key", [None, "wrong", ""])
def test_without_a_good_key_nothing_is_filed(post, session, api_key):
    status, (error,) = post("requests", FILING, api_key=api_key)

    assert (status, str(error["code"])) == (403, "403")
    assert error["description"]
    assert session.scalars(select(Report)).all() == []


def test_a_withdrawn_key_opens_nothing(client, session, now):
    row, key = make_key(UnitOfWork(session, ADMIN, now), name="Old app")
    withdraw_key(UnitOfWork(session, ADMIN, now), row.key_id)

    assert client.post(f"{ROOT}/requests.xml", data={**FILING, "api_key": key}).status_code == 403
    assert client.get(f"{ROOT}/services.xml", params={"api_key": key}).status_code == 403


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"service_code": None}, 400, "service_code"),
        ({"service_code": "no-such"}, 404, None),
        ({"service_code": "build-without-permit"}, 404, None),
        ({"jurisdiction_id": "elsewhere.gov"}, 404, None),
        ({"description": "x" * 4_001}, 400, "description"),
        ({"lat": "50.0468", "long": "26.4834"}, 400, "lat"),
        ({"lat": "24.7", "long": "46.7"}, 400, None),
        ({"lat": "north"}, 400, "lat"),
        ({"lat": "91"}, 400, "lat"),
        ({"lat": None}, 400, "lat"),
        ({"lat": None, "long": None}, 400, "lat"),
        ({"lat": None, "long": None, "address_string": "123 Any Street"}, 400, "lat"),
        ({"service_code": "construction-rubble"}, 400, "attribute[volume]"),
        ({"service_code": "construction-rubble", "attribute[volume]": "x"}, 400, "attribute[volume]"),
        ({"service_code": "construction-rubble", "attribute[volume]": ["small", "truck"]}, 400, None),
        ({"attribute[colour]": "red"}, 400, "attribute[colour]"),
        ({"description": ["a", "b"]}, 400, "description"),
        ({"media_url": "http://169.254.169.254/latest"}, 400, "media_url"),
        ({"media_url": "file:///etc/passwd"}, 400, "media_url"),
        ({"first_name": "x" * 101}, 400, "first_name"),
    ],
)  # fmt: skip
def test_a_wrong_filing_is_refused_as_the_standard_says(post, session, changes, status, field):
    form = {name: value for name, value in {**FILING, **changes}.items() if value is not None}

    answered, errors = post("requests", form)

    assert answered == status
    assert {str(one["code"]) for one in errors} == {str(status)}
    assert field is None or any(one["description"].startswith(f"{field}:") for one in errors)
    assert session.scalars(select(Report)).all() == []


@pytest.mark.parametrize(
    ("jurisdiction", "status"), [("qatif.gov.sa", 200), ("elsewhere.gov", 404)]
)
def test_a_filing_for_another_city_in_its_address_is_refused(client, key, jurisdiction, status):
    address = f"{ROOT}/requests.json?jurisdiction_id={jurisdiction}"

    assert client.post(address, data={**FILING, "api_key": key}).status_code == status


@pytest.mark.parametrize(
    "changes",
    [
        {"jurisdiction_id": "qatif.gov.sa"},
        {"description": "x" * 4_000},
        {"description": ""},
        {"unknown_field": "x", "device_id": "1", "account_id": "2"},
        {"lat": "", "long": "", "address_string": "شارع الخليج، سيهات"},
        {"service_code": "construction-rubble", "attribute[volume]": "truck"},
    ],
)
def test_a_filing_needs_little(post, changes):
    assert post("requests", {**FILING, **changes})[0] == 200


def test_who_reports_is_kept_as_far_as_it_is_of_use_and_shown_to_nobody(client, session, key):
    person = {
        "first_name": "علي",
        "last_name": "بن حسن",
        "phone": "0500000001",
        "email": "a@b.example",
    }
    form = {**FILING, **person, "api_key": key}

    number = client.post(f"{ROOT}/requests.json", data=form).json()[0]["service_request_id"]

    reporter = row_of(session, number).reporter
    assert (reporter["name"], reporter["mobile"]) == ("علي بن حسن", "+966500000001")
    for path in (f"requests/{number}", "requests", "servicerequestupdates"):
        for extension in ("xml", "json"):
            text = client.get(f"{ROOT}/{path}.{extension}").text
            assert not [one for one in ("حسن", "500000001", "b.example") if one in text]


def test_a_telephone_that_gets_no_texts_is_told_and_no_reason_to_refuse(post, session):
    status, (filed,) = post("requests", {**FILING, "phone": "111 111 1111", "first_name": "1"})

    assert status == 200
    assert filed["service_notice"]
    assert row_of(session, filed["service_request_id"]).reporter is None


@pytest.fixture
def photo():
    """A picture's bytes."""
    content = BytesIO()
    Image.new("RGB", (40, 30), "grey").save(content, "JPEG")
    return content.getvalue()


def test_a_picture_shows_once_an_officer_released_it(
    ask, post, client, session, officer, photo, now
):
    files = [("media", ("a.jpg", photo, "image/jpeg")), ("media", ("b.jpg", photo, "image/jpeg"))]
    _, (filed,) = post("requests", FILING, files=files)
    row = row_of(session, filed["service_request_id"])
    first, second = session.scalars(select(Photo.attachment_id).order_by(Photo.position))

    def shown():
        return ask(f"requests/{row.report_number}")[1][0]["media_url"]

    before = shown()
    photos.release(UnitOfWork(session, officer, now), row.report_id, second)
    session.flush()

    assert before is None
    assert shown() == f"http://service.test/v1/public/photos/{second}"
    assert client.get(f"/v1/public/photos/{second}").headers["content-type"] == "image/jpeg"
    assert client.get(f"/v1/public/photos/{first}").status_code == 404


@pytest.mark.parametrize(
    ("media", "status"),
    [(("a.jpg", b"no picture", "image/jpeg"), 400), (("a.svg", b"<svg/>", "image/svg+xml"), 400)],
)
def test_what_is_no_picture_is_refused(post, session, media, status):
    assert post("requests", FILING, files={"media": media})[0] == status
    assert session.scalars(select(Report)).all() == []


def test_a_picture_is_fetched_by_the_client_for_others_addresses(post, session, monkeypatch, photo):
    asked = []

    def get(_self, url, *, limit):
        asked.append((url, limit.most_bytes))
        return Answer(200, {"content-type": "image/jpeg"}, photo, url)

    monkeypatch.setattr(Outgoing, "get", get)

    status, _ = post("requests", {**FILING, "media_url": "https://pictures.example/1.jpg"})

    assert (status, asked) == (200, [("https://pictures.example/1.jpg", 10 * 1024 * 1024)])
    assert len(session.scalars(select(Photo)).all()) == 1


@pytest.mark.parametrize("error", [NoAnswer("time-out"), NotSent("unresolved")])
def test_a_picture_that_cannot_be_fetched_is_told_and_no_reason_to_refuse(
    post, session, monkeypatch, error
):
    def get(_self, _url, *, limit):
        raise error

    monkeypatch.setattr(Outgoing, "get", get)

    status, (filed,) = post("requests", {**FILING, "media_url": "https://pictures.example/1.jpg"})

    assert status == 200
    assert filed["service_notice"]
    assert session.scalars(select(Photo)).all() == []


def test_a_batch_service_answers_with_a_token_that_is_redeemed(ask, post, request_id):
    _, (filed,) = post("requests", {**FILING, "service_code": "street-unswept"})
    token = filed["token"]

    status, (redeemed,) = ask(f"tokens/{token}")

    assert "service_request_id" not in filed
    assert (status, redeemed["token"]) == (200, token)
    assert ask(f"requests/{redeemed['service_request_id']}")[0] == 200


def test_what_is_no_token_is_not_found(ask, session, request_id):
    realtime = row_of(session, request_id).report_id

    assert ask("tokens/0195ff10-4d00-7b22-9d3f-000000000001")[0] == 404
    assert ask(f"tokens/{realtime}")[0] == 404
    assert ask("tokens/7")[0] == 404


@pytest.mark.parametrize("category", ["build-without-permit", "shop-blocks-pavement"])
def test_a_report_that_is_not_public_is_not_there(ask, post, filed, category):
    row = filed(category=category)
    update = {"service_request_id": row.report_number, "update_id": "1", "status": "OPEN"}

    assert ask(f"requests/{row.report_number}")[0] == 404
    assert ask("requests", service_request_id=row.report_number)[1] == []
    assert post("servicerequestupdates", {**update, "description": "x"})[0] == 404
    assert ask("servicerequestupdates")[1] == []


def test_filters_combine(ask, filed, now):
    old = filed(category="litter", at=now - timedelta(days=100)).report_number
    litter, pothole = filed(category="litter").report_number, filed().report_number
    far = {
        "end_date": rfc3339(now + timedelta(days=1)),
        "start_date": rfc3339(now - timedelta(days=80)),
    }

    def found(**query):
        return {one["service_request_id"] for one in ask("requests", **query)[1]}

    assert found(**far) == {litter, pothole}
    assert found(**far, service_code="litter") == {litter}
    assert found(**far, service_code="litter,pothole,x") == {litter, pothole}
    assert found(**far, status="closed") == set()
    assert found(**far, status="OPEN,closed") == {litter, pothole}
    assert ask("requests", **far, status="open,burnt")[0] == 400
    assert found(service_request_id=f"{old},{pothole}", status="closed") == {old, pothole}
    assert found(end_date=rfc3339(now - timedelta(days=99))) == {old}


def test_several_requests_are_asked_for_at_once(ask, filed):
    numbers = [filed().report_number for _ in range(2)]

    _, found = ask(f"requests/{','.join(numbers)}")

    assert {one["service_request_id"] for one in found} == set(numbers)


def test_pages_follow_each_other(ask, filed):
    numbers = [filed().report_number for _ in range(5)]

    pages = [ask("requests", page=page, page_size=2)[1] for page in (1, 2, 3, 4)]

    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert sorted(one["service_request_id"] for page in pages for one in page) == sorted(numbers)


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        (
            "requests",
            {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"},
            400,
        ),
        ("requests", {"start_date": "yesterday"}, 400),
        ("requests", {"page_size": "0"}, 400),
        ("requests", {"page": "100000"}, 400),
        ("requests", {"jurisdiction_id": "elsewhere.gov"}, 404),
        ("services", {"jurisdiction_id": "elsewhere.gov"}, 404),
        ("services/no-such", {}, 404),
        ("requests/1448999999", {}, 404),
        ("nowhere", {}, 404),
    ],
)
def test_a_wrong_question_is_refused_as_the_standard_says(ask, path, query, status):
    answered, errors = ask(path, **query)

    assert answered == status
    assert str(errors[0]["code"]) == str(status)


def test_errors_of_every_layer_have_the_standards_shape(client):
    for method, path, status in (
        ("GET", "services.html", 400),
        ("GET", "services", 404),
        ("DELETE", "requests.json", 405),
        ("GET", "requests.json/", 404),
    ):
        answer = client.request(method, f"{ROOT}/{path}")
        assert answer.status_code == status
        assert str(read(answer)[0]["code"]) == str(status)


def test_limits_are_the_keys_own(client, settings, key, monkeypatch):
    monkeypatch.setitem(settings.__dict__, "open311_requests_per_key", 2)

    statuses = [
        client.post(f"{ROOT}/requests.json", data={**FILING, "api_key": key}).status_code
        for _ in range(3)
    ]

    assert statuses == [200, 200, 429]


def test_keys_are_made_listed_and_withdrawn_by_an_administrator(client, token):
    admin = token("reports.admin")

    made = client.post("/v1/open311-keys", json={"name": "City app"}, headers=admin).json()
    listed = client.get("/v1/open311-keys", headers=admin).json()["items"]
    good = client.get(f"{ROOT}/services.json", params={"api_key": made["key"]}).status_code
    client.post(f"/v1/open311-keys/{made['key_id']}/withdraw", headers=admin)
    void = client.get(f"{ROOT}/services.json", params={"api_key": made["key"]}).status_code

    assert (good, void) == (200, 403)
    assert made["key"] not in json.dumps(listed)
    assert client.get("/v1/open311-keys", headers=token("reports.read")).status_code == 403
