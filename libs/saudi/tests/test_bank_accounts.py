"""An IBAN of a Saudi bank is read, checked and masked."""

import pytest

from saudi.bank_accounts import mask_iban, parse_iban
from saudi.malformed import Malformed

GOOD = "SA0380000000608010167519"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "sa03 8000 0000 6080 1016 7519",
        "SA٠٣ ٨٠٠٠ ٠٠٠٠ ٦٠٨٠ ١٠١٦ ٧٥١٩",
        "SA03-8000-0000-6080-1016-7519",
    ],
)
def test_an_iban_has_one_form(text: str) -> None:
    assert parse_iban(text) == GOOD


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SA0380000000608010167518", "iban-check"),
        ("SA3080000000608010167519", "iban-check"),
        ("SA9980000000000000000008", "iban-check"),
        ("SA0380000000608010161759", "iban-check"),
        ("GB82WEST12345698765432", "iban"),
        ("SA03800000006080101675190", "iban"),
        ("SA038000000060801016751", "iban"),
        ("", "iban"),
        ("SAXX80000000608010167519", "iban"),
    ],
)
def test_what_is_no_iban_says_why(text: str, code: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_iban(text)

    assert caught.value.code == code


def test_a_mask_shows_what_one_knows_it_by() -> None:
    assert mask_iban(GOOD) == "SA03****************7519"
