"""What an event carries sealed opens, in the examples, with the key that the contract names for them."""

import base64
import hashlib
import hmac
import json
from typing import Any

import jsonschema_rs
import pytest

from chassis.core import contracts
from chassis.data.sealing import CannotUnseal, Keyring, Sealer
from chassis.events.contacts import Contacts

from .reading import tree

NOW = tree()
STATE = NOW["events/permits/permit.v1.schema.json"]
SEALED = STATE["properties"]["owners"]["x-sealed"]
ISSUED = "sa.gov.qatif.permits.permit.issued.v1"
EXAMPLES = [
    (kind, size)
    for kind in NOW["topics/permits.permit.yaml"]["event_types"]
    for size in ("minimal", "full")
]
SEALER = Sealer(Keyring.parse(SEALED["key_of_the_examples"]))


def unseal_owners(example: dict[str, Any]) -> Any:
    context = SEALED["context"].format(**example)
    return json.loads(SEALER.unseal_text(example["owners"], context))


@pytest.mark.parametrize(("kind", "size"), EXAMPLES)
def test_the_owners_of_an_example_have_the_promised_form(kind: str, size: Any) -> None:
    shape = {**STATE["$defs"]["owners"], "$defs": STATE["$defs"]}

    jsonschema_rs.validator_for(shape).validate(unseal_owners(contracts.event_example(kind, size)))


def test_the_full_example_has_an_owner_with_every_field() -> None:
    owners = unseal_owners(contracts.event_example(ISSUED))

    assert any(all(value is not None for value in owner.values()) for owner in owners)


def test_owners_sealed_for_another_permit_do_not_open() -> None:
    example = contracts.event_example(ISSUED)

    with pytest.raises(CannotUnseal):
        unseal_owners({**example, "permit_id": "01937c5e-8f00-7a11-8c2e-000000009999"})


CONTACTS = NOW["events/contacts.v1.schema.json"]
INQUIRY = NOW["events/inquiry.v1.schema.json"]["properties"]
TOPICS = [topic for name, topic in NOW.items() if name.startswith("topics/")]


def examples_with(block: str) -> list[tuple[str, str, Any]]:
    """Returns the event type, the key of its topic and the size of all examples with a shared block."""
    return [
        (kind, topic["key"], size)
        for topic in TOPICS
        for kind in topic["event_types"]
        for size in ("minimal", "full")
        if block in contracts.event_example(kind, size)
        and f'"../{block}.v1.schema.json"' in json.dumps(state_of(kind))
    ]


def state_of(kind: str) -> Any:
    """Returns the schema of the aggregate's state, which an event's schema refers to."""
    file, _, _ = contracts.event_schema_place(kind).partition("#")
    return NOW[f"events/{file}"]


def keyring(declared: dict[str, Any]) -> Keyring:
    return Keyring.parse(declared["key_of_the_examples"])


@pytest.mark.parametrize(("kind", "key", "size"), examples_with("contacts"))
def test_the_contacts_of_an_example_open_for_its_aggregate_and_no_other(
    kind: str, key: str, size: Any
) -> None:
    sealed = CONTACTS["items"]["properties"]["sealed"]["x-sealed"]
    shape = jsonschema_rs.validator_for(CONTACTS["$defs"]["contact"])
    contacts = Contacts(keyring(sealed))

    example = contracts.event_example(kind, size)
    aggregate_id, block = example[key], example["contacts"]

    for one in block:
        context = sealed["context"].format(aggregate_id=aggregate_id)
        text = Sealer(keyring(sealed)).unseal_text(one["sealed"], context)
        shape.validate(json.loads(text))
        with pytest.raises(CannotUnseal):
            contacts.open("another", [one])
    assert len(contacts.open(aggregate_id, block)) == len(block)


SAMPLE = {"mobile": "+966500000001", "person_id": "1000000008", "establishment": "7000000005"}


@pytest.mark.parametrize(("kind", "key", "size"), examples_with("inquiry"))
def test_the_keys_of_an_inquiry_are_the_hashes_that_the_contract_says(
    kind: str, key: str, size: Any
) -> None:
    block = contracts.event_example(kind, size)["inquiry"]
    match = INQUIRY["match"]["items"]["properties"]["key"]["x-keyed"]
    subject = INQUIRY["subjects"]["items"]["x-keyed"]
    begin = f"{block['kind']}|{block['number_digits']}"

    for one in block["match"]:
        text = f"{begin}|{one['by']}|{SAMPLE[one['by']]}"
        assert one["key"] == "1:" + hashed(keyring(match), text)
    for one in block["subjects"]:
        assert one == "1:" + hashed(keyring(subject), f"person|{SAMPLE['person_id']}")


def hashed(ring: Keyring, text: str) -> str:
    mac = hmac.new(ring.keys[1], text.encode(), hashlib.sha256).digest()[:16]
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


@pytest.mark.parametrize(("kind", "key", "size"), examples_with("contacts"))
def test_no_example_shows_a_mobile(kind: str, key: str, size: Any) -> None:
    example = json.dumps(contracts.event_example(kind, size))

    assert "+966" not in example
    assert "9665" not in example


PAYER = NOW["events/invoice.v1.schema.json"]
INVOICES = [
    contracts.event_example(kind, size)
    for kind in NOW["topics/permits.invoice.yaml"]["event_types"]
    for size in ("minimal", "full")
]


@pytest.mark.parametrize("example", INVOICES)
def test_the_payer_of_an_example_opens_for_its_invoice_and_no_other(
    example: dict[str, Any],
) -> None:
    sealed = PAYER["properties"]["payer"]["x-sealed"]
    sealer = Sealer(keyring(sealed))

    text = sealer.unseal_text(example["payer"], sealed["context"].format(**example))

    jsonschema_rs.validator_for(PAYER["$defs"]["payer"]).validate(json.loads(text))
    with pytest.raises(CannotUnseal):
        sealer.unseal_text(example["payer"], "payer/another")


def test_the_lines_of_an_invoice_add_up_to_its_amount() -> None:
    sums = [sum(line["amount_halalas"] for line in example["lines"]) for example in INVOICES]

    assert sums
    assert sums == [example["amount_halalas"] for example in INVOICES]


def test_no_example_of_an_event_shows_an_identity_number() -> None:
    assert EXAMPLES
    assert [
        one for one in EXAMPLES if '"id_number"' in json.dumps(contracts.event_example(*one))
    ] == []


PADDED: list[tuple[str, Any]] = [
    (kind, size)
    for topic in TOPICS
    for kind in topic["event_types"]
    for size in ("minimal", "full")
    if "bytes" in state_of(kind)["properties"].get("sealed", {}).get("x-sealed", {})
]


@pytest.mark.parametrize(("kind", "size"), PADDED)
def test_what_is_padded_opens_as_promised_and_has_one_length(kind: str, size: Any) -> None:
    state, example = state_of(kind), contracts.event_example(kind, size)
    declared = state["properties"]["sealed"]["x-sealed"]
    shape = state["$defs"][declared["opens_as"].removeprefix("#/$defs/")]

    text = Sealer(keyring(declared)).unseal_text(
        example["sealed"], declared["context"].format(**example)
    )

    jsonschema_rs.validator_for(shape, validate_formats=True).validate(json.loads(text))
    assert len(text.encode()) == declared["bytes"]
    assert len(example["sealed"]) == state["properties"]["sealed"]["maxLength"]
    assert len(example["sealed"]) == state["properties"]["sealed"]["minLength"]


def test_the_results_of_medical_centres_are_padded() -> None:
    assert [kind for kind, _ in PADDED if ".health-examination." in kind]
