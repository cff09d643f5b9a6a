"""Settings of the partner gateway beside the common ones."""

from dataclasses import dataclass
from functools import cached_property

from chassis.core.outgoing import OutgoingSettings
from chassis.core.settings import between, is_key
from chassis.data.paging import PagingSettings
from chassis.data.sealed import SealingSettings
from chassis.data.sealing import BlindIndex, Keyring, Sealer
from partner_gateway.feed.readers import Cursors


@dataclass(frozen=True, kw_only=True)
class Settings(PagingSettings, SealingSettings, OutgoingSettings):
    """Keys are 32 bytes in base64url; each has one use, and none is in a database.

    `audit_signing_key` signs the roots over the record (an Ed25519 seed). `sealing_key` seals the documents at
    rest, `personal_data_key` opens the sealed part of the events of permits, and `feed_cursor_key` seals
    the cursors of the change feed, which keeps changes for `feed_days`. `submission_key` seals what municipalities
    submit, and `licence_data_key` opens what licences lets them see; licences alone has both too. `examination_key`
    opens whom a medical centre examines, and seals what it enters; health-certs alone has it too.

    Limits are per minute and hold over all workers. What a worker caches of grants and of `as_of` is at most
    `grant_seconds` and `as_of_seconds` old.
    """

    audit_signing_key: str
    feed_cursor_key: str
    feed_days: int = 400
    submission_key: str
    licence_data_key: str
    examination_key: str
    max_body_bytes: int = 16_384
    person_per_minute: int = 100
    client_per_minute: int = 600
    partner_per_minute: int = 1_200
    civil_id_per_minute: int = 20
    status_per_minute: int = 100
    events_per_minute: int = 600
    submissions_per_minute: int = 3_000
    exports_per_hour: int = 20
    entries_per_permit: int = 20
    civil_ids_per_hour_alarm: int = 200
    grant_seconds: float = 1.0
    as_of_seconds: float = 0.25

    CHECKS = {
        "audit_signing_key": is_key,
        "feed_cursor_key": Keyring.parse,
        "feed_days": between(35),
        "events_per_minute": between(1),
        "submission_key": Keyring.parse,
        "licence_data_key": Keyring.parse,
        "examination_key": Keyring.parse,
        "submissions_per_minute": between(500),
        "exports_per_hour": between(1),
        "entries_per_permit": between(1),
        "person_per_minute": between(1),
        "client_per_minute": between(1),
        "partner_per_minute": between(1),
        "civil_id_per_minute": between(1),
        "status_per_minute": between(1),
        "civil_ids_per_hour_alarm": between(1),
        "grant_seconds": between(0),
        "as_of_seconds": between(0),
    }

    def keyrings(self) -> dict[str, Keyring]:
        """Returns all keyrings, to check that each key has one use."""
        single = {
            name: Keyring.parse(getattr(self, name)) for name in ("cursor_key", "audit_signing_key")
        }
        return {**super().keyrings(), **single}

    @cached_property
    def audit_secret(self) -> bytes:
        return is_key(self.audit_signing_key)

    @cached_property
    def personal_data(self) -> Sealer:
        return Sealer(Keyring.parse(self.personal_data_key))

    @cached_property
    def submissions(self) -> Sealer:
        return Sealer(Keyring.parse(self.submission_key))

    @cached_property
    def licence_data(self) -> Sealer:
        return Sealer(Keyring.parse(self.licence_data_key))

    @cached_property
    def examinations(self) -> Sealer:
        return Sealer(Keyring.parse(self.examination_key))

    @cached_property
    def documents(self) -> Sealer:
        return Sealer(Keyring.parse(self.sealing_key))

    @cached_property
    def feed_cursors(self) -> Cursors:
        return Cursors(Sealer(Keyring.parse(self.feed_cursor_key)), self.feed_days)

    @cached_property
    def blind_index(self) -> BlindIndex:
        return BlindIndex(Keyring.parse(self.blind_index_key))
