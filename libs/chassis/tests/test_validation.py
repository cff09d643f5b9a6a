"""What a refusal tells of the request that it refuses."""

from urllib.parse import parse_qsl

import pytest

from chassis.http.validation import read_pairs

MADE = '"name": "door", "made_on": "2024-10-13"'
NUMBER = "1000000008"


@pytest.mark.parametrize(
    "body",
    [
        f'{{{MADE}, "{NUMBER}": 1}}',
        f'{{{MADE}, "x{NUMBER}": 1}}',
        f'{{{MADE}, "حسن بن علي": 1}}',
        f'{{"{NUMBER}": 1, "{NUMBER}": 1}}',
    ],
)
def test_a_value_in_the_place_of_a_fields_name_is_not_repeated(client, token, body):
    headers = {**token("things.write"), "Content-Type": "application/json"}

    answer = client.post("/v1/things", content=body, headers=headers)

    assert answer.status_code == 400
    assert NUMBER not in answer.text
    assert "حسن" not in answer.text
    assert answer.json()["errors"][0]["field"].endswith("…")


def test_a_value_in_the_place_of_a_parameters_name_is_not_repeated(client, token):
    answer = client.get(f"/v1/things?{NUMBER}=1", headers=token("things.read"))

    assert answer.status_code == 400
    assert NUMBER not in answer.text


@pytest.mark.parametrize("limit", ["1", "١", "۱"])
def test_a_number_in_the_query_is_read_in_either_digits(client, token, limit):
    answer = client.get("/v1/things", params={"limit": limit}, headers=token("things.read"))

    assert answer.json()["limit"] == 1


def test_a_number_in_the_digits_of_others_is_refused(client, token):
    answer = client.get("/v1/things", params={"limit": "१"}, headers=token("things.read"))

    assert answer.json()["errors"][0]["code"] == "type"


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "a",
        "a=",
        "=b",
        "=",
        "&&",
        "a=1&a=2",
        "a=b=c&",
        "a;b=1",
        "a=%D8%B9",
        "a=1+2",
        "&".join("a" * 50),
    ],
)
def test_a_query_is_read_as_the_standard_library_reads_it(raw: str) -> None:
    expected = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=50)

    assert read_pairs(raw) == expected


def test_a_query_with_too_many_fields_is_refused() -> None:
    with pytest.raises(ValueError, match="number of fields"):
        read_pairs("&".join("a" * 51))


def test_a_query_with_bytes_that_are_not_utf_8_is_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        read_pairs("a=%FF")
