"""The keys of documents in this process: the one that signs, and the public ones of the settings."""

from documents.keys import PublicKey, SigningKey
from licences.settings import Settings


class Signing:
    """`current` signs; `base` is the address under which its documents are verified."""

    def __init__(self, settings: Settings) -> None:
        ring = settings.keyrings()["document_key"]
        keys = {number: SigningKey(secret) for number, secret in ring.keys.items()}
        self.current = keys[ring.current]
        self.public: list[PublicKey] = [key.public for key in keys.values()]
        self.base = settings.documents_url or f"{settings.public_url}/documents"
