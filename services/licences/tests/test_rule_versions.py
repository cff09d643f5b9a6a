"""Versions of the rules by HTTP: proposed, replayed by `work`, approved by another person, withdrawn."""

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from chassis.data.deadlines import pending
from chassis.data.unit_of_work import UnitOfWork
from licences.api.rule_files import MOST_VALUES, read_rule_file
from licences.catalogue import first_rules, rules_on
from licences.commands.replay import REPLAYER, run_replay
from licences.commands.rules import REPLAY, RuleFile, load_rules
from licences.domain.explanations import day_in_both_calendars
from licences.models import RuleVersion
from saudi.branches import DIGITS, GOVERNORATE
from saudi.days import hijri_text, legal_day

RULES = "/v1/licence-rules"
NEXT = f"{RULES}/2070.1"
FIRST_DAY = legal_day(datetime.now(UTC)) + timedelta(days=300)


def document(**changes: Any) -> dict[str, Any]:
    """Returns rules by which an owner is at least sixty, from a day that is far away."""
    found = deepcopy(dict(first_rules()))
    found["parameters"]["owner_age"] = 60
    return {**found, "version": "2070.1", "effective_from": FIRST_DAY.isoformat(), **changes}


def text_of(content: Any) -> str:
    """Returns the content as YAML without anchors, also where a value stands twice."""
    text: str = yaml.safe_dump(json.loads(json.dumps(content)), allow_unicode=True, sort_keys=False)
    return text


@pytest.fixture
def manager(token: Any) -> Any:
    """Returns a function that makes the token of a person who manages the rules."""

    def of(subject: str = "p_manager", **claims: Any) -> Any:
        return token("licence-rules.manage", sub=subject, **claims)

    return of


@pytest.fixture
def propose(client: Any, manager: Any, rules: None) -> Any:
    """Returns a function that sends a file, and gives the answer."""

    def send(text: str | None = None, **claims: Any) -> Any:
        content = text_of(document()) if text is None else text
        file = {"file": ("rules.yaml", content.encode(), "application/yaml")}
        return client.post(RULES, files=file, headers=manager(**claims))

    return send


@pytest.fixture
def replayed(propose: Any, client: Any, manager: Any, session: Any, now: Any) -> Any:
    """Returns a function that proposes rules, and replays them."""

    def make(applications: int = 100) -> Any:
        propose()
        request = {"applications": applications}
        asked = client.post(f"{NEXT}/replay", json=request, headers=manager())
        assert (asked.status_code, asked.json()["replay"]["finished_at"]) == (202, None)
        run_replay(UnitOfWork(session, REPLAYER, now), "2070.1 2")
        session.flush()
        return client.get(NEXT, headers=manager()).json()

    return make


def test_a_proposal_decides_nothing(propose: Any, session: Any) -> None:
    answer = propose()

    assert answer.status_code == 201
    told = answer.json()
    assert (told["status"], told["compared_with"]) == ("proposed", "2026.1")
    assert [one["after"]["en"] for one in told["differences"]] == ["60"]
    assert rules_on(session, FIRST_DAY).version == "2026.1"


