"""What is kept of an upload. The type is decided by the content; what the sender says it is doesn't count."""

from dataclasses import dataclass

from chassis.files import judging, pictures
from chassis.files.unacceptable import Unacceptable

MIB = 1024 * 1024
# Kinds that a telephone may offer, so that its owner reads what to do.
_PICTURES_OF_OTHER_KINDS = {
    *(b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1", b"ftypmsf1", b"ftypavif", b"WEBPVP8"),
}


@dataclass(frozen=True)
class Kept:
    """Content that passed. `position` (degrees) of a picture that told it; width and height of a picture."""

    content: bytes
    media_type: str
    width: int | None = None
    height: int | None = None
    position: tuple[float, float] | None = None


@dataclass(frozen=True)
class Limits:
    """In bytes, in pixels of the picture that is sent, and in pixels of a side of the picture that is kept."""

    most_bytes: int
    most_pixels: int
    longest_side: int


def kept(content: bytes, limits: Limits) -> Kept:
    """Returns a picture written anew, or a PDF as it is. Raises Unacceptable: `file-empty`, `file-too-large`,
    `file-type`, `picture-type`, `file-damaged`, `too-many-pixels`, `too-many-scans`, and those of
    chassis.files.judging."""
    if not content:
        raise Unacceptable("file-empty")
    if len(content) > limits.most_bytes:
        raise Unacceptable("file-too-large", limit=limits.most_bytes // MIB)
    if pictures.is_picture(content):
        picture = pictures.rewritten(
            content, most_pixels=limits.most_pixels, longest_side=limits.longest_side
        )
        return Kept(
            picture.content, picture.media_type, picture.width, picture.height, picture.position
        )
    if content.startswith(judging.START):
        judging.check(content)
        return Kept(content, "application/pdf")
    other_kind = any(one in content[:16] for one in _PICTURES_OF_OTHER_KINDS)
    raise Unacceptable("picture-type" if other_kind else "file-type")
