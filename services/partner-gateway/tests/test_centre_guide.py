"""The guide for medical centres: each call on its page is made as it stands there, and answered as it says."""

import re

from examining import READ, WRITE, answer_event, headers_of, request_event

from chassis.core import contracts
from chassis.core.ids import new_id
from partner_gateway import consumers
from saudi.days import legal_day

ROOT = contracts.directory().parent
GUIDE = (ROOT / "docs/partner-guide/medical-centres.md").read_text("utf-8")
CALL = re.compile(r"```http (?P<status>\d+)\n(?P<text>.*?)\n```", re.DOTALL)


def calls():
    for found in CALL.finditer(GUIDE):
        head, _, body = found["text"].partition("\n\n")
        line, *headers = head.split("\n")
        method, path = line.split(" ", 1)
        yield int(found["status"]), method, path, dict(one.split(": ", 1) for one in headers), body


def test_every_call_of_the_guide_is_answered_as_it_says(client, token, session, context):
    consumers.examinee_changed(context, request_event(new_id()))
    session.commit()
    told, today = [], legal_day(context.now).isoformat()
    for status, method, path, headers, body in calls():
        kind = {"Content-Type": "application/json"} if body else {}
        answer = client.request(
            method, path, content=body.replace("{today}", today).encode() or None,
            headers={**headers_of(token, READ, WRITE), **kind, **headers},
        )  # fmt: skip
        told.append((method, path, answer.status_code, status))
        if answer.status_code == 202:
            event = answer_event(answer.json()["examination_id"])
            consumers.examination_answered(context, event)
            session.commit()

    assert len(told) == 8
    assert [one for one in told if one[2] != one[3]] == []


def test_the_guide_names_the_scopes_the_reasons_and_no_number_of_a_living_person():
    reasons = contracts.openapi("partner-gateway")["components"]["schemas"]["CorrectionReason"]

    for word in (READ, WRITE, *reasons["enum"]):
        assert f"`{word}`" in GUIDE
    assert set(re.findall(r"\b[12]\d{9}\b", GUIDE)) == {"2000000006"}
