"""The forms that add a file to a tender or a lease and withdraw a file. Pure.

A draft changes at once. What is published changes by an amendment, which says why; `published` tells the form of one
from the other's, and `place` says how many files stand before a new one.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from portal.domain.entry_form import EntryField, body_of
from portal.domain.tasks import PREPARE_TENDERS, PUBLISH_TENDERS
from portal.domain.tender_desk import DRAFT, PUBLISHED

ADD, WITHDRAW = "file", "withdraw_file"
_HIDDEN = tuple(
    EntryField(name, "hidden", 40) for name in ("version", "offerings", "thing_id", "published", "place")
)  # fmt: skip
_REASON = tuple(
    EntryField(f"reason_{one}", "text", 2_000, f"reason.{one}", text=f"offering_reason_{one}")
    for one in ("ar", "en")
)


def add_fields(form: Mapping[str, str]) -> tuple[EntryField, ...]:
    """Returns the fields of a new file. `form`: what the hidden fields hold."""
    at = f"files.{form.get('place', '')}"
    return (
        *_HIDDEN,
        EntryField("kind", "choice", 20, f"{at}.kind", text="offering_file_kind"),
        EntryField("title_ar", "line", 150, f"{at}.title.ar", text="offering_file_title_ar"),
        EntryField("title_en", "line", 150, f"{at}.title.en", text="offering_file_title_en"),
        EntryField("photo", "file", 40, f"{at}.attachment_id", text="offering_file"),
        *_reason_fields(form),
    )


def withdraw_fields(form: Mapping[str, str]) -> tuple[EntryField, ...]:
    """Returns the fields of a withdrawal."""
    return (*_HIDDEN, *_reason_fields(form))


def _reason_fields(form: Mapping[str, str]) -> tuple[EntryField, ...]:
    return _REASON if form.get("published") else ()


def hidden_values(offerings: str, offering: Mapping[str, Any], thing_id: str) -> dict[str, str]:
    """Returns what the hidden fields begin with."""
    return {
        "version": str(offering["version"]),
        "offerings": offerings,
        "thing_id": thing_id,
        "published": "" if offering["status"] == DRAFT else "yes",
        "place": str(len(offering["files"])),
    }


def files_with(offering: Mapping[str, Any], typed: Mapping[str, str]) -> list[Mapping[str, Any]]:
    """Returns the files of an offering and the new one. What is empty is left out: the service names it."""
    title = {one: typed[f"title_{one}"] for one in ("ar", "en") if typed[f"title_{one}"]}
    named = {"kind": typed["kind"], "attachment_id": typed["photo"]}
    new = {"title": title, **{name: value for name, value in named.items() if value}}
    return [*offering["files"], new]


def files_without(offering: Mapping[str, Any], attachment_id: str) -> list[Mapping[str, Any]]:
    """Returns the files of an offering but one."""
    return [one for one in offering["files"] if one["attachment_id"] != attachment_id]


def amendment_of(
    typed: Mapping[str, str], files: Collection[Mapping[str, Any]]
) -> Mapping[str, Any]:
    """Returns the body of an amendment that changes the files alone."""
    return {**body_of(_REASON, typed), "files": list(files)}


def may_change_files(offering: Mapping[str, Any], scopes: Collection[str], now: datetime) -> bool:
    """Returns whether the page offers to add and withdraw files."""
    if offering["status"] == DRAFT:
        return PREPARE_TENDERS in scopes
    is_open = now < datetime.fromisoformat(offering["bids_until"])
    return offering["status"] == PUBLISHED and is_open and PUBLISH_TENDERS in scopes
