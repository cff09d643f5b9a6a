"""A history as people read it: what was done to which thing, by whom, and what changed, from and to."""

from collections.abc import Iterable, Mapping

from chassis.core import times
from chassis.data.aggregates import JournalEntry
from permits import catalogue
from permits.api.edge import View
from permits.domain import actions, certificates, fields
from permits.domain.certificates import CertificateKind
from permits.models import Certificate

PAIR = 2  # before and after
TITLES = {
    "permit-request": ("طلب الرخصة", "Permit request"),
    "permit": ("الرخصة", "Permit"),
    "certificate": ("الشهادة", "Certificate"),
    "release": ("إطلاق التيار", "Release of current"),
    "appeal": ("الاعتراض", "Appeal"),
}


def history_view(rows: Iterable[JournalEntry], held: Iterable[Certificate] = ()) -> View:
    """The contract's History. `held`: the certificates among what it tells of, so that each is named by its kind."""
    kinds = {one.certificate_id: CertificateKind(one.kind) for one in held}
    return {"items": [_action(row, kinds) for row in rows]}


def _title(pair: tuple[str, str]) -> View:
    return {"ar": pair[0], "en": pair[1]}


def _action(row: JournalEntry, kinds: Mapping[str, CertificateKind]) -> View:
    kind = kinds.get(row.aggregate_id)
    return {
        "at": times.shown(row.at),
        "action_title": _title(actions.TITLES[row.action]),
        "aggregate": row.aggregate_type,
        "aggregate_title": _title(
            certificates.TITLES[kind] if kind else TITLES[row.aggregate_type]
        ),
        "aggregate_id": row.aggregate_id,
        **row.record(),
        "note": fields.note_of(row.action, row.note),
        "changes": [_change(path, *pair) for path, pair in _pairs(row.details)],
    }


def _pairs(details: View | None) -> Iterable[tuple[str, list[object]]]:
    """What changed, from and to, of an entry that tells that; two defects are no change."""
    for path, pair in (details or {}).items():
        if fields.has_title(path) and isinstance(pair, list) and len(pair) == PAIR:
            yield path, pair


def _change(path: str, before: object, after: object) -> View:
    return {
        "field": path,
        "title": catalogue.paper_title(path.removeprefix("papers."))
        if path.startswith("papers.")
        else _title(fields.title_of(path)),
        "from": _words(path, before),
        "to": _words(path, after),
    }


def _words(path: str, value: object) -> str | None:
    branch = catalogue.municipalities().get(str(value)) if path == "municipality" else None
    return branch["ar"] if branch else fields.text_of(path, value)
