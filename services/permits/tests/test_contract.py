"""The contract, the reference data and the rules say the same."""

import re
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.orm import Session

import permits
from chassis.core import contracts, refusals
from chassis.core.settings import Settings as BaseSettings
from chassis.data import migrations
from permits import catalogue, events
from permits.api import views
from permits.domain import (
    actions,
    actors,
    appeals,
    certificates,
    corrections,
    documents,
    fees,
    fields,
    imports,
    land,
    occupancy,
    older,
    owners,
    people,
    release_rules,
    releases,
    requests,
)
from permits.domain import permits as permit_rules
from permits.domain.supply import EntryKind
from permits.models import Appeal, Base, Certificate, Invoice, Permit, PermitRequest, Release
from permits.settings import Settings

SCHEMAS = contracts.openapi("permits")["components"]["schemas"]
PROBLEMS = contracts.problem_types()


def test_every_class_of_use_has_its_words() -> None:
    assert list(documents.USE_CLASS_TITLES) == SCHEMAS["UseClass"]["enum"]


def test_every_state_of_a_document_is_one_of_the_contract() -> None:
    declared = set(SCHEMAS["VerifiedDocument"]["properties"]["state_today"]["enum"])
    ours = set(documents.STATE_TITLES) | set(map(str, permit_rules.STATUS_TITLES))
    assert ours | {"replaced", "revoked_key"} == declared


def test_every_word_of_a_contract_that_a_permits_paper_shows_has_its_words() -> None:
    def words(schema: str, name: str) -> set[str]:
        return set(SCHEMAS[schema]["properties"][name]["enum"])

    assert set(owners.ID_TITLES) | {"none"} == words("OwnerInput", "id_type")
    assert set(owners.OWNER_TITLES) == words("OwnerInput", "owner_type")
    assert set(land.DEED_TITLES) == words("DeedInput", "type")
    assert set(owners.CAPACITIES) == words("Representative", "capacity")


def test_every_reason_of_a_flag_has_its_words() -> None:
    refused = {str(code) for code in certificates.Refusal}
    of_insulation = refused - {"insulation-of-another-permit", "permit-not-valid"}
    others = {release_rules.PERMIT_CANCELLED, release_rules.OCCUPANCY_MISSING}
    others |= {release_rules.NO_RULE, permit_rules.WITHOUT_BUILDING, "completion-revoked"}
    others |= {certificates.PERMIT_REPLACED}

    assert of_insulation | others == set(fields.FLAG_TITLES)


def test_every_kind_of_thing_in_a_history_has_a_title() -> None:
    entry = SCHEMAS["History"]["properties"]["items"]["items"]["properties"]

    assert list(views.AGGREGATE_TITLES) == entry["aggregate"]["enum"]


def test_the_tables_are_those_of_the_models(session: Session) -> None:
    context = MigrationContext.configure(
        session.connection(),
        opts={
            "compare_type": True,
            "include_name": lambda name, kind, _: kind != "table" or not migrations.owns(name),
        },
    )

    assert compare_metadata(context, Base.metadata) == []


def test_municipalities_and_towns_are_those_of_the_reference() -> None:
    places = contracts.read("reference/places.yaml")

    assert SCHEMAS["Municipality"]["enum"] == [place["code"] for place in places["municipalities"]]
    assert SCHEMAS["Town"]["enum"] == [town["ar"] for town in places["towns"]]


def test_the_words_of_the_kinds_are_those_of_the_reference() -> None:
    kinds = catalogue.kinds()

    assert {name: (one["ar"], one["en"]) for name, one in kinds.items()} == {
        str(kind): (rule.ar, rule.en) for kind, rule in permit_rules.KINDS.items()
    }
    assert all(one["documents"] for one in kinds.values())


