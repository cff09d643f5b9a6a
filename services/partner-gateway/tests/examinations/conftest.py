"""A request that chose a centre, and what the centre does about it."""

import pytest
from examining import (
    EXAMINATIONS,
    NUMBER,
    READ,
    SEARCHES,
    WORKER,
    WRITE,
    answer_event,
    body,
    headers_of,
    request_event,
    result_of,
)

from chassis.core.ids import new_id
from partner_gateway import consumers


@pytest.fixture
def chosen(session, context):
    """`chosen(centre="saihat-centre", sequence=2)` → a request, as health-certs published it; its id."""
    known = new_id()

    def chosen(request_id=known, **changes):
        consumers.examinee_changed(context, request_event(request_id, **changes))
        session.commit()
        return request_id

    return chosen


@pytest.fixture
def find(client, token):
    """`find(number, worker)` → the answer, for the desk of the centre of Qatif."""

    def find(number=NUMBER, worker=WORKER, **who):
        sent = {"number": number, "id_number": worker}
        return client.post(SEARCHES, json=sent, headers=headers_of(token, READ, **who))

    return find


@pytest.fixture
def enter(client, token):
    """`enter("unfit", correction_reason="entry-error")` → the answer."""

    def enter(result="fit", *, number=NUMBER, who=None, key=None, headers=None, **changes):
        head = {**headers_of(token, WRITE, key=key, **(who or {})), **(headers or {})}
        return client.put(result_of(number), json=body(result, **changes), headers=head)

    return enter


@pytest.fixture
def look(client, token):
    """`look(number)` → whether the last entry was recorded; without one, today's entries."""

    def look(number=None, **who):
        path = result_of(number) if number else EXAMINATIONS
        return client.get(path, headers=headers_of(token, READ, **who))

    return look


@pytest.fixture
def answered(context, session):
    """`answered(examination_id, "refused", reason=…)`: as if the consumer had got it from health-certs."""

    def answered(examination_id, *answer, **more):
        consumers.examination_answered(context, answer_event(examination_id, *answer, **more))
        session.commit()

    return answered
