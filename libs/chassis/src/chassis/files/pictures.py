"""Pictures, measured before they're decoded, then turned upright, shrunk and written anew: of the bytes that were sent
none is kept, so no second file hides in them, and no place or device is told by them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps

from chassis.files.storage import StorageUnavailable
from chassis.files.unacceptable import Unacceptable
from chassis.files.work_slots import WorkSlots

# Our own limit is checked before a pixel is decoded; Pillow's would only warn.
Image.MAX_IMAGE_PIXELS = None
# MPO is what many phones write: a JPEG with a second one behind it, which isn't kept.
_FORMATS = {b"\xff\xd8\xff": ("JPEG", "MPO"), b"\x89PNG\r\n\x1a\n": ("PNG",)}
_QUALITY = 82
_SMALL_ENOUGH = 0.75  # of the longest side
# Each scan of a progressive picture goes over all its pixels again, 0.6 ms a megapixel; cameras write about ten scans.
_MOST_SCANS = 100
_MOST_SCANNED_PIXELS = 500_000_000
_SCAN = b"\xff\xda"
# Four bytes a pixel, and a second for 50 megapixels, however few bytes they came in: one thread at a time decodes a
# picture of more than 16 megapixels.
_LARGE_PIXELS = 16_000_000
_LARGE_SLOTS = WorkSlots(1, waiting=2)
_GPS = 0x8825
_ALPHA = {"RGBA", "LA", "PA", "La", "RGBa"}


@dataclass(frozen=True)
class Picture:
    """A picture as it's kept. `position`: latitude and longitude in degrees where the original told them."""

    content: bytes
    media_type: str
    width: int
    height: int
    position: tuple[float, float] | None


def is_picture(content: bytes) -> bool:
    """Returns whether the content begins as JPEG or PNG do."""
    return _formats(content) is not None


def rewrite_picture(content: bytes, *, most_pixels: int, longest_side: int) -> Picture:
    """Returns the picture as it's kept: PNG stays PNG. Raises Unacceptable: `file-damaged`, `too-many-pixels`,
    `too-many-scans`; StorageUnavailable when too many large ones wait."""
    try:
        with Image.open(BytesIO(content), formats=_formats(content)) as image:
            pixels = image.width * image.height
            if pixels > most_pixels:
                raise Unacceptable("too-many-pixels", limit=most_pixels // 1_000_000)
            if image.format != "PNG":
                _require_few_scans(content.count(_SCAN), pixels)
            if pixels <= _LARGE_PIXELS:
                return _encode(image, longest_side)
            with _LARGE_SLOTS.slot():
                return _encode(image, longest_side)
    except (Unacceptable, StorageUnavailable):
        raise
    except Exception as error:  # a decoder tells damage by errors of every kind
        raise Unacceptable("file-damaged") from error


def _require_few_scans(scans: int, pixels: int) -> None:
    if scans > _MOST_SCANS or scans * pixels > _MOST_SCANNED_PIXELS:
        raise Unacceptable("too-many-scans")


def _formats(content: bytes) -> tuple[str, ...] | None:
    return next((names for start, names in _FORMATS.items() if content.startswith(start)), None)


def _encode(image: Image.Image, longest_side: int) -> Picture:
    kind = "PNG" if image.format == "PNG" else "JPEG"
    position = _position(image.getexif())
    _shrink(image, kind, longest_side)
    upright = _convert_mode(ImageOps.exif_transpose(image), kind)
    upright.info.clear()  # comments, profiles and texts would be written again
    out = BytesIO()
    if kind == "PNG":
        upright.save(out, kind, compress_level=6)
    else:
        upright.save(out, kind, quality=_QUALITY)
    return Picture(out.getvalue(), f"image/{kind.lower()}", upright.width, upright.height, position)


def _shrink(image: Image.Image, kind: str, longest_side: int) -> None:
    """In place. The decoder of JPEG shrinks by whole steps while it decodes, which costs less than not to shrink, so a
    picture may end a quarter below the limit; only one that's still larger is resampled."""
    least = _SMALL_ENOUGH * longest_side / max(image.size)
    if kind == "JPEG" and least < 1:
        image.draft(None, (int(image.width * least) or 1, int(image.height * least) or 1))
    gap = None if kind == "JPEG" else 2.0
    image.thumbnail((longest_side, longest_side), Image.Resampling.BICUBIC, reducing_gap=gap)


def _convert_mode(image: Image.Image, kind: str) -> Image.Image:
    """Returns the picture in one of the modes that every viewer shows."""
    if kind == "PNG" and (image.mode in _ALPHA or "transparency" in image.info):
        return image.convert("RGBA")
    return image.convert("L" if image.mode in {"1", "L"} else "RGB")


def _position(exif: Any) -> tuple[float, float] | None:
    """Where the picture was taken; None when it isn't told, or not credibly."""
    try:
        gps: Mapping[int, Any] = exif.get_ifd(_GPS)
        latitude = _degrees(gps[2], gps.get(1) == "S")
        longitude = _degrees(gps[4], gps.get(3) == "W")
    except (KeyError, TypeError, ValueError, ZeroDivisionError, IndexError):
        return None
    credible = abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude or longitude)
    return (round(latitude, 6), round(longitude, 6)) if credible else None


def _degrees(parts: Any, negative: bool) -> float:
    """Raises ValueError for a part that is no number."""
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value):
        raise ValueError("not a number")
    return -value if negative else value