def test_districts_are_known_by_town_and_name() -> None:
    towns = contracts.read("reference/places.yaml")["towns"]

    for town in towns:
        names = [district["ar"] for district in town["districts"]]
        assert len(names) == len(set(names)), town["code"]
    assert "رأس تنورة" not in {town["ar"] for town in towns}


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        ("Origin", older.Origin),
        ("PermitKind", permit_rules.Kind),
        ("PermitStatus", permit_rules.Status),
        ("EffectiveStatus", [*permit_rules.Status, permit_rules.EXPIRED]),
        ("RequestStatus", requests.Status),
        ("ReleaseStatus", releases.Status),
        ("AppealStatus", appeals.Status),
        ("AppealAgainst", appeals.Against),
        ("Extent", release_rules.Extent),
        ("OccupancyKind", occupancy.Kind),
    ],
)
def test_enums_are_those_of_the_rules(schema: str, values: Any) -> None:
    assert set(SCHEMAS[schema]["enum"]) == {str(value) for value in values}


def test_every_refusal_is_a_declared_problem_in_both_languages() -> None:
    found = [
        value
        for module in (
            *(
                refusals,
                requests,
                fees,
                corrections,
                actors,
                imports,
                fees,
                older,
                permit_rules,
                certificates,
                occupancy,
                releases,
                appeals,
            ),
        )
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, refusals.Refusal)
    ]

    assert {kind.problem for kind in found} <= set(PROBLEMS["types"])


def test_every_reason_of_the_gate_and_every_status_has_its_text() -> None:
    gate = PROBLEMS["types"]["completion-refused"]["codes"]
    turn = contracts.read("problems/permits.yaml")["codes"]["illegal-transition"]

    assert set(gate) == {str(code) for code in certificates.Refusal}
    assert set(turn) >= {  # those of other services besides
        *map(str, requests.Status),
        *map(str, permit_rules.Status),
        *map(str, certificates.Status),
        *(f"appeal_{one}" for one in appeals.Status if one != appeals.Status.RECEIVED),
        permit_rules.EXPIRED,
    }


def test_every_field_code_of_the_rules_has_its_text() -> None:
    folder = Path(permits.__file__).parent
    source = "".join(path.read_text("utf-8") for path in folder.rglob("*.py"))
    codes = set(re.findall(r'(?:Fault|fault)\(\s*[^()]*?, "([a-z-]+)"', source))
    codes |= set(re.findall(r'return "([a-z-]+)"', Path(owners.__file__).read_text("utf-8")))

    assert len(codes) > 10
    assert codes <= set(PROBLEMS["fields"])


def test_a_release_has_the_words_and_the_fields_of_its_contract() -> None:
    release = contracts.read("events/permits/release.v1.schema.json")
    codes = PROBLEMS["types"]["release-refused"]["codes"]
    turn = contracts.read("problems/permits.yaml")["codes"]["illegal-transition"]
    more = {"approval", "supply", "inquiry", "contacts"}

    assert {*events._RELEASE, *more} == set(release["required"])
    assert set(release["properties"]["status"]["enum"]) == set(map(str, releases.Status))
    assert set(turn) >= set(map(str, releases.Status))
    assert set(codes) >= {str(code) for code in certificates.Refusal} - {
        "insulation-of-another-permit"
    }
    refused = PROBLEMS["types"]["occupancy-refused"]["codes"]
    assert set(refused) == set(map(str, occupancy.Refusal))


def test_every_kind_of_action_has_a_title() -> None:
    taken = {
        *map(str, requests.Action),
        *(str(action) for action in certificates.Action),
        *("hand_in_paper", "take_back_paper"),
        *("attach_file", "remove_file", "read_file", "empty_files"),
        *("propose_amount", "agree_to_amount", "refuse_amount", "refund_after_issue"),
        *("submit", "open", "flag", "unflag", "renew", "supersede", "complete", "reopen"),
        *("enter", "verify", "verify_owners"),
        *map(str, imports.Action),
        *("suspend", "reinstate", "amend", "amend_owners", "cancel", "reveal", "restore"),
        *("cancel_for_owner", "undo_cancellation", "previous_permit_ended"),
        *("carry", "record_number", "record_withdrawal", "refuse_completion"),
        "record_payment",  # stands in the history of what was paid before payments took it
        *("request", "overdue", "hold_occupancy", "print", "empty_inspectors"),
        *map(str, releases.Action),
        *("submit_release", "check", "carry_release"),
        *("file_appeal", "decide_appeal", "withdraw_appeal"),
        *(f"enter_{kind}" for kind in EntryKind),
    }

    assert taken == set(actions.TITLES)