def test_all_faults_of_a_file_are_named_with_line_and_column(propose: Any) -> None:
    wrong = document(effective_from="2026-02-30")
    wrong["fees"][0]["halalas"] = -1
    del wrong["activities"][0]["kinds"]

    answer = propose(text_of(wrong))

    assert answer.status_code == 400
    faults = answer.json()["errors"]
    assert {one["field"] for one in faults} == {"file"}
    words = " ".join(one["detail"] for one in faults)
    assert len(faults) == 3
    assert "السطر" in words
    for place in ("effective_from", "fees.0.halalas", "activities.0.kinds"):
        assert place in words


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("version: [", "rules-form"),
        ("", "file-empty"),
        ("a: &a [*a]", "rules-form"),
        ("a: &a 1", "rules-form"),
        ("a: 1\nb: *a", "rules-form"),
        (f"{'k' * 201}: 1", "rules-form"),
        ("[" * 102 + "]" * 102, "rules-form"),
        ("a: [" + "1," * MOST_VALUES + "]", "rules-too-large"),
        ("a: 1\na: 2", "rules-fault"),
        ("2027: 1", "rules-form"),
        ("on_false: {no: refuse}", "rules-form"),
        ("~: 1", "rules-form"),
        ("? [a]\n: 1", "rules-form"),
        ("? !!str [a]\n: 1", "rules-form"),
        ("a: !!binary aGVsbG8=", "rules-form"),
        ("a: !!set {b}", "rules-form"),
        ("a: !!timestamp 2027-01-01", "rules-form"),
        ("a: !!bool b", "rules-form"),
        ("a: !!int ''", "rules-form"),
        ('a: "\\0"', "rules-form"),
        ('a: "\\ud800"', "rules-form"),
        ('"\\0": a', "rules-form"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused(propose: Any, text: str, code: str) -> None:
    answer = propose(text)

    assert answer.status_code == 400
    assert [one["code"] for one in answer.json()["errors"]] == [code]


def test_a_text_that_is_not_kept_is_named_at_its_place(propose: Any) -> None:
    text = text_of(document()).replace("رسم المساحة", '"\\0"', 1)

    (fault,) = propose(text).json()["errors"]

    line = next(place for place, one in enumerate(text.splitlines(), 1) if "\\0" in one)
    assert (fault["code"], str(line) in fault["detail"]) == ("rules-form", True)


def test_a_day_needs_no_quotes_and_the_file_is_given_back(
    propose: Any, client: Any, manager: Any
) -> None:
    text = "# قرار 12\n" + text_of(document()).replace(f"'{FIRST_DAY}'", str(FIRST_DAY))

    assert propose(text).status_code == 201
    file = client.get(f"{NEXT}/file", headers=manager())

    assert file.content.decode() == text
    assert file.headers["content-type"] == "application/yaml"


def test_the_first_day_may_be_hijri(propose: Any) -> None:
    answer = propose(text_of(document(effective_from=hijri_text(FIRST_DAY))))

    assert answer.json()["effective_from"] == FIRST_DAY.isoformat()


def test_a_proposal_begins_after_today(propose: Any) -> None:
    answer = propose(text_of(document(effective_from="2026-01-01")))

    assert answer.status_code == 400
    assert "effective_from" in answer.json()["errors"][0]["detail"]


def test_a_name_is_taken_once_until_its_proposal_is_withdrawn(
    propose: Any, client: Any, manager: Any
) -> None:
    propose()

    assert propose().json()["type"].endswith("rules-known")
    reason = {"reason": "خطأ في الرسوم"}
    withdrawn = client.post(f"{NEXT}/withdraw", json=reason, headers=manager())
    assert withdrawn.json()["status"] == "withdrawn"
    again = propose(subject="p_other").json()
    assert (again["status"], again["proposed_by"], again["replay"]) == ("proposed", "p_other", None)


def test_a_replay_tells_what_would_differ(
    submit_and_decide: Any, shop: Any, professional: Any, replayed: Any, session: Any
) -> None:
    row = submit_and_decide(shop())
    submit_and_decide(professional())
    session.flush()

    replay = replayed()["replay"]

    assert (replay["decisions"], replay["unchanged"]) == (2, 0)
    assert [(one["before"], one["after"], one["count"]) for one in replay["outcomes"]] == [
        ("issued", "refused", 2)
    ]
    listed = {one["application_id"]: one for one in replay["changes"]}
    assert [one["en"] for one in listed[row.application_id]["conditions"]] == ["The owner's age"]
    assert (row.status, row.outcome) == ("awaiting_payment", "issued")


def test_a_replay_tries_each_day_on_which_a_fee_changes(
    submit_and_decide: Any, shop: Any, propose: Any, client: Any, manager: Any, session: Any, now: Any
) -> None:  # fmt: skip
    row = submit_and_decide(shop())
    small, *others = first_rules()["fees"]
    march, may = (FIRST_DAY + timedelta(days=days) for days in (60, 120))
    fees = [
        {**small, "until": str(march - timedelta(days=1))},
        {**small, "halalas": 9_999_900, "since": str(march), "until": str(may - timedelta(days=1))},
        {**small, "since": str(may)},
        *others,
    ]
    propose(text_of(document(parameters=first_rules()["parameters"], fees=fees)))
    client.post(f"{NEXT}/replay", json={"applications": 10}, headers=manager())

    run_replay(UnitOfWork(session, REPLAYER, now), "2070.1 2")
    session.flush()

    replay = client.get(NEXT, headers=manager()).json()["replay"]
    assert (replay["decisions"], replay["unchanged"]) == (1, 0)
    assert [(one["day"], one["unchanged"]) for one in replay["days"]] == [
        (str(FIRST_DAY), 1),
        (str(march), 0),
        (str(may), 1),
    ]
    (change,) = replay["changes"]
    assert (change["application_id"], change["day"]) == (row.application_id, str(march))
    assert change["day_hijri"] == hijri_text(march)
    assert (change["fee_before"], change["fee_after"]) == ("480.00", "100179.00")


def test_a_replay_takes_the_newest_decisions(
    submit_and_decide: Any, professional: Any, propose: Any, client: Any, manager: Any,
    session: Any, now: Any,
) -> None:  # fmt: skip
    submit_and_decide(professional())
    propose(text_of(document(parameters=first_rules()["parameters"])))
    client.post(f"{NEXT}/replay", json={"applications": 1}, headers=manager())
    row = session.get(RuleVersion, "2070.1")
    assert REPLAY in pending(session, row.aggregate_type, "2070.1 2")

    run_replay(UnitOfWork(session, REPLAYER, now), "2070.1 2")

    assert (row.replay["decisions"], row.replay["unchanged"], row.replay["changes"]) == (1, 1, [])


def test_another_person_approves_what_was_replayed(
    replayed: Any, client: Any, manager: Any, session: Any
) -> None:
    told = replayed()
    read = {"digest": told["digest"]}
    approve = f"{NEXT}/approve"

    own = client.post(approve, json=read, headers=manager())
    other = client.post(approve, json={"digest": "0" * 64}, headers=manager("p_second"))
    answer = client.post(approve, json=read, headers=manager("p_second"))

    assert (told["actions"], own.json()["type"].rpartition("/")[2]) == (
        ["replay", "withdraw"],
        "rules-own",
    )
    assert other.json()["type"].endswith("rules-changed")
    assert (answer.status_code, answer.json()["status"]) == (200, "upcoming")
    assert rules_on(session, FIRST_DAY).version == "2070.1"
    history = client.get(f"{NEXT}/history", headers=manager()).json()["items"]
    acts = {one["action"]: one["action_title"]["en"] for one in history}
    assert acts.keys() == {"propose", "replay", "replayed", "approve"}


def test_nothing_is_approved_without_a_replay(propose: Any, client: Any, manager: Any) -> None:
    digest = propose().json()["digest"]

    answer = client.post(f"{NEXT}/approve", json={"digest": digest}, headers=manager("p_second"))

    assert answer.json()["type"].endswith("rules-not-replayed")


def test_nothing_is_approved_after_a_replay_of_one_application(
    submit_and_decide: Any, professional: Any, replayed: Any, client: Any, manager: Any
) -> None:
    submit_and_decide(professional())
    told = replayed(applications=1)

    read = {"digest": told["digest"]}
    answer = client.post(f"{NEXT}/approve", json=read, headers=manager("p_second"))

    assert told["replay"]["decisions"] == 1
    assert answer.json()["type"].endswith("rules-not-replayed")
    assert "500" in answer.json()["detail"]
    seen = client.get(NEXT, headers=manager("p_second")).json()
    assert "approve" not in seen["actions"]


def test_an_approved_version_is_withdrawn_before_its_first_day_and_not_after(
    replayed: Any, client: Any, manager: Any, session: Any
) -> None:
    told = replayed()
    client.post(f"{NEXT}/approve", json={"digest": told["digest"]}, headers=manager("p_second"))
    reason = {"reason": "أُجل القرار"}

    answer = client.post(f"{NEXT}/withdraw", json=reason, headers=manager())
    in_force = client.post(f"{RULES}/2026.1/withdraw", json=reason, headers=manager())

    assert answer.json()["status"] == "withdrawn"
    assert rules_on(session, FIRST_DAY).version == "2026.1"
    assert in_force.json()["type"].endswith("rules-in-force")


def test_one_version_is_approved_for_a_day(
    replayed: Any, client: Any, manager: Any, session: Any, now: Any
) -> None:
    told = replayed()
    approval = {"digest": told["digest"]}
    load_rules(
        UnitOfWork(session, REPLAYER, now),
        RuleFile("# 2070.2", document(version="2070.2", parameters=first_rules()["parameters"])),
    )

    answer = client.post(f"{NEXT}/approve", json=approval, headers=manager("p_second"))

    assert answer.json()["type"].endswith("rules-day-taken")
    assert "2070.2" in answer.json()["detail"]
    assert client.get(NEXT, headers=manager()).json()["compared_with"] == "2070.2"
    taken = client.get(f"{RULES}/2070.2", headers=manager()).json()
    assert (taken["compared_with"], taken["differences"]) == ("2026.1", [])


def test_rows_are_looked_at_again_beside_a_version_approved_since_the_proposal(
    propose: Any, client: Any, manager: Any, session: Any, now: Any
) -> None:
    small, *others = first_rules()["fees"]
    change = FIRST_DAY - timedelta(days=9)
    earlier = {**small, "until": str(change - timedelta(days=1))}
    later = {**small, "halalas": small["halalas"] + 100, "since": str(change)}
    told = propose(text_of(document(fees=[earlier, later, *others]))).json()
    client.post(f"{NEXT}/replay", json={"applications": 500}, headers=manager())
    run_replay(UnitOfWork(session, REPLAYER, now), "2070.1 2")
    other = document(
        version="2070.2",
        effective_from=str(FIRST_DAY - timedelta(days=5)),
        fees=[{**small, "halalas": small["halalas"] + 200}, *others],
    )
    load_rules(UnitOfWork(session, REPLAYER, now), RuleFile("# 2070.2", other))

    approval = {"digest": told["digest"]}
    answer = client.post(f"{NEXT}/approve", json=approval, headers=manager("p_second"))

    (fault,) = answer.json()["errors"]
    assert (fault["field"], fault["code"]) == ("fees.0.until", "rule-row-past")
    assert client.get(NEXT, headers=manager()).json()["status"] == "proposed"


def with_fee(name: str, day: int, halalas: int) -> RuleFile:
    """Returns a version that holds so many days after FIRST_DAY and changes the first fee alone."""
    small, *others = first_rules()["fees"]
    content = document(
        version=name,
        effective_from=str(FIRST_DAY + timedelta(days=day)),
        fees=[{**small, "halalas": halalas}, *others],
        parameters=first_rules()["parameters"],
    )
    return RuleFile(f"# {name}", content)


def load(session: Any, now: Any, file: RuleFile) -> None:
    load_rules(UnitOfWork(session, REPLAYER, now), file)


def test_a_version_whose_change_an_approved_later_one_takes_back_is_not_approved(
    replayed: Any, client: Any, manager: Any, session: Any, now: Any
) -> None:
    told = replayed()  # it changes the owner's least age, of which the later version knows nothing
    load(session, now, with_fee("2070.2", 31, 99_900))

    approval = {"json": {"digest": told["digest"]}, "headers": manager("p_second")}
    refused = client.post(f"{NEXT}/approve", **approval)
    client.post(f"{RULES}/2070.2/withdraw", json={"reason": "يسبقه آخر"}, headers=manager())
    approved = client.post(f"{NEXT}/approve", **approval)

    assert (refused.status_code, approved.status_code) == (409, 200)
    assert refused.json()["type"].endswith("rules-successor")
    assert "2070.2" in refused.json()["detail"]


def test_a_version_that_an_approved_later_one_builds_on_is_approved(
    replayed: Any, client: Any, manager: Any, session: Any, now: Any
) -> None:
    told = replayed()
    later = document(version="2070.2", effective_from=str(FIRST_DAY + timedelta(days=31)))
    load(session, now, RuleFile("# 2070.2", later))

    approval = {"json": {"digest": told["digest"]}, "headers": manager("p_second")}

    assert client.post(f"{NEXT}/approve", **approval).status_code == 200


def test_a_version_whose_change_an_approved_later_one_keeps_is_not_withdrawn_alone(
    client: Any, manager: Any, session: Any, now: Any, rules: None
) -> None:
    for name, day in (("2070.1", 0), ("2070.2", 31)):
        load(session, now, with_fee(name, day, 99_900))
    reason = {"json": {"reason": "أُجل القرار"}, "headers": manager()}

    refused = client.post(f"{RULES}/2070.1/withdraw", **reason)
    later = client.post(f"{RULES}/2070.2/withdraw", **reason)
    withdrawn = client.post(f"{RULES}/2070.1/withdraw", **reason)

    assert refused.json()["type"].endswith("rules-successor")
    assert "2070.2" in refused.json()["detail"]
    assert (later.status_code, withdrawn.json()["status"]) == (200, "withdrawn")


def test_a_version_that_a_later_one_has_taken_back_is_withdrawn(
    client: Any, manager: Any, session: Any, now: Any, rules: None
) -> None:
    usual = first_rules()["fees"][0]["halalas"]
    for name, day, halalas in (("2070.1", 0, 99_900), ("2070.2", 31, usual)):
        load(session, now, with_fee(name, day, halalas))

    answer = client.post(f"{NEXT}/withdraw", json={"reason": "أُجل"}, headers=manager())

    assert answer.json()["status"] == "withdrawn"


def test_a_withdrawal_says_why(propose: Any, client: Any, manager: Any) -> None:
    propose()

    answer = client.post(f"{NEXT}/withdraw", json={"reason": " . "}, headers=manager())

    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [
        ("reason", "required")
    ]
    assert client.get(NEXT, headers=manager()).json()["status"] == "proposed"


def test_what_the_command_line_loads_has_no_proposer(
    replayed: Any, client: Any, manager: Any, session: Any, now: Any
) -> None:
    replayed()
    client.post(f"{NEXT}/withdraw", json={"reason": "خطأ"}, headers=manager())

    load_rules(UnitOfWork(session, REPLAYER, now), RuleFile("# other", document()))

    told = client.get(NEXT, headers=manager()).json()
    assert (told["proposed_at"], told["proposed_by"], told["replay"]) == (None, None, None)
    assert (told["status"], told["approved_by"]) == ("upcoming", REPLAYER.subject)


def test_a_version_is_withdrawn_as_the_person_has_read_it(
    propose: Any, client: Any, manager: Any
) -> None:
    first, reason = propose().json(), {"reason": "خطأ في الرسوم"}
    client.post(f"{NEXT}/withdraw", json=reason, headers=manager())
    second = propose().json()

    def withdraw(told: Any) -> Any:
        read = {"If-Match": f'"{told["version"]}"'}
        return client.post(f"{NEXT}/withdraw", json=reason, headers={**manager(), **read})

    assert withdraw(first).json()["type"].endswith("rules-changed")
    assert client.get(NEXT, headers=manager()).json()["status"] == "proposed"
    assert withdraw(second).json()["status"] == "withdrawn"


def test_the_list_says_which_version_is_in_force(propose: Any, client: Any, manager: Any) -> None:
    propose()

    items = client.get(RULES, headers=manager()).json()["items"]

    assert [(one["name"], one["status"]) for one in items] == [
        ("2070.1", "proposed"),
        ("2026.1", "in_force"),
    ]
    assert items[1]["effective_from_hijri"] == "1447/07/12"


def test_rows_that_never_hold_and_days_without_a_row_are_refused_together(propose: Any) -> None:
    small, medium, *others = first_rules()["fees"]
    day_before, later = FIRST_DAY - timedelta(days=1), FIRST_DAY + timedelta(days=30)
    fees = [
        {**small, "until": str(day_before)},
        {**medium, "until": str(day_before)},
        {**medium, "since": str(later)},
        *others,
    ]

    answer = propose(text_of(document(fees=fees)))

    assert answer.status_code == 400
    words = [one["detail"] for one in answer.json()["errors"]]
    assert len(words) == 2
    assert all(part in words[0] for part in ("fees.0.until", "licence-small", "فلا يُطبق أبدًا"))
    assert all(part in words[1] for part in ("fees.2.since", "licence-medium"))
    assert all(f"{day:%Y/%m/%d}" in words[1] for day in (FIRST_DAY, later - timedelta(days=1)))


def test_a_new_amount_for_days_before_the_version_is_refused_at_its_field(
    client: Any, manager: Any, rules: None
) -> None:
    path = f"{RULES}/{first_rules()['version']}/fees"
    row = {"version": "2070.1", "effective_from": str(FIRST_DAY), "code": "sign", "amount": "5"}
    days = {"since": "2026-03-01", "until": "2026-03-31"}

    answer = client.post(path, json={**row, **days}, headers=manager())

    (fault,) = answer.json()["errors"]
    assert (answer.status_code, fault["field"], fault["code"]) == (400, "until", "rule-row-past")


def test_the_history_of_a_proposal_shows_what_each_row_replaced(
    client: Any, manager: Any, rules: None
) -> None:
    first = FIRST_DAY.isoformat()
    row = {"version": "2070.1", "effective_from": first, "code": "sign", "since": first}
    base = f"{RULES}/{first_rules()['version']}/fees"
    client.post(base, json={**row, "amount": "150"}, headers=manager())
    client.post(f"{NEXT}/fees", json={**row, "amount": "1500"}, headers=manager())

    history = client.get(f"{NEXT}/history", headers=manager("p_second")).json()["items"]

    told = [one["details"] for one in history if one["action"] == "propose"]
    assert [one["compared_with"] for one in told] == [first_rules()["version"], "2070.1"]
    assert {one["effective_from"] for one in told} == {first}
    (mistyped,) = told[1]["changes"]
    assert (mistyped["code"], mistyped["before"]["en"], mistyped["after"]["en"]) == (
        "sign",
        "SAR 150.00",
        "SAR 1,500.00",
    )
    ended = next(one for one in told[0]["changes"] if one["change"] == "changed")
    assert (ended["field"]["en"], ended["before"]) == ("Until", None)
    day = day_in_both_calendars(first).en
    assert (f"Amount from {day}", "SAR 150.00") in {
        (one["field"]["en"], one["after"]["en"])
        for one in told[0]["changes"]
        if one["change"] == "added"
    }
    assert told[0]["change_count"] == len(told[0]["changes"])


def test_the_history_of_a_file_shows_what_it_changes_of_the_version_before(
    propose: Any, client: Any, manager: Any
) -> None:
    propose()
    client.post(f"{NEXT}/withdraw", json={"reason": "خطأ"}, headers=manager())
    propose(text_of(document(parameters=first_rules()["parameters"])))

    history = client.get(f"{NEXT}/history", headers=manager()).json()["items"]

    first, second = (one["details"] for one in history if one["action"] == "propose")
    assert [(one["before"]["en"], one["after"]["en"]) for one in first["changes"]] == [("18", "60")]
    assert (second["compared_with"], second["changes"]) == ("2026.1", [])


@pytest.mark.parametrize("branch", sorted(set(DIGITS) - {GOVERNORATE}))
def test_a_branch_has_no_rules_of_its_own(
    propose: Any, client: Any, manager: Any, session: Any, branch: str
) -> None:
    propose()
    header = manager("p_branch", municipality=branch)
    digest, reason = {"digest": "0" * 64}, {"reason": "لا نريده"}

    answers = [
        client.get(RULES, headers=header),
        *(client.get(f"{NEXT}{end}", headers=header) for end in ("", "/file", "/history")),
        client.post(f"{NEXT}/replay", json={"applications": 1}, headers=header),
        client.post(f"{NEXT}/approve", json=digest, headers=header),
        client.post(f"{NEXT}/withdraw", json=reason, headers=header),
        propose(text_of(document(version="2070.2")), subject="p_branch", municipality=branch),
        propose("version: [", subject="p_branch", municipality=branch),
    ]

    assert {one.status_code for one in answers} == {404}
    assert set(session.scalars(select(RuleVersion.status))) == {"approved", "proposed"}


def test_the_scope_is_needed(client: Any, token: Any) -> None:
    answer = client.get(RULES, headers=token("licences.manage"))

    assert answer.status_code == 403


def fee_rows(content: Any, code: str = "licence-small") -> list[tuple[int, str, str | None]]:
    return [
        (one["halalas"], one["since"], one.get("until"))
        for one in content["fees"]
        if one["code"] == code
    ]


def test_a_fee_gets_a_row_with_its_day_and_a_proposal_takes_further_rows(
    client: Any, manager: Any, rules: None
) -> None:
    base, first = first_rules()["version"], FIRST_DAY.isoformat()
    row = {
        "version": "2070.1",
        "effective_from": first,
        "code": "licence-small",
        "amount": "400.50",
    }

    made = client.post(f"{RULES}/{base}/fees", json={**row, "since": first}, headers=manager())
    more = {**row, "code": "sign", "amount": "150", "since": first}
    again = client.post(f"{NEXT}/fees", json=more, headers=manager())
    other = client.post(f"{NEXT}/fees", json=more, headers=manager("p_other"))

    content = client.get(f"{NEXT}/document", headers=manager()).json()
    day_before = (FIRST_DAY - timedelta(days=1)).isoformat()
    assert (made.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert fee_rows(content) == [(30000, "2026-01-01", day_before), (40050, first, None)]
    assert fee_rows(content, "sign") == [(10000, "2026-01-01", day_before), (15000, first, None)]
    assert {one["code"] for one in again.json()["differences"]} == {"licence-small", "sign"}
    file = client.get(f"{NEXT}/file", headers=manager()).content
    assert read_rule_file(file).document == content


def test_a_fee_that_is_sent_twice_is_proposed_once(client: Any, manager: Any, rules: None) -> None:
    path, first = f"{RULES}/{first_rules()['version']}/fees", FIRST_DAY.isoformat()
    row = {"version": "2070.1", "effective_from": first, "code": "sign", "amount": "150"}
    headers = {**manager(), "Idempotency-Key": "fee-1"}

    made, again = (
        client.post(path, json={**row, "since": first}, headers=headers) for _ in range(2)
    )

    assert (made.status_code, again.status_code) == (201, 201), again.text
    assert made.json() == again.json()


def test_a_row_of_the_same_day_is_replaced_and_faults_stand_at_their_fields(
    client: Any, manager: Any, rules: None
) -> None:
    path, first = f"{RULES}/{first_rules()['version']}/fees", FIRST_DAY.isoformat()
    row = {"version": "2070.1", "effective_from": first, "code": "area", "amount": "5"}
    client.post(path, json={**row, "since": "2026-01-01"}, headers=manager())

    content = client.get(f"{NEXT}/document", headers=manager()).json()
    wrong = [
        {**row, "since": first, "until": "2026-01-01"},
        {**row, "since": first, "effective_from": "2026-01-01"},
        {**row, "since": first, "code": "none-such"},
    ]
    faults = [
        client.post(path, json=one, headers=manager()).json()["errors"][0]["field"] for one in wrong
    ]

    assert fee_rows(content, "area") == [(500, "2026-01-01", None)]
    assert faults == ["until", "effective_from", "code"]
