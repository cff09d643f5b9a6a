"""Why a certificate or a release is flagged, in words beside the code."""

from permits.api.edge import View
from permits.domain.fields import flag_title


def with_flag_titles(view: View) -> View:
    """The view, and what a permit's view tells of its certificates, with `flag_title` beside each `flag_reason`."""
    shown = {name: _deeper(part) for name, part in view.items()}
    if "flag_reason" in view:
        reason = view["flag_reason"]
        ar, en = flag_title(reason) if reason else ("", "")
        shown["flag_title"] = {"ar": ar, "en": en} if reason else None
    return shown


def _deeper(part: object) -> object:
    return with_flag_titles(part) if isinstance(part, dict) and "flag_reason" in part else part
