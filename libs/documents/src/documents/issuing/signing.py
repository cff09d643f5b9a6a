"""The keys of documents in one process: the one that signs, and the public ones of the settings."""

from collections.abc import Callable
from threading import Lock
from time import monotonic

from chassis.data.sealing import Keyring
from documents.keys import PublicKey, SigningKey
from documents.revocations import RevocationList

LIST_SECONDS = 60.0


class Signing:
    """`current` signs; `base` is the address under which its documents are verified, without a slash at its end."""

    def __init__(self, ring: Keyring, base: str) -> None:
        keys = {number: SigningKey(seed) for number, seed in ring.keys.items()}
        self.current = keys[ring.current]
        self.public: list[PublicKey] = [key.public for key in keys.values()]
        self.base = base
        self.revocations = SignedRevocations(self.current)


class SignedRevocations:
    """The signed list of the documents that don't count any more, kept for a minute. Anybody may ask for it, and each
    list reads and signs all of them."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key
        self._lock = Lock()
        self._until = float("-inf")
        self._kept: tuple[RevocationList, str] | None = None

    def get(self, read: Callable[[], RevocationList]) -> tuple[RevocationList, str]:
        """Returns the list and its JWS; one thread reads it anew, and the others wait for that."""
        with self._lock:
            if self._kept is None or monotonic() >= self._until:
                listed = read()
                self._kept = listed, listed.sign(self._key)
                self._until = monotonic() + LIST_SECONDS
            return self._kept
