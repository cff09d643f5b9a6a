"""What an event carries sealed opens, in the examples, with the key that the contract names for them."""

import base64
import hashlib
import hmac
import json
import posixpath
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
EXAMPLES = [name for name in NOW if name.startswith("examples/permits/permit-")]
SEALER = Sealer(Keyring.parse(SEALED["key_of_the_examples"]))


def opened(example: dict[str, Any]) -> Any:
    context = SEALED["context"].format(**example)
    return json.loads(SEALER.unseal_text(example["owners"], context))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_owners_of_an_example_have_the_promised_form(name: str) -> None:
    shape = {**STATE["$defs"]["owners"], "$defs": STATE["$defs"]}

    jsonschema_rs.validator_for(shape).validate(opened(NOW[name]))


def test_the_full_example_has_an_owner_with_every_field() -> None:
    owners = opened(NOW["examples/permits/permit-issued.v1.full.json"])

    assert any(all(value is not None for value in owner.values()) for owner in owners)


def test_owners_sealed_for_another_permit_do_not_open() -> None:
    example = NOW["examples/permits/permit-issued.v1.full.json"]

    with pytest.raises(CannotUnseal):
        opened({**example, "permit_id": "01937c5e-8f00-7a11-8c2e-000000009999"})


CONTACTS = NOW["events/contacts.v1.schema.json"]
INQUIRY = NOW["events/inquiry.v1.schema.json"]["properties"]
TOPICS = [topic for name, topic in NOW.items() if name.startswith("topics/")]


def examples_with(block: str) -> list[tuple[str, str]]:
    """(example, the aggregate's id in it) of all examples whose schema has the shared form of that block."""
    return [
        (name, NOW[name][topic["key"]])
        for topic in TOPICS
        for kind in topic["event_types"]
        for size in ("minimal", "full")
        if block in NOW[name := f"examples/{contracts.event_file(kind)}.{size}.json"]
        and f'"../{block}.v1.schema.json"' in json.dumps(NOW[f"events/{state_of(kind)}"])
    ]


def state_of(kind: str) -> str:
    """The file of the aggregate's state, which the schema of an event refers to."""
    file = f"{contracts.event_file(kind)}.schema.json"
    state = NOW[f"events/{file}"].get("$ref")
    return posixpath.join(posixpath.dirname(file), state) if state else file


def keyring(declared: dict[str, Any]) -> Keyring:
    return Keyring.parse(declared["key_of_the_examples"])


@pytest.mark.parametrize(("name", "aggregate_id"), examples_with("contacts"))
def test_the_contacts_of_an_example_open_for_its_aggregate_and_no_other(
    name: str, aggregate_id: str
) -> None:
    sealed = CONTACTS["items"]["properties"]["sealed"]["x-sealed"]
    shape = jsonschema_rs.validator_for(CONTACTS["$defs"]["contact"])
    contacts = Contacts(keyring(sealed))

    block = NOW[name]["contacts"]

    for one in block:
        context = sealed["context"].format(aggregate_id=aggregate_id)
        text = Sealer(keyring(sealed)).unseal_text(one["sealed"], context)
        shape.validate(json.loads(text))
        with pytest.raises(CannotUnseal):
            contacts.open("another", [one])
    assert len(contacts.open(aggregate_id, block)) == len(block)


SAMPLE = {"mobile": "+966500000001", "person_id": "1000000008", "establishment": "7000000005"}


@pytest.mark.parametrize("name", [name for name, _ in examples_with("inquiry")])
def test_the_keys_of_an_inquiry_are_the_hashes_that_the_contract_says(name: str) -> None:
    block = NOW[name]["inquiry"]
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


@pytest.mark.parametrize("name", sorted({name for name, _ in examples_with("contacts")}))
def test_no_example_shows_a_mobile(name: str) -> None:
    assert "+966" not in json.dumps(NOW[name])
    assert "9665" not in json.dumps(NOW[name])


PAYER = NOW["events/invoice.v1.schema.json"]
INVOICES = [name for name in NOW if name.startswith("examples/invoice-")]


@pytest.mark.parametrize("name", INVOICES)
def test_the_payer_of_an_example_opens_for_its_invoice_and_no_other(name: str) -> None:
    sealed = PAYER["properties"]["payer"]["x-sealed"]
    sealer, example = Sealer(keyring(sealed)), NOW[name]

    text = sealer.unseal_text(example["payer"], sealed["context"].format(**example))

    jsonschema_rs.validator_for(PAYER["$defs"]["payer"]).validate(json.loads(text))
    with pytest.raises(CannotUnseal):
        sealer.unseal_text(example["payer"], "payer/another")


def test_the_lines_of_an_invoice_add_up_to_its_amount() -> None:
    sums = {name: sum(one["amount_halalas"] for one in NOW[name]["lines"]) for name in INVOICES}

    assert sums
    assert sums == {name: NOW[name]["amount_halalas"] for name in INVOICES}


def test_no_example_of_an_event_shows_an_identity_number() -> None:
    assert EXAMPLES
    assert [name for name in EXAMPLES if '"id_number"' in json.dumps(NOW[name])] == []


PADDED = [
    (example, NOW[f"events/{state_of(kind)}"])
    for topic in TOPICS
    for kind in topic["event_types"]
    for example in (
        f"examples/{contracts.event_file(kind)}.{size}.json" for size in ("minimal", "full")
    )
    if "bytes"
    in NOW[f"events/{state_of(kind)}"]["properties"].get("sealed", {}).get("x-sealed", {})
]


@pytest.mark.parametrize(
    ("name", "state"), PADDED, ids=lambda one: one if isinstance(one, str) else ""
)
def test_what_is_padded_opens_as_promised_and_has_one_length(
    name: str, state: dict[str, Any]
) -> None:
    declared, example = state["properties"]["sealed"]["x-sealed"], NOW[name]
    shape = state["$defs"][declared["opens_as"].removeprefix("#/$defs/")]

    text = Sealer(keyring(declared)).unseal_text(
        example["sealed"], declared["context"].format(**example)
    )

    jsonschema_rs.validator_for(shape, validate_formats=True).validate(json.loads(text))
    assert len(text.encode()) == declared["bytes"]
    assert len(example["sealed"]) == state["properties"]["sealed"]["maxLength"]
    assert len(example["sealed"]) == state["properties"]["sealed"]["minLength"]


def test_the_results_of_medical_centres_are_padded() -> None:
    assert [name for name, _ in PADDED if "health-examination" in name]
