"""Sealing: a text that changes, moves or loses its key doesn't open; keys are replaced without a loss."""

import base64
import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from chassis.data.sealing import BlindIndex, CannotUnseal, Keyring, KeyringError, Sealer

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
SEALER = Sealer(Keyring({1: OLD}, 1))


@given(plain=st.binary(max_size=4096), context=st.text(max_size=40))
def test_a_sealed_text_opens_in_its_context(plain: bytes, context: str) -> None:
    assert SEALER.unseal(SEALER.seal(plain, context), context) == plain


def test_sealing_is_aes_256_gcm_with_the_context_as_associated_data() -> None:
    sealed = SEALER.seal(b"secret", "permits.owner")

    assert AESGCM(OLD).decrypt(sealed[1:13], sealed[13:], b"permits.owner") == b"secret"
    assert sealed[0] == 1
    assert len(sealed) == 1 + 12 + 6 + 16


@given(place=st.integers(0, 34), bit=st.integers(0, 7))
def test_a_flipped_bit_is_refused(place: int, bit: int) -> None:
    sealed = bytearray(SEALER.seal(b"secret", "here"))
    sealed[place] ^= 1 << bit

    with pytest.raises(CannotUnseal):
        SEALER.unseal(bytes(sealed), "here")


@given(sealed=st.binary(max_size=40))
def test_anything_else_is_refused_with_one_error(sealed: bytes) -> None:
    with pytest.raises(CannotUnseal):
        SEALER.unseal(sealed, "here")


def test_a_text_moved_to_another_column_does_not_open() -> None:
    sealed = SEALER.seal(b"secret", "permit_owner.name")

    with pytest.raises(CannotUnseal):
        SEALER.unseal(sealed, "permit_owner.mobile")


def test_the_same_text_sealed_twice_looks_different() -> None:
    assert len({SEALER.seal(b"secret", "here") for _ in range(1000)}) == 1000


def test_a_replaced_key_still_opens_and_seals_no_more() -> None:
    before = SEALER.seal(b"secret", "here")
    both = Sealer(Keyring({2: NEW, 1: OLD}, 2))

    after = both.seal(both.unseal(before, "here"), "here")

    assert after[0] == 2
    assert both.current == 2
    assert Sealer(Keyring({2: NEW}, 2)).unseal(after, "here") == b"secret"
    with pytest.raises(CannotUnseal):
        Sealer(Keyring({2: NEW}, 2)).unseal(before, "here")


@given(plain=st.text(max_size=200))
def test_the_form_for_json_is_ascii_and_opens(plain: str) -> None:
    sealed = SEALER.seal_text(plain, "event.owners")

    assert sealed.isascii()
    assert sealed.replace("-", "").replace("_", "").isalnum()
    assert SEALER.unseal_text(sealed, "event.owners") == plain


@given(plain=st.text(max_size=40), other=st.text(max_size=40))
def test_padded_texts_are_of_one_length_and_open_as_the_same_json(plain: str, other: str) -> None:
    first, second = (SEALER.seal_padded(json.dumps(one), "here", 1000) for one in (plain, other))

    assert len(first) == len(second)
    assert json.loads(SEALER.unseal_text(first, "here")) == plain


def test_a_text_longer_than_its_padding_is_refused_without_being_named() -> None:
    with pytest.raises(ValueError, match="256 bytes") as failure:
        SEALER.seal_padded('"' + "م" * 128 + '"', "here", 256)

    assert "م" not in str(failure.value)


@given(sealed=st.text(max_size=60))
def test_a_text_that_was_never_sealed_is_refused(sealed: str) -> None:
    with pytest.raises(CannotUnseal):
        SEALER.unseal_text(sealed, "event.owners")


def test_a_failure_and_a_keyring_name_no_value() -> None:
    with pytest.raises(CannotUnseal) as failure:
        SEALER.unseal(SEALER.seal(b"secret", "here"), "there")

    assert str(failure.value) == ""
    assert failure.value.__suppress_context__
    assert repr(Keyring({1: OLD, 2: NEW}, 2)) == "Keyring([1, 2], current=2)"


def test_the_blind_index_is_hmac_sha_256_with_the_keys_number() -> None:
    expected = hmac.new(OLD, b"1000000008", hashlib.sha256).hexdigest()

    assert BlindIndex(Keyring({1: OLD}, 1)).key("1000000008") == f"v1:{expected}"


def test_while_keys_change_a_value_is_searched_under_both() -> None:
    stored = BlindIndex(Keyring({1: OLD}, 1)).key("1000000008")

    index = BlindIndex(Keyring({2: NEW, 1: OLD}, 2))

    assert index.keys("1000000008") == [index.key("1000000008"), stored]
    assert index.key("1000000008").startswith("v2:")


def encoded(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).decode().rstrip("=")


def test_a_setting_names_the_current_key_first() -> None:
    both = Keyring.parse(f"2:{encoded(NEW)}, 1:{encoded(OLD)}")

    assert (both.current, both.keys) == (2, {1: OLD, 2: NEW})
    assert Keyring.parse(encoded(OLD)).keys == {1: OLD}


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "1:", "0:" + encoded(OLD), "256:" + encoded(OLD), "one:" + encoded(OLD)),
        *(encoded(OLD[:16]), encoded(OLD) + ";", f"1:{encoded(OLD)},1:{encoded(NEW)}"),
    ],
)
def test_a_wrong_setting_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(KeyringError) as refusal:
        Keyring.parse(text)

    assert not text or len(text) < 10 or text not in str(refusal.value)
