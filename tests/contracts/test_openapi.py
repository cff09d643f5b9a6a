"""Every operation is named, guarded, shown by example and honest about its problems."""

import importlib
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, validate

from chassis.core import contracts
from chassis.http.schemas import compile_schema
from chassis.service import Service

from .reading import CONTRACTS, Operation, open_ref, operations, services, tree

NOW = tree()
OPERATIONS = {f"{item.file[8:-5]}.{item.name}": item for item in operations(NOW)}
BY_NAME = pytest.mark.parametrize("name", OPERATIONS)

# Callers of these operations have no token yet, or need none.
PUBLIC = {
    "identity.read_metadata", "identity.read_jwks", "identity.read_stylesheet",
    "identity.show_authorization", "identity.submit_authorization", "identity.finish_national_login",
    "identity.show_sign_out", "identity.sign_out",
    "identity.show_own_factors", "identity.change_own_factors",
    # Clients authenticate here with a signed assertion instead of a token.
    "identity.issue_token", "identity.revoke_token", "identity.end_session", "identity.introspect_token",
    "identity.push_authorization_request",
    # Providers show the token that they were given, in a header.
    "notify.take_receipt",
    # Citizens have no account.
    "licences.inquire_violation", "licences.inquire_licence", "licences.search_licence_register",
    "licences.list_towns", "licences.search_activities", "licences.estimate_fee",
    "licences.list_document_keys", "licences.get_document_revocations", "licences.look_up_document",
    "licences.verify_document_code", "licences.show_document",
    # Nor has anybody to whom a paper is shown.
    "permits.list_document_keys", "permits.get_document_revocations", "permits.look_up_document",
    "permits.verify_document_code", "permits.show_document",
    # Nor has a customer of a restaurant; the second number is what keeps others out.
    "health-certs.verify_certificate",
    "health-certs.list_document_keys", "health-certs.get_document_revocations", "health-certs.look_up_document",
    "health-certs.verify_document_code", "health-certs.show_document",
    # Nor has anybody who is shown a letter.
    "transactions.list_document_keys", "transactions.get_document_revocations", "transactions.look_up_document",
    "transactions.verify_document_code", "transactions.show_document",
    "reports.show_not_solved", "reports.say_not_solved", "reports.show_rating",
    "reports.rate_by_link", "reports.upload_public_attachment",
    "reports.file_public_report", "reports.inquire", "reports.rate_by_number", "reports.get_public_photo",
    "reports.list_public_reports", "reports.get_public_report", "reports.preview_public_report",
    "reports.reopen_by_number", "reports.show_treatment_photo", "reports.send_question_link",
    # Nor has a person who books: a browser's key, a one-time code or the secret of a text opens an appointment.
    "appointments.list_public_departments", "appointments.list_free_slots", "appointments.hold_slot",
    "appointments.release_hold", "appointments.request_booking_code", "appointments.book_appointment",
    "appointments.request_key_code", "appointments.issue_key", "appointments.show_appointment",
    "appointments.cancel_appointment", "appointments.move_appointment", "appointments.join_waiting_list",
    "appointments.leave_waiting_list", "appointments.accept_offer", "appointments.print_ticket",
    "appointments.download_calendar", "appointments.show_link", "appointments.use_link",
    "appointments.list_document_keys", "appointments.get_document_revocations", "appointments.look_up_document",
    "appointments.verify_document_code", "appointments.show_document",
    # What is published is read by everybody; a one-time code or the secret of a text opens a following.
    "tenders.list_public_tenders", "tenders.get_public_tender", "tenders.ask_tender_question",
    "tenders.list_public_leases", "tenders.get_public_lease", "tenders.ask_lease_question",
    "tenders.request_follow_code", "tenders.follow", "tenders.show_following", "tenders.end_following",
    "tenders.get_public_file",
    "tenders.get_public_question", "tenders.request_booklet_code", "tenders.buy_booklet", "tenders.read_booklet",
    "tenders.get_feed", "tenders.list_releases", "tenders.list_records", "tenders.list_lease_releases",
    "tenders.list_lease_records", "tenders.get_lease_extension",
}  # fmt: skip
# These read nothing, so no part can be away.
ALWAYS_THERE = {"identity.read_metadata", "identity.read_stylesheet"}


def contents(operation: Operation, declared: Any) -> Iterator[tuple[str, str, Any]]:
    """(file, media type, content) of a request body or an answer."""
    file, part = open_ref(NOW, operation.file, declared)
    for media_type, content in part.get("content", {}).items():
        yield file, media_type, content


def examples(file: str, content: Any) -> list[Any]:
    """The example values of one content."""
    listed = [open_ref(NOW, file, one)[1]["value"] for one in content.get("examples", {}).values()]
    return [content["example"], *listed] if "example" in content else listed


