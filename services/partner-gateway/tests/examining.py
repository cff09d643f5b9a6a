"""Medical centres under test: who chose them, as health-certs publishes it, what they enter, what's answered."""

import json
from datetime import UTC, datetime, timedelta

import jsonschema_rs

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.core.times import rfc3339
from chassis.data.sealing import Keyring, Sealer
from partner_gateway.models import HealthExamination
from saudi.days import legal_day

SEARCHES, EXAMINATIONS = "/v1/health-examination-searches", "/v1/health-examinations"
READ, WRITE = "health-examinations.read", "health-examinations.write"
WORKER, OTHER_WORKER = "2000000006", "2000000014"
NUMBER = "1448049000017"
SEALED = contracts.read("events/health-certs/examination.v1.schema.json")["properties"]["sealed"]
SEALER = Sealer(Keyring.parse(SEALED["x-sealed"]["key_of_the_examples"]))
ENTERED = contracts.read("events/partner-gateway/health-examination.v1.schema.json")["$defs"][
    "examination"
]
REQUEST = contracts.event_example("sa.gov.qatif.health-certs.request.submitted.v1")


def result_of(number=NUMBER):
    return f"{EXAMINATIONS}/{number}/result"


def received(kind, subject, sequence, data):
    return Received(
        id=new_id(), type=f"sa.gov.qatif.health-certs.{kind}.v1", subject=subject, sequence=sequence,
        time=datetime.now(UTC), data=data,
    )  # fmt: skip


def request_event(request_id, *, number=NUMBER, sequence=1, happened="submitted", **changes):
    """An open request, as health-certs publishes it; ended when `centre` is None."""
    worker = {
        "request_no": number,
        "centre": "qatif-centre",
        "name": {"ar": None, "en": "Marked Worker (sample data)"},
        "id_type": "iqama",
        "id_number": WORKER,
        "nationality": "IND",
        "birth_date": "1994-03-02",
        "sex": "male",
        "revision": 1,
        "until": rfc3339(datetime.now(UTC) + timedelta(days=30)),
        **changes,
    }
    text = None
    if worker["centre"] is not None:
        text = SEALER.seal_padded(json.dumps(worker), f"examinee/{request_id}", 2048)
    state = {**REQUEST, "request_id": request_id, "request_no": number, "examination": text}
    return received(f"request.{happened}", request_id, sequence, state)


def answer_event(examination_id, outcome="accepted", *, reason=None, sequence=1, at=None):
    """Returns an answer of health-certs."""
    told = {
        "outcome": outcome,
        "reason": reason,
        "recorded_at": rfc3339(at or datetime.now(UTC)),
    }
    context = f"health-certs.examination/{examination_id}"
    data = {
        "examination_id": examination_id,
        "sealed": SEALER.seal_padded(json.dumps(told), context, 512),
    }
    return received("examination.answered", examination_id, sequence, data)


def opened(data):
    """Opens what the gateway sealed for health-certs, and checks the form that the contract promises."""
    context = f"partner-gateway.health-examination/{data['examination_id']}"
    found = json.loads(SEALER.unseal_text(data["sealed"], context))
    jsonschema_rs.validator_for(ENTERED, validate_formats=True).validate(found)
    return found


def body(result="fit", *, on=None, **changes):
    """A result of an examination of today."""
    day = on or legal_day(datetime.now(UTC))
    sent = {"result": result, "examined_on": day.isoformat(), "practice_number": "12-RM-0012345"}
    return {name: value for name, value in {**sent, **changes}.items() if value is not None}


def headers_of(token, *scopes, centre="qatif-centre", kind="staff", key=None, **claims):
    """A named employee of a medical centre, or its system."""
    claims = {
        "organisation": centre,
        "organisation_kind": "medical_centre",
        "municipality": None,
        "client_id": f"{centre}-{'desk' if kind == 'staff' else 'system'}",
        "client_kind": kind,
        **claims,
    }
    if kind == "machine":
        claims["sub"] = claims["client_id"]
    return {**token(*(scopes or (READ, WRITE)), **claims), "Idempotency-Key": key or new_id()}


def refusal(answer):
    problem = answer.json()
    return answer.status_code, problem["type"].rpartition("/")[2], problem.get("code")


def entries(session):
    return session.query(HealthExamination).order_by(HealthExamination.entered_at).all()
