"""What a code says, and that no other text says the same."""

import uuid
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from documents.encoding import from_text
from documents.keys import SigningKey
from documents.statements import Damaged, Statement, Unreadable, initials_of, read, write

from .conftest import BASE

KEY = SigningKey(bytes(range(32)))
DAYS = st.dates(min_value=date(2000, 1, 2), max_value=date(2179, 6, 5))
WORDS = st.from_regex(r"[a-z][a-z_]{0,20}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)
STATEMENTS = st.builds(
    Statement,
    document_id=st.uuids(),
    kind=WORDS,
    number=TEXTS,
    state=WORDS,
    issued_on=DAYS,
    expires_on=st.none() | DAYS,
    initials=st.none() | TEXTS,
)


# A busy machine draws statements slower than the check allows; the check measures the machine and nothing of ours.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(STATEMENTS)
def test_a_code_is_read_as_it_was_written(statement: Statement) -> None:
    code = read(KEY.sign(statement, BASE))

    assert code.statement == statement
    assert code.key_id == KEY.public.key_id
    assert write(statement, code.key_id, BASE, code.signature) == KEY.sign(statement, BASE)


@given(st.text(max_size=300))
def test_any_text_is_a_code_or_refused_by_name(text: str) -> None:
    with pytest.raises((Unreadable, Damaged)):
        read(text)


def test_a_code_has_no_second_spelling(code: str) -> None:
    """The last letter holds two bits of the signature, and four that say nothing."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = alphabet[alphabet.index(code[-1]) + 1]

    with pytest.raises(Damaged):
        read(f"{code[:-1]}{other}")


def test_what_opens_on_a_telephone_says_the_id_and_nothing_else(
    code: str, statement: Statement
) -> None:
    address, _, _ = code.partition("#")

    assert address.startswith(f"{BASE}/")
    assert uuid.UUID(bytes=from_text(address.removeprefix(f"{BASE}/"))) == statement.document_id


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "Shop"},
        {"state": ""},
        {"number": ""},
        {"number": "1\x1f2"},
        {"initials": ""},
        {"issued_on": date(1999, 12, 31)},
        {"expires_on": date(2180, 1, 1)},
    ],
)
def test_a_statement_that_no_code_can_say_is_refused(wrong: dict[str, object]) -> None:
    facts = {
        "document_id": uuid.uuid4(),
        "kind": "shop_licence",
        "number": "1",
        "state": "valid",
        "issued_on": date(2026, 11, 26),
        "expires_on": None,
    }

    with pytest.raises(ValueError, match=r"\w"):
        Statement(**{**facts, **wrong})


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("أحمد بن عبدالله الحسن", "أ. ح."),
        ("أحمد", "أ."),
        ("John Smith", "J. S."),
        ("ال", "ا."),
        ("فاطمة علي (بيانات تجريبية)", "ف. ع."),
        ("John Smith (sample)", "J. S."),
    ],
)
def test_initials_are_the_letters_of_the_first_and_the_last_name(name: str, initials: str) -> None:
    assert initials_of(name) == initials


def test_a_name_without_letters_has_no_initials() -> None:
    with pytest.raises(ValueError, match="no letters"):
        initials_of("123 !")
