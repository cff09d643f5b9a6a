"""Personal data at rest and on the way: sealed with AES-256-GCM, found again by a keyed hash.

The keys stand in the settings, outside every database. Each is numbered, so that it can be replaced: new texts are
sealed under the current one, and the others still open what they sealed.
"""

import base64
import binascii
import hmac
import os
from collections.abc import Iterable, Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_END = 13  # one byte for the key's number, twelve for the nonce


class CannotUnseal(Exception):
    """The sealed text was changed, belongs elsewhere, or its key is missing. The message names no value."""


class KeyringError(ValueError):
    """The text of a key setting isn't `number:key` or `key`, with commas between several."""


class Keyring:
    """Numbered keys of 32 bytes; `current` is the one for new texts.

    In a setting: `2:<base64url>,1:<base64url>`, the current one first; a key without a number is number 1.
    """

    def __init__(self, keys: Mapping[int, bytes], current: int) -> None:
        if current not in keys:
            raise KeyringError("the current key isn't among the keys")
        for number, key in keys.items():
            if not 1 <= number <= 255 or len(key) != KEY_BYTES:
                raise KeyringError("has a key that isn't 32 bytes, or whose number isn't 1 to 255")
        self.keys = dict(keys)
        self.current = current

    def __repr__(self) -> str:
        return f"Keyring({sorted(self.keys)}, current={self.current})"

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """Reads a setting. Raises KeyringError, which names no part of a key."""
        keys: dict[int, bytes] = {}
        for part in text.split(","):
            number, _, key = part.strip().rpartition(":")
            try:
                version = int(number or "1")
                secret = base64.b64decode(
                    key + "=" * (-len(key) % 4), altchars=b"-_", validate=True
                )
            except (ValueError, binascii.Error):
                raise KeyringError(
                    "has a key that isn't base64url, or whose number isn't a number"
                ) from None
            if version in keys:
                raise KeyringError("has two keys of the same number")
            keys[version] = secret
        return cls(keys, next(iter(keys)))


class Sealer:
    """Seals and opens texts. `context` says where a text belongs (`permits.permit_owner.name`): moved elsewhere it
    doesn't open, because it's the associated data.

    Nonces are random, so a key is replaced long before it has sealed 2**32 texts (NIST SP 800-38D, 8.3).
    """

    def __init__(self, keyring: Keyring) -> None:
        self._ciphers = {number: AESGCM(key) for number, key in keyring.keys.items()}
        self._current = self._ciphers[keyring.current]
        self.current = keyring.current
        self._number = bytes([keyring.current])

    def seal(self, plain: bytes, context: str) -> bytes:
        """Returns the key's number (1 byte), the nonce (12), the ciphertext with its tag."""
        nonce = os.urandom(12)
        return self._number + nonce + self._current.encrypt(nonce, plain, context.encode())

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Raises CannotUnseal."""
        try:
            cipher = self._ciphers[sealed[0]]
            return cipher.decrypt(sealed[1:_NONCE_END], sealed[_NONCE_END:], context.encode())
        except (InvalidTag, LookupError, ValueError):
            raise CannotUnseal from None

    def unseal_all(self, sealed: Sequence[bytes], contexts: Iterable[bytes]) -> list[bytes]:
        """Opens many texts, each with its context; the hot path of a page. Raises CannotUnseal."""
        ciphers, end = self._ciphers, _NONCE_END
        try:
            return [
                ciphers[one[0]].decrypt(one[1:end], one[end:], context)
                for one, context in zip(sealed, contexts, strict=True)
            ]
        except (InvalidTag, LookupError, ValueError):
            raise CannotUnseal from None

    def seal_text(self, plain: str, context: str) -> str:
        """The same for texts, in base64url without padding: for JSON."""
        return base64.urlsafe_b64encode(self.seal(plain.encode(), context)).rstrip(b"=").decode()

    def seal_padded(self, plain: str, context: str, size: int) -> str:
        """The same for a JSON text that's brought to `size` bytes with blanks first, which JSON ignores: so the length
        of what's sealed tells nothing. Raises ValueError, which names no value, for a longer text."""
        if len(plain.encode()) > size:
            raise ValueError(f"the text is longer than the {size} bytes that it's padded to")
        return self.seal_text(plain + " " * (size - len(plain.encode())), context)

    def unseal_text(self, sealed: str, context: str) -> str:
        """Raises CannotUnseal."""
        try:
            raw = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raise CannotUnseal from None
        return self.unseal(raw, context).decode()


class BlindIndex:
    """HMAC-SHA-256 of a value, by which it's found without being kept: `v1:<64 hex digits>`.

    Its key isn't one of those that encrypt: with it ten digits are guessed in seconds.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keys = {number: keyring.keys[number] for number in sorted(keyring.keys)}
        self.current = keyring.current

    def key(self, value: str) -> str:
        """Returns the hash to store."""
        return self._of(self.current, value)

    def keys(self, value: str) -> list[str]:
        """Returns the hashes to search for: one per key, because rows of an old key may remain. The current key is
        first."""
        others = [self._of(number, value) for number in self._keys if number != self.current]
        return [self.key(value), *others]

    def _of(self, number: int, value: str) -> str:
        mac = hmac.digest(self._keys[number], value.encode(), "sha256")
        return f"v{number}:{mac.hex()}"
