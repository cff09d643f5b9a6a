"""The settings of a service that issues documents."""

from dataclasses import dataclass

from chassis.core.settings import between, is_url, unless_empty
from chassis.data.sealed import KeyringSettings
from chassis.data.sealing import Keyring


@dataclass(frozen=True, kw_only=True)
class DocumentSettings(KeyringSettings):
    """`document_key`: seeds of the keys that sign documents, the current one first. `documents_url`: the address in
    their codes, `<public_url>/documents` without it. `document_reads_per_address`: how often a minute people without an
    account ask about documents from one address; many share that of a mobile network."""

    document_key: str
    documents_url: str = ""
    document_reads_per_address: int = 120

    CHECKS = {
        "document_key": Keyring.parse,
        "documents_url": unless_empty(is_url),
        "document_reads_per_address": between(1),
    }

    @property
    def documents_base(self) -> str:
        """Returns the address in the codes."""
        return self.documents_url or f"{self.public_url}/documents"
