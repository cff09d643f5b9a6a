"""The versions of the rules of licences: proposed as a file, replayed over earlier decisions, approved by another
person."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import flask

from chassis.http.problems import Problem
from pages import marks
from pages.forms import NO_FAULTS, Faults, FieldFault, by_field, place_faults
from pages.site import Visit
from portal.api import saved_forms
from portal.api.asking import ServiceProblem, answer_or_problem, ask
from portal.api.desk.action_forms import ActedThing, Thing, show_action, submit_action
from portal.api.desk.licences.things import history_of
from portal.api.files import chosen_file, post_upload, send_yaml_of
from portal.api.listing import done_of
from portal.domain.large_forms import RULE_FILES
from portal.domain.licence_rules import (
    ACTIONS,
    RULES,
    TONES,
    USUAL_REPLAY,
    is_replay_stuck,
    is_version_name,
    tables_address,
)
from portal.outside.services import ServiceAway

_VERSIONS = "/v1/licence-rules"
_DONE = ("propose", *ACTIONS)
_NOTHING = {"ar": "–", "en": "–"}


def show_versions(visit: Visit) -> flask.Response:
    """GET /desk/licences/rules."""
    items = answer_or_problem(visit, _VERSIONS)["items"]
    return visit.render(
        "desk_rules.html", versions=items, tones=TONES, tables=tables_address(items)
    )


def show_entry(visit: Visit) -> flask.Response:
    """GET /desk/licences/rules/new: the form for the file of a version."""
    return _show_entry(visit, was_kept="lost" in visit.query)


def submit_entry(visit: Visit) -> flask.Response:
    """POST /desk/licences/rules/new: proposes the version in the file. A file that comes with a worn-out token is lost,
    and the page says so."""
    file = chosen_file("file")
    if file is None:
        missing = Faults([FieldFault("file", visit.text("rules_file_needed"))])
        return _show_entry(visit, faults=missing, status=400)
    if saved_forms.is_token_worn_out(visit):
        return visit.see_other(f"{RULE_FILES}?lost=file")
    try:
        reply = post_upload(visit, _VERSIONS, file, media_type="application/yaml")
    except ServiceAway:
        return _show_entry(visit, is_away=True, status=503)
    if reply.status in (403, 404):
        raise ServiceProblem(reply)
    if reply.is_problem:
        faults = place_faults(reply.document, by_field(("file",)))
        return _show_entry(visit, faults=faults, status=reply.status)
    return visit.see_other(f"{RULES}/{reply.document['name']}?done=propose")


def _show_entry(
    visit: Visit,
    *,
    faults: Faults = NO_FAULTS,
    status: int = 200,
    is_away: bool = False,
    was_kept: bool = False,
) -> flask.Response:
    return visit.render(
        "desk_rules_new.html",
        status=status,
        faults=faults,
        is_away=is_away,
        was_kept=was_kept,
        tables=None if is_away else _tables_in_force(visit),
    )


def _tables_in_force(visit: Visit) -> str | None:
    """Returns the page on which a fee gets a new amount; None while the versions can't be read."""
    try:
        reply = ask(visit, _VERSIONS)
    except ServiceAway:
        return None
    return None if reply.is_problem else tables_address(reply.document["items"])


def show_version(visit: Visit, name: str) -> flask.Response:
    """GET /desk/licences/rules/{name}: what the version changes, its replay, and what the person may do."""
    path = path_of(name)
    version = answer_or_problem(visit, path)
    replay = version["replay"]
    return visit.render(
        "desk_rule.html",
        version=version,
        replay=replay,
        is_replay_stuck=bool(replay) and is_replay_stuck(replay["asked_at"], visit.now),
        tone=TONES[version["status"]],
        address=f"{RULES}/{name}",
        history=history_of(visit, path, _change_words),
        done=done_of(visit, _DONE),
    )


def _change_words(visit: Visit, details: Mapping[str, Any]) -> list[str]:
    """Returns each field that a proposal changed, before and after."""
    changes = details.get("changes")
    if not changes:
        return []
    day = f"{date.fromisoformat(details['effective_from']):%Y/%m/%d}"
    compared = visit.text("rules_journal_compared", name=details["compared_with"], day=day)
    left = details["change_count"] > len(changes)
    rest = [visit.text("rules_journal_rest", count=details["change_count"])] if left else []
    return [compared, *(_change_sentence(visit, one) for one in changes), *rest]


def _change_sentence(visit: Visit, change: Mapping[str, Any]) -> str:
    """Returns a difference as a sentence: the row with its code, the field, and what stood and stands there."""
    kind = "changed" if change["before"] and change["after"] else change["change"]
    title, field = change["title"][visit.language], change["field"][visit.language]
    code = f" {change['code']}" if change["part"] in ("activities", "fees") else ""
    words = {name: (change[name] or _NOTHING)[visit.language] for name in ("before", "after")}
    row = f"{title}{code}" if field == title else f"{title}{code}{visit.text('comma')} {field}"
    return visit.text(f"rules_journal_{kind}", row=row, **words)


def path_of(name: str) -> str:
    """Returns the service's path of a version. Raises Problem for what is no name of a version."""
    if not is_version_name(name):
        raise Problem("not-found")
    return f"{_VERSIONS}/{name}"


def send_file(visit: Visit, name: str) -> flask.Response:
    """GET /desk/licences/rules/{name}/file: with it the next version begins."""
    return send_yaml_of(visit, f"{path_of(name)}/file", f"licence-rules-{name}")


def _facts(visit: Visit, version: Thing) -> list[tuple[str, Any]]:
    """Returns what the form of an action shows of a version."""
    replay = version["replay"] or {}
    is_replayed = bool(replay.get("finished_at"))
    return [
        (visit.text("rules_version"), marks.code(version["name"])),
        (visit.text("rules_first_day"), marks.day(version["effective_from"], visit.language)),
        (visit.text("rules_digest"), marks.code(version["digest"])),
        (visit.text("rules_differences"), marks.code(len(version["differences"]))),
        (visit.text("rules_replayed"), marks.code(replay["decisions"]) if is_replayed else None),
        (visit.text("rules_unchanged"), marks.code(replay["unchanged"]) if is_replayed else None),
    ]


_VERSION = ActedThing(
    path=RULES,
    service_path=_VERSIONS,
    texts="rules",
    actions=ACTIONS,
    facts=_facts,
    lists=lambda _visit, _version: {},
    begins_with=lambda visit: {
        "applications": USUAL_REPLAY,
        "digest": visit.query.get("digest", ""),
    },
    shown_with={"approve": "desk_rule_approval.html"},
)


def show_rule_action(visit: Visit, name: str, action: str) -> flask.Response:
    """GET /desk/licences/rules/{name}/actions/{action}."""
    path_of(name)
    return show_action(visit, _VERSION, name, action)


def submit_rule_action(visit: Visit, name: str, action: str) -> flask.Response:
    """POST /desk/licences/rules/{name}/actions/{action}."""
    path_of(name)
    return submit_action(visit, _VERSION, name, action)
