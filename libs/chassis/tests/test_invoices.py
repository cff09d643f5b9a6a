"""What a service wants paid: one shape for all, the payer sealed for the invoice and shown to nobody else."""

import base64
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from chassis.data.sealing import CannotUnseal, Keyring
from chassis.events.contacts import Contact, Contacts
from chassis.events.invoices import CONTEXT, PUBLISHED, Invoice, Invoices

SCHEMA = Path(__file__).parents[3] / "contracts/events/invoice.v1.schema.json"
NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
PAYER = {"name": "مالك (بيانات تجريبية)", "id_type": "national_id", "id_number": "1000000008"}
BECAUSE = {"ar": "بيانات تجريبية", "en": "sample"}
INVOICE = Invoice(
    invoice_id="i1",
    version=2,
    subject={"type": "thing", "id": "t1", "number": None},
    municipality="saihat",
    status="withdrawn",
    amount_halalas=75_000,
    lines=[{"code": "fee", "ar": "رسم", "en": "Fee", "amount_halalas": 75_000, "because": BECAUSE}],
    due_on=date(2026, 12, 26),
    reason="billed-anew",
    payer=PAYER,
    told=[Contact(role="owner", mobile="+966500000001")],
)


def ring(letter):
    return Keyring.parse("1:" + base64.urlsafe_b64encode(letter.encode() * 32).decode())


@pytest.fixture
def invoices():
    return Invoices(ring("p"), Contacts(ring("c")))


def test_an_event_says_what_is_to_be_paid_for_what_and_what_happened(invoices):
    event = invoices.event("things", INVOICE, NOW)

    assert event.type == "sa.gov.qatif.things.invoice.withdrawn.v1"
    assert (event.topic, event.aggregate_id, event.version) == ("things.invoice", "i1", 2)
    assert (event.data["service"], event.data["due_on"]) == ("things", "2026-12-26")
    assert (event.data["reason"], event.data["subject"]["id"]) == ("billed-anew", "t1")
    assert Contacts(ring("c")).open("i1", event.data["contacts"]) == [*INVOICE.told]


def test_an_invoice_whose_personal_data_are_gone_is_still_withdrawn(invoices):
    event = invoices.event("things", replace(INVOICE, payer=None, told=[]), NOW)

    assert (event.data["payer"], event.data["contacts"]) == (None, [])


def test_the_payer_opens_for_this_invoice_and_this_key_only(invoices):
    sealed = invoices.event("things", INVOICE, NOW).data["payer"]

    assert invoices.payer("i1", sealed) == PAYER
    with pytest.raises(CannotUnseal):
        invoices.payer("i2", sealed)
    with pytest.raises(CannotUnseal):
        Invoices(ring("q"), Contacts(ring("c"))).payer("i1", sealed)


def test_neither_an_event_nor_an_invoice_that_is_printed_shows_who_pays(invoices):
    event = invoices.event("things", replace(INVOICE, status="requested"), NOW)

    shown = json.dumps(event.data, ensure_ascii=False) + repr(INVOICE)
    assert [one for one in ("1000000008", "مالك", "500000001") if one in shown] == []


def test_fields_states_and_context_are_those_of_the_contract(invoices):
    schema = json.loads(SCHEMA.read_text("utf-8"))

    assert set(invoices.event("things", INVOICE, NOW).data) == set(schema["required"])
    assert list(PUBLISHED) == schema["properties"]["status"]["enum"]
    assert schema["properties"]["payer"]["x-sealed"]["context"] == CONTEXT
