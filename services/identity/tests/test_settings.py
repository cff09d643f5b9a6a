"""Settings that would make the service unsafe stop it from starting."""

import pytest

from chassis.settings import SettingsError
from identity.settings import Settings

GOOD = {
    "database_url": "postgresql+psycopg://x",
    "kafka_bootstrap_servers": "127.0.0.1:1",
    "issuer": "https://identity.qatif.gov.sa",
    "key_encryption_key": "A" * 43,
}


def test_good_settings_start():
    assert Settings(**GOOD).is_secure
    assert not Settings(**{**GOOD, "issuer": "http://127.0.0.1:8000"}).is_secure


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "http://identity.qatif.gov.sa"},
        {"issuer": "https://identity.qatif.gov.sa/"},
        {"issuer": "https://identity.qatif.gov.sa?x=1"},
        {"key_encryption_key": ""},
        {"key_encryption_key": "short"},
        {"key_encryption_key": "A" * 43 + ",short"},
        {"signing_key_bits": 1024},
    ],
)
def test_unsafe_settings_do_not(changes):
    with pytest.raises(SettingsError):
        Settings(**{**GOOD, **changes})


def test_identity_asks_its_own_process_for_the_keys_and_names_the_public_address():
    made = Settings(**GOOD, host="0.0.0.0", port=8001)

    assert made.jwks_url == "http://127.0.0.1:8001/jwks.json"
    assert made.public_url == made.issuer
