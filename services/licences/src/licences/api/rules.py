"""The operations on versions of the rules."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any

from chassis.core.times import rfc3339
from chassis.data.aggregates import JournalEntry
from chassis.http.if_match import in_version_read
from licences.api.rule_files import read_rule_file
from licences.catalogue import document_before, municipalities, version_in_force
from licences.commands import rules as commands
from licences.commands.replay import request_replay
from licences.commands.rules import version_of
from licences.context import Call
from licences.domain.actors import require_governorate
from licences.domain.explanations import condition_title, outcome_title
from licences.domain.rule_differences import find_differences
from licences.domain.rule_rows import FeeRow
from licences.domain.rule_versions import TITLES, RulesChanged, possible_actions, standing
from licences.models import RuleVersion
from licences.queries import rules as queries
from saudi.days import legal_day
from saudi.formats import with_hijri
from saudi.money import riyals

View = dict[str, Any]
Body = Mapping[str, Any]
_DAYS = frozenset(("effective_from", "day"))


def list_rule_versions(call: Call) -> View:
    rows = queries.list_rule_versions(call.session, call.actor)
    today = legal_day(call.now)
    in_force = version_in_force(call.session, today)
    return {"items": [_version_view(row, in_force, today) for row in rows]}


def propose_rules(call: Call, body: Body) -> tuple[View, int]:
    require_governorate(call.actor)
    file = read_rule_file(
        body["file"].content,
        after=legal_day(call.now),
        document_before=partial(document_before, call.session),
    )
    return _details(call, commands.propose_rules(call.work, file)), 201


def get_rule_version(call: Call, rules: str) -> View:
    return _details(call, queries.get_rule_version(call.session, call.actor, rules))


def get_rule_file(call: Call, rules: str) -> tuple[bytes, int, dict[str, str]]:
    row = queries.get_rule_version(call.session, call.actor, rules)
    headers = {
        "Content-Type": "application/yaml",
        "Content-Disposition": f'attachment; filename="licence-rules-{row.name}.yaml"',
    }
    return row.source.encode(), 200, headers


def get_rule_document(call: Call, rules: str) -> View:
    return dict(queries.get_rule_version(call.session, call.actor, rules).document)


def propose_fee(call: Call, rules: str, body: Body) -> tuple[View, int]:
    fee = FeeRow(
        code=body["code"], halalas=body["amount"], since=body["since"], until=body.get("until")
    )
    row = commands.propose_fee(
        call.work, rules, fee, version=body["version"], effective_from=body["effective_from"]
    )
    return _details(call, row), 201


def get_rule_history(call: Call, rules: str) -> View:
    rows = queries.history_of_rules(call.session, call.actor, rules)
    return {"items": [_entry(row) for row in rows]}


def replay_rules(call: Call, rules: str, body: Body) -> tuple[View, int]:
    row = request_replay(call.work, rules, applications=body["applications"])
    return _details(call, row), 202


def approve_rules(call: Call, rules: str, body: Body) -> View:
    return _details(call, commands.approve_rules(call.work, rules, digest=body["digest"]))


@in_version_read(RulesChanged)
def withdraw_rules(call: Call, rules: str, body: Body) -> View:
    return _details(call, commands.withdraw_rules(call.work, rules, reason=body["reason"]))


def _version_view(row: RuleVersion, in_force: str | None, today: date) -> View:
    """The contract's RuleVersion."""
    view = {
        "name": row.name,
        "version": row.version,
        "status": standing(row.status, row.effective_from, today, is_in_force=row.name == in_force),
        "effective_from": row.effective_from.isoformat(),
        "proposed_at": rfc3339(row.proposed_at) if row.proposed_at else None,
        "proposed_by": row.proposed_by,
        "approved_at": rfc3339(row.loaded_at) if row.loaded_at else None,
        "approved_by": row.loaded_by,
    }
    return with_hijri(view, _DAYS)


def _details(call: Call, row: RuleVersion) -> View:
    """The contract's RuleVersionDetails."""
    call.session.flush()
    today, document = legal_day(call.now), row.document
    before = queries.version_before(call.session, row)
    found = find_differences(before.document, document, municipalities()) if before else []
    subject = call.actor.subject
    return {
        **_version_view(row, version_in_force(call.session, today), today),
        "digest": row.digest,
        "counts": {
            "activities": len(document["activities"]),
            "fees": len(document["fees"]),
            "conditions": len(document["on_false"]),
        },
        "compared_with": before.name if before else None,
        "differences": [one.record() for one in found],
        "replay": _replay_view(row.replay, row.effective_from) if row.replay else None,
        "actions": possible_actions(version_of(row), subject=subject, today=today),
    }


def _replay_view(replay: Mapping[str, Any], first_day: date) -> View:
    """The contract's Replay. An earlier release replayed on the first day alone, and kept no days."""
    listed = [{"day": first_day.isoformat(), **one} for one in replay["changes"]]
    return {
        **{name: value for name, value in replay.items() if name not in ("digest", "request")},
        "outcomes": _outcome_views(replay["outcomes"]),
        "days": [
            with_hijri({**one, "outcomes": _outcome_views(one["outcomes"])}, _DAYS)
            for one in replay.get("days", ())
        ],
        "changes": [_change_view(one) for one in listed],
    }


def _outcome_views(outcomes: Iterable[Mapping[str, Any]]) -> list[View]:
    return [_with_titles(one) for one in outcomes]


def _change_view(one: Mapping[str, Any]) -> View:
    view = {
        **_with_titles(one),
        "conditions": [condition_title(code).pair() for code in one["conditions"]],
        "fee_before": riyals(one["fee_before"]),
        "fee_after": riyals(one["fee_after"]),
    }
    return with_hijri(view, _DAYS)


def _with_titles(one: Mapping[str, Any]) -> View:
    titles = {f"{when}_title": outcome_title(one[when]) for when in ("before", "after")}
    return {**one, **titles}


def _entry(row: JournalEntry) -> View:
    title = TITLES.get(row.action, {"ar": row.action, "en": row.action})
    return {"at": rfc3339(row.at), "action_title": dict(title), **row.record()}
