"""Bodies of JSON lines, and answers that are sent piece by piece."""

import pytest
from sample import api
from structlog.testing import capture_logs

from chassis.access import revocations
from chassis.access.revocations import RevocationsUnknown
from chassis.http import streams
from chassis.http.streams import CutOff, SentStream, Stream

LETTERS = "/v1/letters"
NDJSON = "application/x-ndjson"
LATER = "2100-01-01T00:00:00Z"


@pytest.fixture
def send(client, token):
    """`send(bytes, kind=…)`"""

    def send(content, kind=NDJSON):
        headers = {**token("things.write"), "Content-Type": kind}
        return client.post(LETTERS, content=content, headers=headers)

    return send


def test_each_line_is_read_by_itself_and_a_line_at_fault_is_no_fault_of_the_body(send):
    body = b'{"to": "a"}\n{"to": 7}\r\nnot json\n'

    answer = send(body)

    assert answer.status_code == 200, answer.text
    assert answer.json()["lines"] == [[1, "a"], [2, "invalid-request"], [3, "malformed-body"]]


def test_blank_lines_count_as_lines_and_say_nothing(send):
    assert send(b'\n{"to": "a"}\n  \n{"to": "b"}').json()["lines"] == [[2, "a"], [4, "b"]]


def test_the_mark_of_utf8_in_front_is_no_part_of_the_first_line(send):
    assert send(b'\xef\xbb\xbf{"to": "a"}').json()["lines"] == [[1, "a"]]


@pytest.mark.parametrize(
    "line",
    [
        b'{"to": "a", "to": "b"}',
        b'{"to": "\\u0000"}',
        b"[" * 50 + b"]" * 50,
        b'{"to": "\xff"}',
        b'{"to": "a", "more": 1}',
        b'{"to": NaN}',
    ],
)
def test_a_line_made_to_confuse_is_a_line_at_fault(send, line):
    ((_, fault), (_, other)) = send(line + b'\n{"to": "a"}').json()["lines"]

    assert fault in {"invalid-request", "malformed-body"}
    assert other == "a"


def test_signs_that_nobody_sees_are_taken_out_of_a_line(send):
    assert send('{"to": "a\u202eb"}'.encode()).json()["lines"] == [[1, "ab"]]


@pytest.mark.parametrize(
    ("body", "code"),
    [(b'{"to": "a"}\n' * 4, "too-many"), (b"", "required"), (b"\n \n", "required")],
)
def test_a_body_has_one_line_at_least_and_not_too_many(send, body, code):
    answer = send(body)

    assert answer.status_code == 400
    assert [one["code"] for one in answer.json()["errors"]] == [code]


def test_a_body_of_lines_has_its_limit_and_its_type(send):
    assert send(b" " * 400_001).status_code == 413
    assert send(b'{"to": "a"}', kind="application/json").status_code == 415


@pytest.fixture(autouse=True)
def nothing_sent():
    api.SENT.clear()


def test_an_answer_is_sent_in_pieces_and_its_end_is_told_once(client, token):
    answer = client.get(LETTERS, headers=token("things.read"))

    assert answer.text == "letter 0\nletter 1\nletter 2\n"
    assert answer.headers["content-type"] == "text/plain"
    assert "content-length" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert api.SENT == [0, 1, 2, "end"]


def test_a_piece_is_made_when_the_one_before_is_gone():
    made = []
    sent = SentStream(
        Stream((made.append(n) or b"x" for n in range(5)), lambda: made.append("end")), None
    )
    pieces = iter(sent)

    next(pieces)
    next(pieces)
    assert made == [0, 1]
    sent.close()
    sent.close()

    assert made == [0, 1, "end"]


def test_the_head_of_an_answer_sends_no_piece_and_ends_it(app):
    stream = Stream(iter([b"x"]), lambda: api.SENT.append("end"))

    stream.close()

    assert api.SENT == ["end"]


def test_an_answer_that_breaks_off_is_not_taken_for_a_whole_one(client, token):
    with pytest.raises(ValueError, match="secret"):  # the server cuts the connection then
        client.get(LETTERS, params={"limit": 9}, headers=token("things.read"))

    assert api.SENT[-1] == "end"


def test_an_answer_that_takes_too_long_ends(monkeypatch):
    monkeypatch.setattr(streams, "WHOLE_SECONDS", -1.0)

    with pytest.raises(TimeoutError):
        list(SentStream(Stream(iter([b"x"])), None))


def test_a_client_has_so_long_for_each_piece():
    class Socket:
        timeout = None

        def settimeout(self, seconds):
            self.timeout = seconds

    socket = Socket()

    assert list(SentStream(Stream(iter([b"x"])), socket)) == [b"x"]
    assert socket.timeout == streams.PIECE_SECONDS


@pytest.mark.parametrize(
    ("kind", "value"), [("person", "p_test"), ("organisation", "qatif"), ("client", "test-client")]
)
def test_an_answer_breaks_off_when_its_token_is_revoked_while_it_is_sent(
    client, token, session, monkeypatch, kind, value
):
    monkeypatch.setattr(revocations, "REFRESH_SECONDS", -1.0)
    revocation = {"kind": kind, "value": value, "not_before": LATER, "expires_at": LATER}
    asked = client.stream("GET", LETTERS, params={"limit": 5}, headers=token("things.read"))

    with asked as answer, capture_logs() as logs:
        pieces = answer.iter_raw()
        first = next(pieces)
        revocations.keep(session, revocation)
        with pytest.raises(CutOff):
            list(pieces)

    assert (answer.status_code, first) == (200, b"letter 0\n")
    assert api.SENT[-1] == "end"
    assert [one for one in logs if one["event"] == "stream.cut_off"] == [
        {
            "event": "stream.cut_off",
            "log_level": "warning",
            "operation": "export_letters",
            "reason": "revoked",
        }
    ]


def test_an_answer_goes_on_while_others_are_revoked(client, token, session, monkeypatch):
    monkeypatch.setattr(revocations, "REFRESH_SECONDS", -1.0)
    revocation = {"kind": "person", "value": "p_other", "not_before": LATER, "expires_at": LATER}

    with client.stream("GET", LETTERS, headers=token("things.read")) as answer:
        pieces = answer.iter_raw()
        first = next(pieces)
        revocations.keep(session, revocation)
        rest = list(pieces)

    assert b"".join([first, *rest]) == b"letter 0\nletter 1\nletter 2\n"


def test_an_answer_breaks_off_when_nobody_can_tell_whether_its_token_is_valid():
    stream = Stream(iter([b"x", b"y"]))

    def cannot_tell():
        raise RevocationsUnknown

    stream.only_while_valid("export_letters", cannot_tell)

    with pytest.raises(RevocationsUnknown):
        list(SentStream(stream, None))
