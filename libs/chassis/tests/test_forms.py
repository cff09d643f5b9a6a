"""Forms: what an operation gets of one, and what is refused before it gets anything."""

import pytest

from chassis.http import forms
from chassis.http.forms import MOST_FIELDS, MOST_HEAD_BYTES, MOST_TEXT_BYTES

PICTURE = ("../../etc/passwd.png", b"\x89PNG\r\n--x\r\n", "image/png")
END = b"--b--\r\n"
MULTIPART = "multipart/form-data; boundary=b"


@pytest.fixture
def send(client, token):
    """`send(data=…, files=…)` or `send(content=…, kind=…)`"""

    def send(kind=None, **body):
        headers = token("things.write") | ({"Content-Type": kind} if kind else {})
        return client.post("/v1/pictures", headers=headers, **body)

    return send


def part(name, content=b"", more=""):
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def faults(answer):
    assert answer.status_code == 400, answer.text
    return {(one["field"], one["code"]) for one in answer.json()["errors"]}


@pytest.mark.parametrize("files", [None, {"picture": PICTURE}])
def test_a_form_of_either_kind_becomes_what_its_schema_says(send, files):
    fields = {
        "title": "باب",
        "made_on": "2026-11-25",
        "width": "30",
        "scale": "1.5",
        "framed": "true",
        "tags": ["a", "b"],
        "said[by]": ["me", "you"],
    }

    answer = send(data=fields, files=files)

    assert answer.status_code == 201, answer.text
    assert answer.json() == {
        "title": "باب",
        "made_on": "2026-11-25",
        "width": 30,
        "scale": 1.5,
        "framed": True,
        "tags": ["a", "b"],
        "said": {"by": ["me", "you"]},
        **({"picture": [PICTURE[0], "image/png", len(PICTURE[1])]} if files else {}),
    }


def test_several_files_of_one_field_keep_their_order(send):
    backs = [("backs", ("a.png", b"1", "image/png")), ("backs", ("b.png", b"22", "image/png"))]

    answer = send(data={"title": "a"}, files=backs)

    assert [one[0] for one in answer.json()["backs"]] == ["a.png", "b.png"]


def test_an_empty_field_and_an_empty_file_count_as_left_out(send):
    answer = send(data={"title": "a", "made_on": ""}, files={"picture": ("", b"")})

    assert answer.json() == {"title": "a"}


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ({"title": "", "width": "1"}, ("title", "required")),
        ({"width": "1"}, ("title", "required")),
        ({"title": "a", "colour": "red"}, ("colour", "unknown")),
        ({"title": "a", "1000000008": "red"}, ("…", "unknown")),
        ({"title": ["a", "b"]}, ("title", "duplicated")),
        ({"title": "a" * 21}, ("title", "too-long")),
        ({"title": "a\x00"}, ("title", "format")),
        ({"title": "a", "width": "101"}, ("width", "maximum")),
        ({"title": "a", "width": "1_0"}, ("width", "type")),
        ({"title": "a", "scale": "nan"}, ("scale", "type")),
        ({"title": "a", "scale": "1e999"}, ("scale", "type")),
        ({"title": "a", "framed": "yes"}, ("framed", "type")),
        ({"title": "a", "made_on": "2026-02-30"}, ("made_on", "date")),
        ({"title": "a", "tags": ["a"] * 4}, ("tags", "too-many")),
        ({"title": "a", "tags": ["a", "aaaaaa"]}, ("tags.1", "too-long")),
        ({"title": "a", "said": "x"}, ("said", "type")),
        ({"title": "a", "said[a]": "x" * 10}, ("said.a.0", "too-long")),
        ({"title": "a", "said[a]": "x", "said": "x"}, ("said", "duplicated")),
        ({"title": "a", "tags[0]": "x"}, ("…", "unknown")),
        ({"title": "a", "picture": "a text"}, ("picture", "type")),
    ],
)
def test_a_wrong_field_is_refused_by_its_name(send, form, fault):
    assert fault in faults(send(data=form))
    assert fault in faults(send(data=form, files={"backs": PICTURE}))


def test_a_file_in_the_place_of_a_text_is_refused(send):
    assert faults(send(files={"title": PICTURE})) == {("title", "type")}


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("application/x-www-form-urlencoded", b"title=%ff"),
        ("application/x-www-form-urlencoded", b"title=\xff"),
        ("multipart/form-data", part("title", b"a") + END),
        ("multipart/form-data; boundary=" + "b" * 71, part("title", b"a") + END),
        (MULTIPART, b"no part at all"),
        (MULTIPART, part("title", b"a")),
        (MULTIPART, part("title", b"\xff") + END),
        (MULTIPART, part("") + END),
        (MULTIPART, b"--b\r\nContent-Type: text/plain\r\n\r\na\r\n" + END),
        (MULTIPART, b"--b\r\nContent-Disposition: form-data\r\n\r\na\r\n" + END),
        (MULTIPART, b"--b\r\nX: " + b"x" * MOST_HEAD_BYTES * 2 + b"\r\n\r\na\r\n" + END),
    ],
)
def test_a_form_that_cannot_be_read_is_malformed(send, kind, raw):
    answer = send(kind, content=raw)

    assert answer.status_code == 400
    assert answer.json()["type"].endswith("/malformed-body")


def test_a_form_has_only_so_many_fields(send):
    pairs = "&".join(["title=a"] * (MOST_FIELDS + 1))
    parts = part("title", b"a") * (MOST_FIELDS + 1) + END

    assert faults(send("application/x-www-form-urlencoded", content=pairs)) == {
        ("body", "too-many")
    }
    assert faults(send(MULTIPART, content=parts)) == {("body", "too-many")}


def test_the_texts_of_a_multipart_form_are_not_as_large_as_its_files_may_be(send):
    answer = send(MULTIPART, content=part("title", b"a" * (MOST_TEXT_BYTES + 1)) + END)

    assert answer.status_code == 413


def test_a_form_is_refused_where_the_contract_has_none(client, token):
    answer = client.post("/v1/things", data={"name": "door"}, headers=token("things.write"))

    assert answer.status_code == 415


def test_one_operation_may_take_forms_and_json(send):
    assert send(json={"title": "a"}).json() == {"title": "a"}
    assert send("text/plain", content=b"title=a").status_code == 415


def test_no_text_in_place_of_a_form_breaks_the_parser(send):
    """Pieces of a form in every order, cut anywhere: each is read or refused."""
    whole = part("title", b"a") + part("picture", b"x\r\n--bx\r\n", '; filename="a"') + END
    cut = [whole[:place] for place in range(0, len(whole), 7)]
    turned = [whole[place:] + whole[:place] for place in range(0, len(whole), 7)]
    bare = [whole.replace(b"\r\n", line) for line in (b"\n", b"\r", b"\r\r", b"\n\r")]

    for raw in [*cut, *turned, *bare]:
        assert send(MULTIPART, content=raw).status_code in {201, 400}


def test_a_form_is_read_once(monkeypatch, client):
    read = []
    real = forms.parse_qsl
    monkeypatch.setattr(forms, "parse_qsl", lambda *a, **k: read.append(1) or real(*a, **k))

    client.post("/bell/v1/rings", data={"api_key": "k-1", "times": "2"})

    assert read == [1]
