"""Attachments: stored for their uploader, claimed by the thing that they belong to, and served by its owner.

The file is durable before its row is written, so a committed row never names a file that isn't there. A file whose row
was rolled back, or deleted, is an orphan that a chore collects (chassis.files.tidying).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from chassis.core.ids import new_id
from chassis.core.refusals import InvalidFields, NotFound
from chassis.core.settings import Settings, between
from chassis.core.uploads import Upload
from chassis.data.columns import TYPES
from chassis.files import names
from chassis.files.scanning import CLEAN, INFECTED, SCANNING, UNSCANNED, Scanner
from chassis.files.storage import Folder, Storage

if TYPE_CHECKING:
    from chassis.files.content import AcceptedContent

MIB = 1024 * 1024
# Beside what the chassis puts on every answer: a file that a browser opens by itself does nothing there.
_SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"


@dataclass(frozen=True, kw_only=True)
class FilesSettings(Settings):
    """`files_folder`: where attachments are kept, shared by all processes of the service. `files_longest_side`: pixels
    of a side of a picture as it's kept. `files_unclaimed_hours`: an upload that nothing claimed for so long is deleted.
    `files_orphan_seconds`: a file without a row for so long is deleted; longer than any transaction takes.
    `files_least_free_bytes`: of the folder's volume; an upload that would leave less is refused with 503.
    `uploads_per_caller`: files an hour of one person with an account."""

    files_folder: Path
    files_most_bytes: int = 10 * MIB
    files_most_pixels: int = 50_000_000
    files_longest_side: int = 2_048
    files_unclaimed_hours: float = 24.0
    files_orphan_seconds: float = 3_600.0
    files_least_free_bytes: int = 512 * MIB
    uploads_per_caller: int = 600

    CHECKS = {
        "files_most_bytes": between(1, 100 * MIB),
        "files_most_pixels": between(1, 100_000_000),
        "files_longest_side": between(320, 8_192),
        "files_unclaimed_hours": between(0.01),
        "files_orphan_seconds": between(60),
        "files_least_free_bytes": between(0),
        "uploads_per_caller": between(1),
    }


class Sender(Protocol):
    """Somebody with an account, who sends files by a client."""

    @property
    def subject(self) -> str: ...
    @property
    def client_id(self) -> str: ...


def uploader_of(sender: Sender) -> str:
    """Returns the owner of an upload by somebody with an account."""
    return f"{sender.client_id}/{sender.subject}"


class _Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = TYPES


class Attachment(_Base):
    """A file that somebody sent. `name` is the original's, a text and no path; `latitude` and `longitude`, which a
    picture told, are for the owner's rules and in no answer; `scan` is as chassis.files.scanning says."""

    __tablename__ = "attachment"

    attachment_id: Mapped[str] = mapped_column(UUID(as_uuid=False), primary_key=True)
    key: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[bytes]
    name: Mapped[str]
    width: Mapped[int | None]
    height: Mapped[int | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    uploader: Mapped[str]
    scan: Mapped[str]
    uploaded_at: Mapped[datetime]
    owner_type: Mapped[str | None]
    owner_id: Mapped[str | None]

    @property
    def position(self) -> tuple[float, float] | None:
        """Latitude and longitude in degrees."""
        if self.latitude is None or self.longitude is None:
            return None
        return self.latitude, self.longitude


@dataclass(frozen=True)
class StoredFile:
    """A file that is durable under its key, and has no row yet."""

    key: str
    name: str
    content: "AcceptedContent"


class Files:
    """The attachments of a service, made once per process: `context.resources.files`."""

    def __init__(
        self, settings: FilesSettings, storage: Storage, scanner: Scanner | None = None
    ) -> None:
        self.settings = settings
        self.storage = storage
        self.scanner = scanner

    @classmethod
    def of(cls, settings: FilesSettings, scanner: Scanner | None = None) -> "Files":
        """Those kept in the folder of the settings."""
        folder = Folder(settings.files_folder, settings.files_least_free_bytes)
        return cls(settings, folder, scanner)

    def store(
        self, session: Session, upload: Upload, *, uploader: str, now: datetime, field: str = "file"
    ) -> Attachment:
        """`keep` and `add`, for a caller that has made no statement yet. Raises what `keep` does."""
        return self.add(session, self.keep(upload, field=field), uploader=uploader, now=now)

    def keep(self, upload: Upload, *, field: str = "file") -> "StoredFile":
        """Checks and rewrites an upload, which was the form's `field`, and makes it durable. A picture takes some ten
        milliseconds, a paper up to seconds: call it before the session's first statement, or the transaction waits
        with it, and is ended by the database after 10 s. Raises InvalidFields and StorageUnavailable."""
        # Not at the top: `work` never looks into a file, and needs no decoder.
        from chassis.files.content import Limits, accept_content
        from chassis.files.unacceptable import Unacceptable

        own = self.settings
        limits = Limits(own.files_most_bytes, own.files_most_pixels, own.files_longest_side)
        try:
            found = accept_content(upload.content, limits)
        except Unacceptable as error:
            raise InvalidFields([error.fault(field)]) from None
        key = token_hex(16)
        self.storage.put(key, found.content)
        return StoredFile(key, names.clean_name(upload.name, found.media_type), found)

    def add(
        self, session: Session, kept: "StoredFile", *, uploader: str, now: datetime
    ) -> Attachment:
        """Returns the row of a file that was kept before; without it the file is an orphan, and collected."""
        found = kept.content
        latitude, longitude = found.position or (None, None)
        row = Attachment(
            attachment_id=new_id(), key=kept.key, media_type=found.media_type, size=len(found.content),
            sha256=sha256(found.content).digest(), name=kept.name,
            width=found.width, height=found.height, latitude=latitude, longitude=longitude,
            uploader=uploader, scan=SCANNING if self.scanner else UNSCANNED, uploaded_at=now,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row

    def answer(
        self, row: Attachment, *, name: str | None = None
    ) -> tuple[bytes, int, dict[str, str]]:
        """Returns the file as an operation's answer; who may have it, the caller has decided. `name`, without an
        ending: what it's called instead of the original name. Raises NotFound for a file that isn't known to be clean,
        and StorageUnavailable."""
        if not self._may_be_served(row):
            raise NotFound
        return self.storage.read(row.key), 200, headers(row, name)

    def _may_be_served(self, row: Attachment) -> bool:
        return row.scan == CLEAN or (row.scan != INFECTED and self.scanner is None)


def headers(row: Attachment, name: str | None = None) -> dict[str, str]:
    """Those of a file's answer, beside the ones that every answer has."""
    called = row.name if name is None else names.clean_name(name, row.media_type)
    return {
        "Content-Type": row.media_type,
        "Content-Disposition": names.content_disposition(called, row.media_type),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": _SANDBOX,
        "Cache-Control": "private, max-age=300",
    }


def claim(
    session: Session,
    attachment_ids: Collection[str],
    *,
    owner_type: str,
    owner_id: str,
    uploader: str,
) -> Sequence[Attachment]:
    """Gives uploads to the thing that they belong to, all or none; a repetition changes nothing. Raises NotFound when
    one isn't there, isn't this uploader's, or is another thing's already."""
    wanted = sorted(set(attachment_ids))
    rows = session.scalars(
        select(Attachment)
        .where(Attachment.attachment_id.in_(wanted), Attachment.uploader == uploader)
        .order_by(Attachment.attachment_id)
        .with_for_update()
    ).all()
    owners = {(row.owner_type, row.owner_id) for row in rows}
    if len(rows) < len(wanted) or owners - {(None, None), (owner_type, owner_id)}:
        raise NotFound
    for row in rows:
        row.owner_type, row.owner_id = owner_type, owner_id
    session.flush()
    return rows


def claim_for_form(
    session: Session,
    attachment_ids: Collection[str],
    *,
    owner: tuple[str, str],
    uploader: str,
    fault: tuple[str, str],
) -> Sequence[Attachment]:
    """Claims what a form names, for an owner's type and id. `fault`: the form's field, and the code that tells of an
    upload that `claim` doesn't give, also of one that was dropped because nothing claimed it for a day. Raises
    InvalidFields."""
    owner_type, owner_id = owner
    try:
        return claim(
            session, attachment_ids, owner_type=owner_type, owner_id=owner_id, uploader=uploader
        )
    except NotFound:
        raise InvalidFields.of(*fault) from None


def reassign(
    session: Session, of: tuple[str, str], to: tuple[str, str] | None
) -> Sequence[Attachment]:
    """Gives all attachments of one thing, its type and id, to another one; to None, and they're nobody's, and are
    dropped after a day."""
    rows = attachments_of(session, of[0], [of[1]])
    for row in rows:
        row.owner_type, row.owner_id = to or (None, None)
    session.flush()
    return rows


def attachments_of(
    session: Session, owner_type: str, owner_ids: Collection[str]
) -> Sequence[Attachment]:
    """Returns the attachments of some things, in the order of their uploads."""
    statement = select(Attachment).where(
        Attachment.owner_type == owner_type, Attachment.owner_id.in_(owner_ids)
    )
    return session.scalars(statement.order_by(Attachment.attachment_id)).all()


def attachment_of(
    session: Session, attachment_id: str, *, owner_type: str, owner_id: str
) -> Attachment:
    """Raises NotFound, also for an attachment of something else."""
    row = session.get(Attachment, attachment_id)
    if row is None or (row.owner_type, row.owner_id) != (owner_type, owner_id):
        raise NotFound
    return row
