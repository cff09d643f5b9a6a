"""How many bytes of a body are read, by whom, and when."""

import socket

import pytest
from gunicorn.http.body import Body as Chunks
from gunicorn.http.body import ChunkedReader
from gunicorn.http.unreader import IterUnreader

from chassis.http import bodies
from chassis.http.bodies import Body, BodyLimits, LateInput
from chassis.http.headers import HEADERS
from chassis.http.problems import Problem

ORDINARY, LARGE = 1_000, 2_000_000
PICTURES = "/v1/pictures"


class Stream:
    """A client's bytes; `taken` are those that were read."""

    def __init__(self, content=b"x" * 3_000_000):
        self._content = content
        self.taken = 0

    def read(self, size):
        piece = self._content[self.taken : self.taken + size]
        self.taken += len(piece)
        return piece


def environ(stream, length=None, path=PICTURES, **more):
    sized = (
        {"HTTP_TRANSFER_ENCODING": "chunked"} if length is None else {"CONTENT_LENGTH": str(length)}
    )
    return {
        "wsgi.input": stream,
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        **sized,
        **more,
        "wsgi.url_scheme": "http",
        "SERVER_NAME": "x",
        "SERVER_PORT": "80",
    }


@pytest.fixture
def limits():
    return BodyLimits("sample", ORDINARY, places=1)


@pytest.fixture
def answer(app):
    """`answer(environ)` → (status, headers) of the application."""

    def answer(asked):
        (response,) = app.wsgi.answer([asked])
        return int(response.status[:3]), dict(response.headers)

    return answer


@pytest.mark.parametrize("length", [LARGE + 1, 10**15])
def test_a_body_that_says_to_be_too_large_is_not_read(limits, length):
    stream = Stream()

    with pytest.raises(Problem) as refused:
        Body(environ(stream, length), limits).begin()

    assert (refused.value.slug, refused.value.params) == ("body-too-large", {"limit": LARGE})
    assert stream.taken == 0


@pytest.mark.parametrize(("path", "most"), [(PICTURES, LARGE), ("/v1/things", ORDINARY)])
def test_a_body_in_chunks_is_read_to_the_limit_and_no_further(limits, path, most):
    stream = Stream()
    body = Body(environ(stream, path=path), limits)

    def read():
        body.begin()
        body.read()

    with pytest.raises(Problem) as refused:
        read()

    assert refused.value.slug == "body-too-large"
    assert stream.taken == most + 1


def test_a_small_body_is_read_at_once_and_a_large_one_when_it_is_asked_for(limits):
    small, large = Stream(), Stream()

    for stream, length in ((small, ORDINARY), (large, LARGE)):
        Body(environ(stream, length), limits).begin()

    assert (small.taken, large.taken) == (ORDINARY, 0)


def test_flask_reads_a_large_body_when_a_page_asks_for_its_form(limits):
    stream = Stream()
    body = Body(environ(stream, LARGE), limits)
    body.begin()
    late = LateInput(body)
    before = stream.taken

    read = late.read(10) + late.read()

    assert (before, read) == (0, b"x" * LARGE)


def test_a_large_body_costs_nothing_before_the_token_is_verified(answer):
    stream = Stream()

    status, headers = answer(environ(stream, LARGE, CONTENT_TYPE="multipart/form-data; boundary=b"))

    assert (status, stream.taken) == (401, 0)
    assert headers["connection"] == "close"


def test_only_so_many_large_bodies_are_in_hand_at_once(limits):
    first, second = (Body(environ(Stream(), LARGE), limits) for _ in range(2))
    first.read()

    with pytest.raises(Problem) as refused:
        second.read()
    first.close()
    second.read()

    assert refused.value.slug == "unavailable"


def test_a_place_is_free_again_after_each_request(answer, token):
    sent = {"HTTP_AUTHORIZATION": token("things.write")["Authorization"]}
    kind = {"CONTENT_TYPE": "application/x-www-form-urlencoded"}

    statuses = {answer(environ(Stream(), LARGE, **sent, **kind))[0] for _ in range(9)}

    assert statuses == {400}


def test_a_body_that_ends_early_is_refused(limits):
    with pytest.raises(Problem) as refused:
        Body(environ(Stream(b"x" * 5_000), 6_000), limits).read()

    assert refused.value.slug == "malformed-body"


def test_a_client_that_sends_too_slowly_loses_its_connection(limits, monkeypatch):
    monkeypatch.setattr(bodies, "LARGE_BODY_SECONDS", 0.05)
    client, ours = socket.socketpair()
    with client, ours, ours.makefile("rb") as stream:
        client.sendall(b"x" * 10)
        asked = environ(stream, 6_000, **{"gunicorn.socket": ours})

        with pytest.raises(Problem) as refused:
            Body(asked, limits).read()

    assert refused.value.slug == "malformed-body"


@pytest.mark.parametrize(
    "size", [b"0x5", b"5_0", b" 5", b"+5", b"-5", "\u0665".encode(), b"", b"5;\r", b"z" * 20_000]
)
@pytest.mark.parametrize("path", ["/nothing", PICTURES])
def test_chunks_that_are_none_are_the_callers_fault(answer, token, size, path):
    sent = IterUnreader(iter([size + b"\r\nabcde\r\n0\r\n\r\n"]))
    known = {"HTTP_AUTHORIZATION": token("things.write")["Authorization"]}
    kind = {"CONTENT_TYPE": "application/json"}
    asked = environ(Chunks(ChunkedReader(None, sent)), path=path, **known, **kind)

    status, headers = answer(asked)

    assert status == 400
    assert headers["connection"] == "close"
    assert HEADERS.items() <= headers.items()


def test_an_exception_of_the_chassis_own_is_a_500_with_the_headers_of_any_answer(
    app, answer, monkeypatch
):
    monkeypatch.setattr(app.wsgi, "_app", None)

    status, headers = answer(environ(Stream(b""), 0, path="/v1/open", REQUEST_METHOD="GET"))

    assert status == 500
    assert HEADERS.items() <= headers.items()


@pytest.mark.parametrize(("path", "status"), [("/v1/open", 200), ("/nothing", 404), ("/docs", 200)])
def test_an_answer_to_head_has_the_length_of_the_other_and_no_body(app, path, status):
    asked = [environ(Stream(b""), 0, path=path, REQUEST_METHOD=one) for one in ("GET", "HEAD")]

    get, head = app.wsgi.answer(asked)

    assert int(head.status[:3]) == status
    assert head.body == b""
    assert dict(head.headers)["content-length"] == str(len(get.body))


def test_the_form_of_a_page_may_take_files_and_its_neighbours_may_not():
    limits = BodyLimits("sample", ORDINARY, places=1, forms={"/report": 10 * ORDINARY})

    assert limits.of("POST", "/report") == 10 * ORDINARY
    assert limits.of("GET", "/report") == ORDINARY
    assert limits.of("POST", "/report/kind") == ORDINARY
