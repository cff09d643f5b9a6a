"""Names of files as people see them. A name is never a path, and its ending follows from the content."""

import re
import unicodedata
from urllib.parse import quote

LONGEST_NAME = 120
ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf"}
_SEPARATORS = re.compile(r"[/\\]")
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}$")
# What a shell, a file system or a header reads as more than a letter.
_RISKY = re.compile(r"[<>:\"|?*%;=`$&]")


def clean_name(name: str, media_type: str) -> str:
    """Returns the original name without folders, control characters and marks of direction, with the ending of its
    content; «file» when nothing is left of it."""
    last = _SEPARATORS.split(unicodedata.normalize("NFC", name))[-1]
    visible = "".join(one for one in last if unicodedata.category(one)[0] not in "CZ" or one == " ")
    stem = _RISKY.sub("_", visible).strip(" .")
    stem = _ENDING.sub("", stem).strip(" .")
    return (stem[:LONGEST_NAME].strip(" .") or "file") + ENDINGS[media_type]


def content_disposition(name: str, media_type: str) -> str:
    """Returns the header Content-Disposition (RFC 6266). Pictures may be shown in a page, everything else is a
    download."""
    how = "inline" if media_type.startswith("image/") else "attachment"
    plain = f"file{ENDINGS[media_type]}"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
