"""Own settings: what the municipality may decide without a new release."""

from dataclasses import dataclass

from chassis.sealing import Keyring
from chassis.settings import Settings as Base


@dataclass(frozen=True, kw_only=True)
class Settings(Base):
    """Whole years; `insulation_validity_years` 0 means that an insulation certificate doesn't
    end.

    Keyrings (chassis.sealing): `sealing_key` for personal data in the database, `blind_index_key`
    for finding people in it, `personal_data_key` for the sealed part of events, shared with their
    consumers. Each is another one.
    """

    sealing_key: str
    blind_index_key: str
    personal_data_key: str
    # Officers write on while Kafka is away (ADR 7): identity gives a revoked person no new token, the old one ends by
    # itself within five minutes.
    revocation_staleness_seconds: float = 0.0
    permit_validity_years: int = 3
    insulation_validity_years: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        texts = (self.sealing_key, self.blind_index_key, self.personal_data_key)
        secrets = [key for text in texts for key in Keyring.parse(text).keys.values()]
        if len(set(secrets)) < len(secrets):
            raise ValueError("two of the keys are the same")
