"""Checks an upload and returns the content that is stored. The content decides the type, not what the sender says."""

from dataclasses import dataclass

from chassis.files import judging, pictures
from chassis.files.unacceptable import Unacceptable

MIB = 1024 * 1024
# Kinds that a telephone may offer, so that its owner reads what to do.
_PICTURES_OF_OTHER_KINDS = {
    *(b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1", b"ftypmsf1", b"ftypavif", b"WEBPVP8"),
}


@dataclass(frozen=True)
class AcceptedContent:
    """Content that passed the checks. A picture has width and height, and its `position` where its EXIF names one."""

    content: bytes
    media_type: str
    width: int | None = None
    height: int | None = None
    position: tuple[float, float] | None = None


@dataclass(frozen=True)
class Limits:
    """Most bytes of an upload, most pixels of a picture sent, and the longest side in pixels of a stored picture."""

    most_bytes: int
    most_pixels: int
    longest_side: int


def accept_content(content: bytes, limits: Limits) -> AcceptedContent:
    """Returns a picture encoded anew, or a PDF unchanged. Raises Unacceptable: `file-empty`, `file-too-large`,
    `file-type`, `picture-type`, `file-damaged`, `too-many-pixels`, `too-many-scans`, and those of
    chassis.files.judging."""
    if not content:
        raise Unacceptable("file-empty")
    if len(content) > limits.most_bytes:
        raise Unacceptable("file-too-large", limit=limits.most_bytes // MIB)
    if pictures.is_picture(content):
        picture = pictures.rewrite_picture(
            content, most_pixels=limits.most_pixels, longest_side=limits.longest_side
        )
        return AcceptedContent(
            picture.content, picture.media_type, picture.width, picture.height, picture.position
        )
    if content.startswith(judging.START):
        judging.check(content)
        return AcceptedContent(content, "application/pdf")
    other_kind = any(one in content[:16] for one in _PICTURES_OF_OTHER_KINDS)
    raise Unacceptable("picture-type" if other_kind else "file-type")
