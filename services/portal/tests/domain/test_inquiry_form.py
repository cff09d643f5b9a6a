"""What is typed into the inquiry's form, and what is wrong with it."""

import re

import pytest

from chassis.core import contracts
from chassis.core.refusals import InvalidFields
from portal.catalogue import SERVICES, branches, kinds_by_group, kinds_with_words
from portal.consumers import INQUIRY_TOPICS
from portal.domain.inputs import read_inputs
from portal.domain.inquiry_form import INPUTS, KINDS, Proof, kinds_by_shape, read_question
from saudi.text import compact

BRANCHES = {"qatif", "safwa"}


def question(kind, number="1448/1312", proof="0500000001", municipality="safwa"):
    typed = {"number": number, "proof": proof, "municipality": municipality}
    return read_question(KINDS[kind], typed, BRANCHES)


def faults(kind, **typed):
    with pytest.raises(InvalidFields) as refused:
        question(kind, **typed)
    return {(one.field, one.code) for one in refused.value.faults}


def test_every_kind_of_the_contract_can_be_asked_about():
    schema = contracts.read("events/inquiry.v1.schema.json")

    assert set(KINDS) == set(schema["properties"]["kind"]["enum"])


def test_every_kind_with_words_is_offered_once():
    offered = [code for codes in kinds_by_group().values() for code in codes]

    assert sorted(offered) == sorted(kinds_with_words())


def test_the_home_page_leads_to_offered_kinds_only():
    assert {kind for service in SERVICES for kind in service.kinds} <= kinds_with_words()


def blocks():
    """The block `inquiry` of every example of every topic that the portal reads."""
    for topic in INQUIRY_TOPICS:
        for event_type in contracts.topics()[topic]["event_types"]:
            for size in ("full", "minimal"):
                example = contracts.event_example(event_type, size)
                if "inquiry" in example:
                    yield example["inquiry"]


def test_every_number_of_the_examples_has_the_shape_of_its_kind():
    assert [
        one["number"]
        for one in blocks()
        if not re.fullmatch(KINDS[one["kind"]].shape, compact(one["number"]))
    ] == []


@pytest.mark.parametrize(
    ("kind", "number", "likely"),
    [
        ("report", "144804 000017", ["shop_licence", "office_licence", "professional_licence"]),
        ("report", "١٤٤٨٠٤٠٠٠٠١٢٣", ["licence_application"]),
        ("appointment", "1448000124", ["report", "violation"]),
        ("tender", "14480440000017", ["auction"]),
        ("shop_licence", "144804000017", ["office_licence", "professional_licence"]),
        ("report", "1448000124", []),
        ("violation", "1448000124", []),
        ("report", "12", []),
    ],
)
def test_a_number_that_looks_like_another_kinds_leads_to_that_kind(kind, number, likely):
    assert kinds_by_shape(KINDS[kind], number) == likely


def test_a_kind_asks_for_the_second_facts_that_its_events_carry():
    carried = {(block["kind"], one["by"]) for block in blocks() for one in block["match"]}
    registers = {block["kind"] for block in blocks() if block["public"]}

    asked = {(kind.code, by) for kind in KINDS.values() for by in kind.proofs}
    assert {one for one in carried if one[0] not in registers} <= asked
    assert all(KINDS[kind].is_public for kind in registers)


def test_the_portal_reads_every_topic_with_an_inquiry_block():
    with_block = {
        name
        for name, topic in contracts.topics().items()
        if "inquiry" in contracts.event_example(topic["event_types"][0])
    }

    assert with_block == set(INQUIRY_TOPICS)


@pytest.mark.parametrize(
    ("written", "proof"),
    [
        ("0500000001", Proof("mobile", "+966500000001")),
        ("٠٥٠ ٠٠٠ ٠٠٠١", Proof("mobile", "+966500000001")),
        ("+966 50 000 0001", Proof("mobile", "+966500000001")),
        ("500000001", Proof("mobile", "+966500000001")),
        ("1000000008", Proof("person_id", "1000000008")),
        ("٢٠٠٠٠٠٠٠٠٦", Proof("person_id", "2000000006")),
        ("3000000001", Proof("person_id", "3000000001")),
        ("7000000005", Proof("establishment", "7000000005")),
    ],
)
def test_the_digits_say_what_the_second_number_is(written, proof):
    assert question("transaction", proof=written).proof == proof


def test_a_number_is_read_in_any_digits_and_with_blanks():
    assert question("building_permit", number=" ١٤٤٨ / 1312 ").number == "1448/1312"


def test_every_wrong_input_is_named_at_once():
    assert faults("building_permit", number="", proof="12", municipality="riyadh") == {
        ("number", "required"),
        ("municipality", "choose-branch"),
        ("proof", "mobile"),
    }


@pytest.mark.parametrize("number", ["رقم", "x" * 31, "/"])
def test_what_is_no_number_is_refused_by_its_form(number):
    assert faults("report", number=number) == {("number", "inquiry-number")}


@pytest.mark.parametrize(
    ("kind", "proof", "code"),
    [
        ("report", "", "required"),
        ("report", "1000000008", "other-second-number"),
        ("report", "12", "mobile"),
        ("violation", "0500000001", "other-second-number"),
        ("violation", "abc", "other-second-number"),
        ("health_certificate", "7000000005", "other-second-number"),
        ("transaction", "1000000009", "check-digit"),
    ],
)
def test_a_second_number_of_another_sort_is_refused(kind, proof, code):
    assert faults(kind, proof=proof) == {("proof", code)}


def test_a_public_register_asks_for_the_number_alone():
    asked = question("shop_licence", number="144804000017", proof="", municipality="")

    assert asked.proof is None
    assert asked.municipality is None


def test_a_number_that_does_not_repeat_is_asked_without_a_branch():
    assert question("report", municipality="nowhere").municipality is None


def test_a_question_shows_neither_number_in_a_log():
    shown = repr(question("transaction", number="1448047000017", proof="1000000008"))

    assert "1448047000017" not in shown
    assert "1000000008" not in shown


def test_an_input_that_was_not_sent_is_empty():
    assert read_inputs({"number": " 7 "}, INPUTS) == {
        "number": "7",
        "municipality": "",
        "proof": "",
    }


def test_the_branches_have_names_in_both_languages():
    assert all(words["ar"] and words["en"] for words in branches().values())
