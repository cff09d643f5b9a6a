"""The main job: a permit issued in `permits` is found by a named employee of the electricity company."""

import concurrent.futures
import json
import re
import urllib.parse

import pytest
import requests
from sqlalchemy import text

from devstack.services import declared
from partner_gateway.domain.permit_documents import document_context
from partner_gateway.settings import Settings as Gateway
from permits.models import Permit


def ids(response) -> set[str]:
    assert response.status_code == 200, response.text
    return {item["permit_id"] for item in response.json()["items"]}


def permit_at_gateway(town, permit_id):
    url = f"{town.url('partner-gateway')}/v1/building-permits/{permit_id}"
    answer = requests.get(url, headers=town.headers("sec.dispatcher"), timeout=10)
    return answer.json()["item"] if answer.status_code == 200 else None


def test_an_issued_permit_is_found_by_each_of_the_four_queries(town, eventually):
    permit = town.issue(plan_number="٤٢٢ / ٣ ج")
    item = eventually(lambda: permit_at_gateway(town, permit["permit_id"]))

    assert permit["permit_id"] in ids(town.find(issued_from=item["issued_on"]))
    assert permit["permit_id"] in ids(town.find(plan_number="422/3 ج"))
    assert permit["permit_id"] in ids(town.find(permit_number=item["permit_number"]))
    with town.databases["permits"].transaction() as session:
        owners = session.get_one(Permit, permit["permit_id"]).owners
        numbers = [owner.id_number for owner in owners if owner.id_type in {"national_id", "iqama"}]
    for number in numbers:
        body = {
            "civil_id": number,
            "purpose": "meter-connection",
            "case_reference": "C-1",
            "limit": 200,
        }
        answer = requests.post(
            town.url("partner-gateway") + "/v1/building-permit-searches",
            json=body, headers=town.headers("sec.dispatcher"), timeout=10,
        )  # fmt: skip
        assert permit["permit_id"] in ids(answer)
        assert number not in answer.text


def test_an_amendment_and_a_cancellation_by_a_clerk_reach_the_partner(town, eventually):
    permit_id = town.issue()["permit_id"]
    eventually(lambda: permit_at_gateway(town, permit_id))

    amended = town.command(
        f"/v1/permits/{permit_id}/amend", {"reason": "تصحيح رقم القطعة", "land": {"plots": ["77"]}}
    )
    assert amended.status_code == 200, amended.text
    eventually(lambda: permit_at_gateway(town, permit_id)["plots"] == ["77"])

    cancelled = town.command(f"/v1/permits/{permit_id}/cancel", {"reason": "طلب المالك الإلغاء"})
    assert cancelled.status_code == 200, cancelled.text
    eventually(lambda: permit_at_gateway(town, permit_id)["status"] == "cancelled")
    assert (
        town.command(
            f"/v1/permits/{permit_id}/suspend",
            {"reason": "خطأ في البيانات", "body": "الدفاع المدني"},
        ).status_code
        == 409
    )


def test_a_walk_through_all_pages_meets_each_permit_once_while_permits_are_issued_and_amended(
    town, eventually
):
    plan = "128/ن"
    first = {town.issue(plan_number=plan)["permit_id"] for _ in range(12)}
    eventually(lambda: first <= ids(town.find(plan_number=plan, limit=200)))
    seen, address = [], None
    with concurrent.futures.ThreadPoolExecutor(2) as clerks:
        work = []
        while True:
            answer = (
                requests.get(address, headers=town.headers("sec.dispatcher"), timeout=10)
                if address
                else town.find(plan_number=plan, limit=2)
            )
            seen += [item["permit_id"] for item in answer.json()["items"]]
            work.append(clerks.submit(town.issue, plan_number=plan))
            changed = seen[-1]
            body = {"reason": "تصحيح", "land": {"block": "9"}}
            work.append(clerks.submit(town.command, f"/v1/permits/{changed}/amend", body))
            if "Link" not in answer.headers:
                break
            address = answer.headers["Link"].partition(">")[0].lstrip("<")
        for one in work:
            one.result()

    assert len(seen) == len(set(seen))
    assert first <= set(seen)


def test_who_is_not_an_employee_of_a_partner_is_refused(town):
    url = town.url("partner-gateway") + "/v1/building-permits?plan_number=1"
    monitor = requests.get(url, headers=town.headers("sec-monitor"), timeout=10)
    officer = requests.get(url, headers=town.headers("qatif.officer", "permits"), timeout=10)

    assert monitor.status_code == 403
    assert officer.status_code == 401
    assert requests.get(url, timeout=10).status_code == 401


