"""What an event carries sealed opens, in the examples, with the key that the contract names for them."""

import json
from typing import Any

import jsonschema_rs
import pytest

from chassis.sealing import CannotUnseal, Keyring, Sealer

from .reading import tree

NOW = tree()
STATE = NOW["events/permit.v1.schema.json"]
SEALED = STATE["properties"]["owners"]["x-sealed"]
EXAMPLES = [name for name in NOW if name.startswith("examples/permit-")]
SEALER = Sealer(Keyring.parse(SEALED["key_of_the_examples"]))


def opened(example: dict[str, Any]) -> Any:
    context = SEALED["context"].format(**example)
    return json.loads(SEALER.unseal_text(example["owners"], context))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_owners_of_an_example_have_the_promised_form(name: str) -> None:
    shape = {**STATE["$defs"]["owners"], "$defs": STATE["$defs"]}

    jsonschema_rs.validator_for(shape).validate(opened(NOW[name]))


def test_the_full_example_has_an_owner_with_every_field() -> None:
    owners = opened(NOW["examples/permit-issued.v1.full.json"])

    assert any(all(value is not None for value in owner.values()) for owner in owners)


def test_owners_sealed_for_another_permit_do_not_open() -> None:
    example = NOW["examples/permit-issued.v1.full.json"]

    with pytest.raises(CannotUnseal):
        opened({**example, "permit_id": "01937c5e-8f00-7a11-8c2e-000000009999"})


def test_no_example_of_an_event_shows_an_identity_number() -> None:
    assert EXAMPLES
    assert [name for name in EXAMPLES if '"id_number"' in json.dumps(NOW[name])] == []
