"""Municipalities under test: what they send, and what licences publishes of it."""

import copy
import json
from datetime import UTC, datetime

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.data.sealing import Keyring, Sealer

APPLICATIONS, LICENCES = "/v1/licence-applications", "/v1/licences"
BATCHES, EXPORTS = "/v1/licence-application-batches", "/v1/licence-exports"
EXAMPLE = contracts.read("openapi/common.yaml")["components"]["examples"]["LicenceApplication"]
BODY = EXAMPLE["value"]
CODE = BODY["activities"][0]["code"]
DATA_KEY = contracts.read("events/licences/licence.v1.schema.json")["properties"]["sealed"][
    "x-sealed"
]["key_of_the_examples"]
DATA = Sealer(Keyring.parse(DATA_KEY))
OWNER = {"name": "بيانات تجريبية", "id_number": "10******08"}


def body(**changes):
    """The contract's own example, changed."""
    return {**copy.deepcopy(BODY), **changes}


def example(name):
    return contracts.event_example(f"sa.gov.qatif.licences.{name}.v1")


def received(kind, data, subject, sequence):
    return Received(
        id=new_id(), type=f"sa.gov.qatif.licences.{kind}.v1", subject=subject, sequence=sequence,
        time=datetime.now(UTC), data=data,
    )  # fmt: skip


def application_event(
    application_id, *, sequence=1, status="issued", municipality="saihat", **changes
):
    state = {
        **example("application.issued"),
        "application_id": application_id, "status": status, "municipality": municipality, **changes,
    }  # fmt: skip
    details = {"trade_name": None, "owner": OWNER, "place": None, "reasons": [], "explanation": []}
    if state["sealed"]:
        state["sealed"] = DATA.seal_text(json.dumps(details), f"licence-data/{application_id}")
    return received("application.issued", state, application_id, sequence)


def licence_event(licence_no, *, sequence=1, municipality="saihat", licence_id=None, **changes):
    licence_id = licence_id or new_id()
    state = {
        **example("licence.issued"),
        "licence_id": licence_id, "licence_no": licence_no, "municipality": municipality,
        "renewable_from": "2026-01-01", **changes,
    }  # fmt: skip
    details = {"owner": OWNER, "place": {"town": "سيهات", "district": "الكوثر"}, "reason": None}
    if state["sealed"]:
        state["sealed"] = DATA.seal_text(json.dumps(details), f"licence-data/{licence_id}")
    return received("licence.issued", state, licence_id, sequence)


def bill_event(
    application_id, *, sequence=1, happened="registered", municipality="saihat", **changes
):
    name = f"sa.gov.qatif.payments.bill.{happened}.v1"
    state = {**contracts.event_example(name), "municipality": municipality, **changes}
    state["subject"] = {"type": "licence_application", **state["subject"], "id": application_id}
    return Received(
        id=new_id(), type=name, subject=state["bill_id"], sequence=sequence,
        time=datetime.now(UTC), data=state,
    )  # fmt: skip


def activity_event(
    code=CODE, *, sequence=1, municipalities=("saihat", "tarout", "safwa", "qatif"), **changes
):
    terms = {"immediate": True, "immediate_up_to_m2": None, "max_area_m2": 500, "years_max": 3}
    state = {
        **example("activity.published"),
        "code": code, "kinds": ["shop"], "in_force_from": "2026-01-01", "in_force_until": None,
        "municipalities": dict.fromkeys(municipalities, terms), **changes,
    }  # fmt: skip
    return received("activity.published", state, code, sequence)


def number(place):
    return f"1448040{place:05}"


def faults(answer):
    assert answer.status_code == 400, answer.text
    return {(one["field"], one["code"]) for one in answer.json()["errors"]}