def test_a_suspended_employee_is_refused_within_seconds_though_the_token_has_not_expired(
    town, eventually
):
    issuer, admin = town.url("identity"), town.headers("qatif.admin", "identity")
    headers = town.headers("sec.viewer")
    url = town.url("partner-gateway") + "/v1/building-permits?plan_number=1"
    assert requests.get(url, headers=headers, timeout=10).status_code == 200
    payload = headers["Authorization"].split(".")[1]
    import base64

    subject = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"]
    answer = requests.post(
        f"{issuer}/v1/people/{subject}/suspend",
        json={"reason": "انتهت مهمته"},
        headers=admin,
        timeout=10,
    )
    assert answer.status_code in {200, 204}, answer.text

    eventually(lambda: requests.get(url, headers=headers, timeout=10).status_code == 401, seconds=5)
    back = requests.post(f"{issuer}/v1/people/{subject}/reinstate", headers=admin, timeout=10)
    assert back.ok, back.text


def test_a_rebuilt_read_model_equals_the_one_before(town, eventually):
    for _ in range(3):
        town.issue(plan_number="1264")
    last = town.issue(plan_number="1264")["permit_id"]
    eventually(lambda: permit_at_gateway(town, last))
    columns = "permit_id::text, version, status, plan_key, building_id, request_key, plot_keys, owner_keys, document"
    content = text(f"SELECT {columns} FROM building_permit ORDER BY permit_id")
    database = town.databases["partner-gateway"]
    documents = Gateway.load(
        "partner-gateway", town.system.environment("partner-gateway")
    ).documents

    def unseal_owners(session):
        """The state with its owners opened: sealing differs each time, the content doesn't."""
        return [
            (*row[:-1], documents.unseal(row.document, document_context(row.permit_id)))
            for row in session.execute(content)
        ]

    with database.transaction() as session:
        before = unseal_owners(session)

    town.system.run("partner-gateway", "rebuild", "permits")
    with database.transaction() as session:
        after = unseal_owners(session)
        indexes = session.scalars(
            text("SELECT indexname FROM pg_indexes WHERE tablename = 'building_permit' ORDER BY 1")
        ).all()

    assert after == before
    assert indexes == [
        "ix_building_permit_issued", "ix_building_permit_number", "ix_building_permit_owner",
        "ix_building_permit_plan", "ix_building_permit_request", "pk_building_permit",
    ]  # fmt: skip
    again = town.issue(plan_number="1264")["permit_id"]
    eventually(lambda: permit_at_gateway(town, again))
    town.system.run("partner-gateway", "rebuild", "permits")
    assert permit_at_gateway(town, again)


def test_a_killed_worker_loses_nothing(town, eventually):
    pids = {entry["name"]: entry["pid"] for entry in town.system.description()["pids"]}
    import os
    import signal

    issued = [town.issue()["permit_id"] for _ in range(5)]
    for name in ("permits/work", "partner-gateway/work"):
        os.kill(pids[name], signal.SIGKILL)
    issued += [town.issue()["permit_id"] for _ in range(5)]

    for permit_id in issued:
        eventually(lambda permit_id=permit_id: permit_at_gateway(town, permit_id), seconds=60)


@pytest.mark.parametrize("service", [one.name for one in declared()])
def test_each_service_publishes_its_contract_its_page_and_its_probes(town, service):
    base = town.url(service)
    ops = town.description["services"][service]["ops"]

    assert requests.get(f"{base}/openapi.json", timeout=10).json()["openapi"] == "3.0.3"
    assert "swagger-ui" in requests.get(f"{base}/docs", timeout=10).text
    assert requests.get(f"{base}/metrics", timeout=10).status_code == 404
    for role in ("serve", "work"):
        for probe in ("livez", "readyz"):
            assert requests.get(f"{ops[role]}/{probe}", timeout=10).status_code == 200
    metrics = {role: requests.get(f"{ops[role]}/metrics", timeout=10).text for role in ops}
    assert "outbox_oldest_unpublished_seconds" in metrics["work"]
    assert re.search(r"^http_requests_total{.*} [1-9]", metrics["serve"], re.M)
    assert "outbox_" not in metrics["serve"]
    assert urllib.parse.urlsplit(base).port != urllib.parse.urlsplit(ops["serve"]).port
