"""Settings that would make the service unsafe stop it from starting."""

import pytest

from chassis.core.settings import SettingsError
from identity.settings import Settings

GOOD = {
    "database_url": "postgresql+psycopg://x",
    "kafka_bootstrap_servers": "127.0.0.1:1",
    "issuer": "https://identity.qatif.gov.sa",
    "key_encryption_key": "A" * 43,
    "cursor_key": "C" * 43,
    "sealing_key": "S" * 43,
    "blind_index_key": "B" * 43,
    "person_key": "P" * 42 + "Q",
    "contact_key": "E" * 43,
    "national_login_key": "N" * 42 + "M",
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
        {"national_login_issuer": "http://login.example"},
    ],
)
def test_unsafe_settings_do_not(changes):
    with pytest.raises(SettingsError):
        Settings(**{**GOOD, **changes})


def test_identity_asks_its_own_process_for_the_keys_and_names_the_public_address():
    others = "http://identity-serve:8000/jwks.json"
    made = Settings(**GOOD, host="0.0.0.0", port=8001, jwks_url=others)

    assert made.jwks_url == "http://127.0.0.1:8001/jwks.json"
    assert made.public_url == made.issuer
