"""Texts of templates, and the one value that is secret."""

import pytest

from notify.domain import texts
from notify.domain.texts import MissingValue

BODY = "تمت معالجة بلاغكم رقم ((number)). أعيدوا فتحه: ((link))"


def test_a_value_takes_the_place_of_its_placeholder() -> None:
    written = texts.write("بلاغكم رقم ((number)).", {"number": "1448104233"})

    assert written.public == "بلاغكم رقم 1448104233."
    assert written.secret is None


def test_the_token_is_in_the_secret_text_only() -> None:
    written = texts.write(BODY, {"number": "1"}, link=("https://r.test/r/", "T0KEN"))

    assert written.secret is not None
    assert written.secret.endswith("https://r.test/r/T0KEN")
    assert written.public.endswith("https://r.test/r/…")
    assert "T0KEN" not in written.public


def test_parts_are_those_of_the_text_that_is_sent() -> None:
    short = texts.write("((link))", {}, link=("https://r.test/", "t" * 22))
    long = texts.write(BODY, {"number": "1448104233"}, link=("https://r.test/r/", "t" * 22))

    assert (short.parts, long.parts) == (1, 2)


def test_a_missing_value_is_named() -> None:
    with pytest.raises(MissingValue) as raised:
        texts.write(BODY, {})

    assert raised.value.names == ("number", "link")


@pytest.mark.parametrize("sign", [0x0A, 0x85, 0x9B, 0x2028, 0x2029], ids=hex)
def test_a_line_break_in_a_value_becomes_a_blank(sign: int) -> None:
    written = texts.write("((a))", {"a": f"قيمة{chr(sign)}Municipality"})

    assert written.public == "قيمة Municipality"


@pytest.mark.parametrize("sign", [0xAD, 0x61C, 0x200B, 0x202E, 0x2060, 0x2064, 0x206F], ids=hex)
def test_signs_without_width_are_removed_from_a_value(sign: int) -> None:
    written = texts.write("((a))", {"a": f"14{chr(sign)}48"})

    assert written.public == "1448"


def test_a_value_brings_no_line_and_no_turning_sign_and_no_placeholder() -> None:
    written = texts.write("((a)) ((b))", {"a": "x\n\u202ey", "b": "((a))"})

    assert written.public == "x y ((a))"
