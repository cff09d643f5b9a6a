"""Bodies that are made to cost much, or to be read as something else than what they show."""

import json

import pytest

from chassis.core.refusals import MOST_FAULTS
from chassis.http.contents import MOST_DEPTH

MANY = 20_000


@pytest.fixture
def send(client, token):
    """`send(body)`: an object, or the bytes of one. `headers` beside the token's."""

    def send(body, **headers):
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        sent = {**token("things.write"), "Content-Type": "application/json", **named}
        return client.post("/v1/pictures", content=raw, headers=sent)

    return send


def faults(answer):
    assert answer.status_code == 400, answer.text
    return [(one["field"], one["code"]) for one in answer.json()["errors"]]


@pytest.mark.parametrize("written", ["7", "7.0", "7e0", "70E-1", "7.000"])
@pytest.mark.parametrize("place", ['"width": %s', '"scale": %s', '"frames": [{"width": %s}]'])
def test_a_whole_number_is_an_int_to_all_code_however_it_is_written(send, written, place):
    answer = send(f'{{"title": "a", {place % written}}}'.encode())

    assert answer.status_code == 201
    assert "7" in answer.text
    assert "7.0" not in answer.text


@pytest.mark.parametrize("written", ["7.5", "1e3000", "1e400"])
def test_what_is_no_whole_number_is_refused_where_one_is_due(send, written):
    assert send(f'{{"title": "a", "width": {written}}}'.encode()).status_code == 400


def test_a_number_that_has_decimals_keeps_them(send):
    assert send({"title": "a", "scale": 7.5}).json()["scale"] == 7.5


def test_a_name_that_comes_twice_is_found_among_many(send):
    names = [f'"k{number}": 1' for number in range(MANY)]

    answer = send(("{" + ", ".join([*names, names[-1]]) + "}").encode())

    assert faults(answer) == [("…", "duplicated")]


@pytest.mark.parametrize(
    "body",
    [
        {"title": "a", "frames": [{}] * 150},
        {"title": "a", "marks": [10] * MANY},
        {f"k{number}": 1 for number in range(300)},
        {f"k{chr(97 + n // 26)}{chr(97 + n % 26)}": 1 for n in range(600)},
        {"title": "a", "said": {f"k{n}": ["x" * 10] for n in range(3)}, "marks": [10] * 100},
    ],
)
def test_an_answer_names_some_faults_and_says_that_there_are_more(send, body):
    answer = send(body)

    assert len(faults(answer)) == MOST_FAULTS
    assert answer.json()["more_errors"] is True
    assert "أخطاء أخرى" in answer.json()["detail"]


def test_an_answer_with_all_faults_says_nothing_of_more(send):
    answer = send({"title": "a", "marks": [10] * MOST_FAULTS})

    assert len(faults(answer)) == MOST_FAULTS
    assert "more_errors" not in answer.json()


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"title": "a", "frames": [{}] * MANY}, ("frames", "too-many")),
        ({"title": "a", "said": {f"k{n}": 1 for n in range(MANY)}}, ("said", "too-many-fields")),
    ],
)
def test_of_a_list_that_is_too_long_nothing_else_is_looked_for(send, body, fault):
    assert faults(send(body)) == [fault]


def test_a_fault_is_found_behind_many_good_items_and_within_a_map(send):
    answer = send({"title": "a", "marks": [1] * MANY + [10], "said": {"by": ["me", "x" * 10]}})

    assert faults(answer) == [(f"marks.{MANY}", "maximum"), ("said.by.1", "too-long")]


@pytest.mark.parametrize("depth", [MOST_DEPTH + 1, 256, 500, 950, 5_000, 50_000])
@pytest.mark.parametrize("around", [b"%s", b'{"title": %s}', b'{"x": %s}'])
@pytest.mark.parametrize(("opened", "closed"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_a_body_that_is_nested_too_deep_is_refused_by_name(send, depth, around, opened, closed):
    answer = send(around % (opened * depth + b"1" + closed * depth))

    assert answer.status_code == 400
    assert answer.json()["type"].endswith("/malformed-body")
    assert answer.json()["code"] == "too-deep"
    assert str(MOST_DEPTH) in answer.json()["detail"]


def test_a_body_as_deep_as_is_allowed_is_checked_by_its_schema(send):
    body = {"x": json.loads("[" * (MOST_DEPTH - 1) + "]" * (MOST_DEPTH - 1))}

    assert ("x", "unknown") in faults(send(body))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("شا\u202eرع\u001b[31m", "شارع[31m"),
        ("\u200f\u200eحي\u200b \u2066الخزامى\u2069", "حي الخزامى"),
        ("سطر\u2028سطر\x0bسطر\n\tسطر", "سطر\nسطر\nسطر\n\tسطر"),
        ("a\u3164b\u00adc\ufeffd\U000e0041e\u2065\x9f\x7f", "abcde"),
        ("القطـيف ❤️ ٢٥٪", "القطـيف ❤️ ٢٥٪"),
    ],
)
def test_signs_that_nobody_sees_are_taken_out_of_a_text(send, client, token, typed, kept):
    as_json = send({"title": typed, "said": {"by": [typed[:9]]}})
    escaped = send(json.dumps({"title": typed}).encode())
    as_form = client.post(
        "/v1/pictures", data={"title": "a", "said[by]": typed[:9]}, headers=token("things.write")
    )

    assert as_json.json()["title"] == escaped.json()["title"] == kept
    assert as_json.json()["said"] == as_form.json()["said"]


def test_a_text_of_such_signs_only_is_as_empty_as_it_looks(send):
    assert faults(send({"title": "\u200b\u200f\u202e"})) == [("title", "required")]


def test_a_parameter_of_such_signs_only_is_as_empty_as_it_looks(client, token):
    answer = client.get("/v1/things?limit=3%E2%80%8B", headers=token("things.read"))

    assert answer.json()["limit"] == 3


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Encoding": "gzip"},
        {"Content_Encoding": "identity, br"},
        {"Content_Type": "application/json; charset=utf-16"},
        {"Content_Type": "application/json; charset=iso-8859-6"},
    ],
)
def test_a_body_in_a_coding_that_is_not_read_is_refused(send, headers):
    assert send({"title": "a"}, **headers).status_code == 415


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Encoding": "identity"},
        {"Content_Type": "application/json; charset=UTF-8"},
        {"Content_Type": 'application/json; charset="utf-8"'},
    ],
)
def test_a_body_that_names_the_coding_that_is_read_is_taken(send, headers):
    assert send({"title": "a"}, **headers).status_code == 201