def with_example(operation: Operation) -> list[tuple[str, str, Any]]:
    """The contents that need an example: the request's, and those of each success with JSON."""
    found = list(contents(operation, operation.declared.get("requestBody", {})))
    for status, answer in operation.declared["responses"].items():
        if str(status).startswith("2"):
            found += [one for one in contents(operation, answer) if "json" in one[1]]
    return found


def whole(file: str, node: Any) -> Any:
    """The node with its references inlined and every word kept, for the chassis' own validator."""
    file, node = open_ref(NOW, file, node)
    if isinstance(node, list):
        return [whole(file, item) for item in node]
    return {key: whole(file, value) for key, value in node.items()} if _is_dict(node) else node


def _is_dict(node: Any) -> bool:
    return isinstance(node, dict)


@cache
def served(service: str) -> Service:
    """What a service hands to the chassis."""
    made: Service = importlib.import_module(f"{service.replace('-', '_')}.app").SERVICE
    return made


def error_shape(operation: Operation) -> bool:
    """Whether the errors of the operation have the shape of another standard (ADR 18)."""
    shapes = served(operation.file[8:-5]).error_shapes
    return any(operation.path.startswith(f"{prefix}/") for prefix in shapes)


def own_credentials(operation: Operation) -> set[str]:
    """The schemes with which the service itself says who calls."""
    named = {scheme for need in operation.declared["security"] for scheme in need}
    return named & set(served(operation.file[8:-5]).credentials)


def signs_body(operation: Operation, scheme: str) -> bool:
    """Whether the credential is a signature over what another system reports."""
    schemes = NOW[operation.file]["components"]["securitySchemes"]
    return bool(schemes[scheme].get("x-signs-body"))


def problems_due(name: str, operation: Operation) -> set[str]:
    """The statuses of the problems that the operation can't help having."""
    due = {"400"}
    if name not in ALWAYS_THERE:
        due.add("503")
    if name not in PUBLIC and not own_credentials(operation):
        due |= {"401", "403"}
    if "requestBody" in operation.declared:
        due |= {"413", "415"}
    if "{" in operation.path:
        due.add("404")
    return due


def test_there_is_something_to_test() -> None:
    assert len(OPERATIONS) > 20


@pytest.mark.parametrize("service", services(NOW))
def test_every_openapi_file_is_valid_3_0(service: str) -> None:
    document = contracts.openapi(service)

    assert re.fullmatch(r"3\.0\.\d", document["openapi"])
    validate(document, cls=OpenAPIV30SpecValidator)


def test_the_common_parts_are_valid_3_0() -> None:
    validate(contracts.read("openapi/common.yaml"), cls=OpenAPIV30SpecValidator)


def test_an_operation_has_a_plain_name_of_its_own() -> None:
    for name, operation in OPERATIONS.items():
        assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", operation.name), operation.place
        assert operation.declared.get("summary"), name

    assert len(OPERATIONS) == len(list(operations(NOW)))


@BY_NAME
def test_a_summary_is_in_arabic_first_and_in_english_beside_it(name: str) -> None:
    arabic, _, english = OPERATIONS[name].declared["summary"].partition(" · ")

    assert re.search("[\u0620-\u064a]", arabic), arabic
    assert re.search("[a-zA-Z]", english), name
    assert not re.search("[\u0600-\u06ff]", english), name


