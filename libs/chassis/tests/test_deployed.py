"""The sample with default settings, from an empty database to a first answer."""

import requests
from serving import command, environment, issuer, served


def test_a_service_with_default_settings_answers_the_first_token(
    postgres_server, issuer_key, token
):
    with issuer(issuer_key) as address:
        environ = environment(postgres_server.fresh_database("deployed"), ISSUER=address)
        migrated = command(environ, "migrate")
        with served({**environ, "DRAIN_SECONDS": "0"}) as sample:
            headers = token("things.read", iss=address)
            answer = requests.get(f"{sample.public}/v1/things", headers=headers, timeout=10)

    assert (migrated.returncode, migrated.stderr) == (0, "")
    assert answer.status_code == 200, answer.text
