"""What a refusal tells of the request that it refuses."""

import pytest

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