def forms(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every text of a request that has to have a form."""
    if isinstance(node, list):
        for item in node:
            yield from forms(item, place)
    if isinstance(node, dict):
        if node.get("type") == "string" and {"pattern", "format"} & node.keys():
            yield place, node
        for key, value in node.items():
            yield from forms(value, f"{place}.{key}")


# What a person writes for a person to read, and no code compares: a joiner of no width changes such a word.
FREE_TEXTS = frozenset(
    (
        *("reason", "reasons", "note", "notes", "grounds", "remarks", "materials", "defects"),
        *(
            "description",
            "district_reason",
            "meter_place",
            "proof",
            "question",
            "work_order",
        ),
        *("title_ar", "title_en", "body_ar", "body_en"),
    )
)


def sentences(node: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The texts by a name of FREE_TEXTS that aren't words of a list and have no form of their own."""
    if isinstance(node, list):
        for item in node:
            yield from sentences(item, name)
    elif _is_dict(node):
        if (
            name in FREE_TEXTS
            and node.get("type") == "string"
            and not {"enum", "format"} & set(node)
        ):
            yield name, node
        for part, one in (node.get("properties") or {}).items():
            yield from sentences(one, part)
        for key in ("items", "allOf", "anyOf", "oneOf"):
            yield from sentences(node.get(key), name)


@BY_NAME
def test_sentences_that_people_write_keep_their_joiners(name: str) -> None:
    operation = OPERATIONS[name]
    body = operation.declared.get("requestBody", {})

    losing = [
        place
        for file, _, content in contents(operation, body)
        for place, text in sentences(whole(file, content.get("schema", {})))
        if text.get("x-free-text") is not True
    ]

    assert losing == []


@BY_NAME
def test_the_error_of_a_text_with_a_form_shows_an_example(name: str) -> None:
    operation = OPERATIONS[name]
    body = operation.declared.get("requestBody", {})
    known = {"date", "date-time", "uuid", "binary"}  # the chassis has examples; a file has none

    bare = [
        place
        for file, _, content in contents(operation, body)
        for place, form in forms(whole(file, content["schema"]))
        if "example" not in form and form.get("format") not in known
    ]

    assert bare == []


@BY_NAME
def test_an_operation_needs_a_scope_or_is_on_the_public_list(name: str) -> None:
    operation = OPERATIONS[name]

    if name in PUBLIC:
        assert operation.declared["security"] in ([], [{}])
    elif own := own_credentials(operation):
        is_standard = error_shape(operation) or all(signs_body(operation, one) for one in own)
        assert is_standard, f"{operation.place} has a credential of no standard"
    else:
        assert operation.scopes, f"{operation.place} is open to everybody"
        assert all("oauth2" in need for need in operation.declared["security"])


def test_the_public_list_names_operations_that_exist() -> None:
    assert set(OPERATIONS) >= PUBLIC | ALWAYS_THERE


@BY_NAME
def test_an_operation_documents_its_problems(name: str) -> None:
    operation = OPERATIONS[name]
    documented = {str(status) for status in operation.declared["responses"]}

    assert problems_due(name, operation) <= documented, operation.place


@BY_NAME
def test_a_problem_is_a_problem_document(name: str) -> None:
    operation = OPERATIONS[name]
    if name in PUBLIC or error_shape(operation):
        return  # pages answer as pages, OAuth endpoints by RFC 6749, others as their standard says
    for status, answer in operation.declared["responses"].items():
        if str(status)[0] in "45":
            media_types = [media_type for _, media_type, _ in contents(operation, answer)]
            assert media_types == ["application/problem+json"], (operation.place, status)


@BY_NAME
def test_what_an_operation_takes_and_answers_is_shown(name: str) -> None:
    operation = OPERATIONS[name]

    for file, media_type, content in with_example(operation):
        assert examples(file, content), f"{operation.place}: no example of {media_type}"


@BY_NAME
def test_an_example_is_valid(name: str) -> None:
    operation = OPERATIONS[name]
    parts = [operation.declared.get("requestBody", {}), *operation.declared["responses"].values()]

    for part in parts:
        for file, media_type, content in contents(operation, part):
            validator = compile_schema(whole(file, content["schema"]))
            for example in examples(file, content):
                faults = [str(fault) for fault in validator.iter_errors(example)]
                assert faults == [], (operation.place, media_type)


@BY_NAME
def test_the_example_of_a_parameter_is_valid(name: str) -> None:
    operation = OPERATIONS[name]
    listed = [*operation.shared_parameters, *operation.declared.get("parameters", ())]

    for reference in listed:
        file, parameter = open_ref(NOW, operation.file, reference)
        validator = compile_schema(whole(file, parameter["schema"]))
        for example in examples(file, parameter):
            assert validator.is_valid(example), (operation.place, parameter["name"])


DATES = {"date", "date-time", "calendar-day", "calendar-moment"}


@BY_NAME
def test_a_date_parameter_is_shown_at_both_ends_of_the_calendar(name: str) -> None:
    operation = OPERATIONS[name]
    listed = [*operation.shared_parameters, *operation.declared.get("parameters", ())]

    for reference in listed:
        file, parameter = open_ref(NOW, operation.file, reference)
        if whole(file, parameter["schema"]).get("format") in DATES:
            days = {str(example)[:10] for example in examples(file, parameter)}
            assert days >= {"0001-01-01", "9999-12-31"}, (operation.place, parameter["name"])


def test_every_file_of_the_folder_is_a_service_or_the_common_parts() -> None:
    folders = {path.name for path in (CONTRACTS.parent / "services").iterdir() if path.is_dir()}

    assert set(services(NOW)) <= folders


TITLED = {
    f"{service}.{name}": schema
    for service in services(NOW)
    for name, schema in NOW[f"openapi/{service}.yaml"]["components"]["schemas"].items()
    if "x-titles" in schema
}


@pytest.mark.parametrize("name", TITLED)
def test_the_titles_of_an_enum_name_each_value_in_both_languages(name: str) -> None:
    titles = TITLED[name]["x-titles"]

    assert set(titles) == set(TITLED[name]["enum"])
    assert all(one["ar"] and one["en"].isascii() for one in titles.values())


def test_a_permits_status_has_one_title_in_all_services() -> None:
    asked, answered = TITLED["permits.EffectiveStatus"], TITLED["partner-gateway.Status"]

    assert asked["x-titles"] == answered["x-titles"]