@pytest.mark.parametrize(
    "topic",
    [
        *("permits.request", "permits.permit", "permits.certificate", "permits.release"),
        "permits.appeal",
    ],
)
def test_every_published_type_is_declared_and_has_examples(topic: str) -> None:
    for event_type in contracts.topics()[topic]["event_types"]:
        contracts.check_event(event_type, contracts.event_example(event_type, "minimal"))
        contracts.check_event(event_type, contracts.event_example(event_type, "full"))


def test_an_event_carries_all_fields_of_its_schema_and_no_mobile() -> None:
    permit = contracts.read("events/permits/permit.v1.schema.json")
    certificate = contracts.read("events/permits/certificate.v1.schema.json")

    later = {
        "occupancy",
        "origin",
        "verified",
        "suspensions",
    }  # fields that events from before don't have
    assert {*events._PERMIT, "issued_on_hijri", "expires_on_hijri", "owners"} - later == set(
        permit["required"]
    )
    # Of these a certificate tells since partners enter what they see; older events lack them.
    later = {*events._CERTIFICATE} - set(certificate["required"])
    assert later == {
        *("partner_certificate_number", "inspected_on", "defects", "refusals"),
        *("ended_on", "flagged_on"),
    }
    assert {*events._CERTIFICATE, "title", "issued_on_hijri", "stages"} - later == set(
        certificate["required"]
    )
    assert {*events._CERTIFICATE} <= set(certificate["properties"])
    assert "mobile" not in events._OWNER


def test_an_event_of_a_request_carries_all_fields_of_its_schema(desk: Any) -> None:
    schema = contracts.read("events/permits/request.v1.schema.json")
    request = desk.submit()

    [event] = desk.published(request.request_id)
    contracts.check_event("sa.gov.qatif.permits.request.submitted.v1", event.data)
    assert set(event.data) == set(schema["required"]) == set(schema["properties"])


@pytest.mark.parametrize("model", [PermitRequest, Permit, Certificate, Invoice, Release, Appeal])
def test_every_aggregate_is_guarded_by_its_version(model: Any) -> None:
    assert model.__mapper__.version_id_col.name == "version"


def test_years_of_validity_are_settings(settings_overrides: dict[str, str]) -> None:
    environ = {
        "DATABASE_URL": "postgresql+psycopg://x",
        "KAFKA_BOOTSTRAP_SERVERS": "x:1",
        "ISSUER": "https://issuer.test",
        "PERMITS_PERMIT_VALIDITY_YEARS": "2",
        **{f"PERMITS_{name.upper()}": str(it) for name, it in settings_overrides.items()},
    }

    settings = Settings.load("permits", environ)

    assert isinstance(settings, BaseSettings)
    assert (settings.permit_validity_years, settings.insulation_validity_years) == (2, 0)


@pytest.mark.parametrize(
    ("schema", "titles"),
    [
        ("RequestStatus", requests.STATUS_TITLES),
        ("EffectiveStatus", permit_rules.STATUS_TITLES),
        ("LookKind", people.LOOK_TITLES),
        ("AppealStatus", appeals.STATUS_TITLES),
    ],
)
def test_the_titles_of_codes_are_those_of_the_contract(schema: str, titles: Any) -> None:
    assert SCHEMAS[schema]["x-titles"] == {
        str(status): {"ar": arabic, "en": english} for status, (arabic, english) in titles.items()
    }
