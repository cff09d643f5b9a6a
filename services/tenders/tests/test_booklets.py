"""The sale of booklets: a bill for each buyer, the booklet for those who paid, and nobody learns who bought before the
opening."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chassis.core import contracts
from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.core.refusals import IllegalTransition, InvalidFields
from chassis.core.times import rfc3339
from chassis.events.invoices import invoices_of
from tenders.commands import awards, booklets, retention
from tenders.commands.followers import end_following
from tenders.consumers import HANDLERS
from tenders.domain.actors import CLOCK, RETENTION
from tenders.domain.booklets import BookletNotSold, parse_buyer, purchase_status
from tenders.domain.offerings import BidsAreClosed
from tenders.models import BookletPurchase, Follower, Invoice, Lease, Tender

from .people import BOOKLET_URL, BUYER, CANCELLATION, MOBILE, OTHER_MOBILE, PREPARER
from .stages import AFTER, DAY, NOW, award, bring, open_now, work

TOPIC_OF = {kind: topic for topic, kinds in HANDLERS.items() for kind in kinds}
OFFICER = {"organisation_kind": "affiliated_municipality", "municipality": "saihat"}
BILL_DAYS = 5
MINUTE = timedelta(minutes=1)


@pytest.fixture
def sold(lease: Any) -> Lease:
    """A published lease whose booklet the municipality sells."""
    made: Lease = lease("published", booklet_url=BOOKLET_URL)
    return made


def buy(session: Any, row: Lease, at: Any = NOW, **changes: str) -> BookletPurchase:
    unit = work(session, CLOCK, at)
    return booklets.buy(unit, row.lease_id, {**BUYER, **changes}, bill_days=BILL_DAYS)


def deliver(context: Any, happened: str, purchase: BookletPurchase, **changes: Any) -> None:
    """Delivers an event of payments about the purchase's present invoice: `payment.settled`."""
    kind = f"sa.gov.qatif.payments.{happened}.v1"
    data = {
        **contracts.event_example(kind),
        "invoice_id": purchase.invoice_id,
        "service": "tenders",
        **changes,
    }
    handler: Any = HANDLERS[TOPIC_OF[kind]][kind]
    handler(
        context,
        Received(
            id=new_id(), type=kind, subject=new_id(), sequence=1, time=datetime.now(UTC), data=data
        ),
    )


def invoice_of(session: Any, purchase: BookletPurchase) -> Invoice:
    return session.get_one(Invoice, purchase.invoice_id)


def test_a_purchase_bills_the_published_price_to_its_buyer(
    session: Any, sold: Lease, outbox_rows: Any
) -> None:
    purchase = buy(session, sold)

    invoice = invoice_of(session, purchase)
    assert (invoice.amount_halalas, invoice.due_on) == (75_000, date(2026, 12, 4))
    (event,) = [row for row in outbox_rows() if row.topic == "tenders.invoice"]
    payer = invoices_of(session).payer(event.aggregate_id, event.envelope["data"]["payer"])
    assert payer == {name: BUYER[name] for name in ("name", "id_type", "id_number")}


def test_a_buyer_follows_the_lease_until_the_link_of_a_text_ends_it(
    session: Any, sold: Lease
) -> None:
    followers_of = select(Follower).where(Follower.offering_id == sold.lease_id)
    purchase = buy(session, sold, language="en")

    (follower,) = session.scalars(followers_of)
    assert (follower.contact["mobile"], follower.contact["language"]) == (BUYER["mobile"], "en")

    end_following(work(session, CLOCK, NOW), follower.contact["token"])
    purchase.ended_at = NOW
    buy(session, sold)
    assert session.scalars(followers_of).all() == []


def test_a_bill_isnt_due_after_the_deadline_for_bids(session: Any, sold: Lease) -> None:
    purchase = buy(session, sold, sold.bids_until - DAY)

    assert invoice_of(session, purchase).due_on == date(2026, 12, 19)


def test_no_event_tells_which_lease_the_bill_is_for(
    session: Any, sold: Lease, outbox_rows: Any
) -> None:
    before = sold.version
    buy(session, sold)

    (event,) = [row for row in outbox_rows() if row.topic == "tenders.invoice"]
    told = str(event.envelope)
    assert sold.version == before
    assert (sold.number in told, sold.lease_id in told, BOOKLET_URL in told) == (False,) * 3
    assert "7000000005" not in told


def test_a_mobile_that_buys_again_reads_its_purchase(
    session: Any, sold: Lease, outbox_rows: Any
) -> None:
    purchase = buy(session, sold)
    again = buy(session, sold)

    assert again.booklet_id == purchase.booklet_id
    assert [row.topic for row in outbox_rows()].count("tenders.invoice") == 1
    assert buy(session, sold, mobile="+966500000002").booklet_id != purchase.booklet_id


def test_paid_money_buys_the_booklet_once(context: Any, session: Any, sold: Lease) -> None:
    purchase = buy(session, sold)

    for _ in range(2):
        deliver(context, "payment.settled", purchase, paid_at="2026-11-30T08:00:00Z")

    assert purchase.paid_at == datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert purchase.version == 2
    assert buy(session, sold).invoice_id == purchase.invoice_id


def test_money_of_another_service_buys_nothing(context: Any, session: Any, sold: Lease) -> None:
    purchase = buy(session, sold)

    deliver(context, "payment.settled", purchase, service="permits")

    assert purchase.paid_at is None


def test_a_bill_that_ended_unpaid_is_followed_by_another(
    context: Any, session: Any, sold: Lease
) -> None:
    purchase = buy(session, sold)
    first = purchase.invoice_id
    deliver(context, "bill.registered", purchase, bill_number="90200000017", biller_code="902")
    deliver(context, "bill.expired", purchase, status="expired")

    buy(session, sold, NOW + DAY)

    assert purchase.invoice_id != first
    assert session.get_one(Invoice, first).bill_number == "90200000017"
    deliver(context, "payment.settled", purchase)
    assert purchase.paid_at is not None


def test_money_that_goes_back_takes_the_booklet_with_it(
    context: Any, session: Any, sold: Lease
) -> None:
    purchase = buy(session, sold)
    deliver(context, "payment.settled", purchase)

    deliver(context, "payment.refunding", purchase, settled_at="2026-11-30T08:00:00Z")

    assert purchase.paid_at is None
    assert buy(session, sold).invoice_id == purchase.invoice_id
    assert invoice_of(session, purchase).status == "requested"


def test_a_refund_after_the_sale_ends_the_purchase(
    context: Any, session: Any, sold: Lease, let_clock_act: Any
) -> None:
    purchase = buy(session, sold)
    deliver(context, "payment.settled", purchase)
    let_clock_act(sold.bids_until)

    settled = {"settled_at": "2026-11-30T08:00:00Z"}
    deliver(context, "payment.refunded", purchase, status="refunded", **settled)

    assert purchase_status(purchase.paid_at, sold.status) == "ended"


def test_every_event_of_payments_is_taken(context: Any, session: Any, sold: Lease) -> None:
    purchase = buy(session, sold)

    for kind in TOPIC_OF:
        deliver(context, ".".join(kind.split(".")[4:6]), purchase, invoice_id=new_id())

    assert purchase.paid_at is None


def test_the_deadline_for_bids_ends_what_isnt_paid_and_withdraws_no_bill(
    context: Any, session: Any, sold: Lease, let_clock_act: Any
) -> None:
    paid, unpaid = buy(session, sold), buy(session, sold, mobile="+966500000002")
    deliver(context, "payment.settled", paid)

    let_clock_act(sold.bids_until)

    both = (paid, unpaid)
    assert [purchase_status(one.paid_at, sold.status) for one in both] == ["paid", "ended"]
    assert [invoice_of(session, one).status for one in both] == ["paid", "requested"]


@pytest.mark.parametrize("expired", [False, True])
def test_money_that_was_paid_in_time_buys_the_booklet_however_late_the_news_comes(
    context: Any, session: Any, sold: Lease, let_clock_act: Any, expired: bool
) -> None:
    purchase, paid_at = buy(session, sold), sold.bids_until - MINUTE
    let_clock_act(sold.bids_until)
    if expired:
        deliver(context, "bill.expired", purchase, status="expired")

    deliver(context, "payment.settled", purchase, paid_at=rfc3339(paid_at))

    assert (purchase.paid_at, invoice_of(session, purchase).status) == (paid_at, "paid")


@pytest.mark.parametrize("closed", [False, True])
def test_money_that_was_paid_from_the_deadline_for_bids_on_goes_back(
    context: Any, session: Any, sold: Lease, let_clock_act: Any, closed: bool
) -> None:
    purchase = buy(session, sold)
    if closed:
        let_clock_act(sold.bids_until)

    deliver(context, "payment.settled", purchase, paid_at=rfc3339(sold.bids_until))

    assert purchase.paid_at is None
    assert invoice_of(session, purchase).status == "refund_requested"


def test_money_in_time_goes_back_when_the_lease_is_cancelled_before_the_news(
    context: Any, session: Any, sold: Lease
) -> None:
    purchase = buy(session, sold)
    awards.cancel_offering(work(session, PREPARER), Lease, sold.lease_id, CANCELLATION)

    deliver(context, "payment.settled", purchase, paid_at=rfc3339(NOW))

    assert purchase.paid_at is None
    assert invoice_of(session, purchase).status == "refund_requested"


def test_a_cancellation_before_the_opening_gives_the_money_back(
    context: Any, session: Any, sold: Lease
) -> None:
    paid, unpaid = buy(session, sold), buy(session, sold, mobile="+966500000002")
    deliver(context, "payment.settled", paid)

    awards.cancel_offering(work(session, PREPARER), Lease, sold.lease_id, CANCELLATION)

    states = [invoice_of(session, one).status for one in (paid, unpaid)]
    assert states == ["refund_requested", "withdrawn"]


def test_a_cancellation_after_the_opening_keeps_the_money(
    context: Any, session: Any, lease: Any
) -> None:
    row = lease("received", booklet_url=BOOKLET_URL)
    purchase = buy(session, row)
    deliver(context, "payment.settled", purchase)
    open_now(session, row)

    awards.cancel_offering(work(session, PREPARER, AFTER), Lease, row.lease_id, CANCELLATION)

    assert invoice_of(session, purchase).status == "paid"
    assert purchase.paid_at is not None


def test_nothing_is_sold_after_the_deadline_nor_what_furas_sells(
    session: Any, lease: Any, sold: Lease
) -> None:
    with pytest.raises(BidsAreClosed):
        buy(session, sold, sold.bids_until)
    with pytest.raises(BookletNotSold):
        buy(session, lease("published"))
    with pytest.raises(IllegalTransition):
        buy(session, lease("opened", booklet_url=BOOKLET_URL))


def test_a_booklet_without_a_price_isnt_sold(lease: Any) -> None:
    with pytest.raises(InvalidFields, match="booklet_url: booklet-is-free"):
        lease("draft", booklet_url=BOOKLET_URL, booklet_price=0)


def test_every_fault_of_a_buyer_is_named_at_once() -> None:
    body = {"name": " ـ ", "id_type": "national_id", "id_number": "1000000001"}

    with pytest.raises(InvalidFields) as refused:
        parse_buyer(body)

    assert [one.field for one in refused.value.faults] == ["buyer.name", "buyer.id_number"]


def test_the_buyers_are_emptied_after_the_settlement(
    context: Any, session: Any, sold: Lease
) -> None:
    purchase = buy(session, sold)
    awards.cancel_offering(work(session, PREPARER), Lease, sold.lease_id, CANCELLATION)

    later = work(session, RETENTION, NOW + 31 * DAY)
    retention.forget_followers(later, before=NOW + DAY)
    session.expire_all()
    deliver(context, "payment.settled", purchase)

    assert (purchase.buyer, purchase.mobile_key) == (None, None)
    assert invoice_of(session, purchase).status == "refund_requested"


# Over HTTP. The clock is the real one.


@pytest.fixture
def on_sale(session: Any) -> Lease:
    made: Lease = bring(session, Lease, "published", now=datetime.now(UTC), booklet_url=BOOKLET_URL)
    return made


def send(api: Any, codes: Any, operation: str, number: str, mobile: str = MOBILE) -> Any:
    """Sends an operation with a fresh code of the mobile."""
    who = {"number": number, "mobile": mobile}
    api.ask("request_booklet_code", who)
    body = {**who, "code": codes()[-1]}
    if operation == "buy_booklet":
        body["buyer"] = {name: BUYER[name] for name in ("name", "id_type", "id_number")}
    return api.send(operation, body)


def test_a_code_buys_and_the_booklet_waits_for_the_money(
    api: Any, codes: Any, on_sale: Lease
) -> None:
    bought = send(api, codes, "buy_booklet", on_sale.number).json()

    assert (bought["status"], bought["booklet_url"]) == ("requested", None)
    assert bought["bill"]["amount"] == "750.00"


@pytest.mark.parametrize("paid", [False, True])
def test_only_a_buyer_who_paid_reads_where_the_booklet_is(
    api: Any, codes: Any, context: Any, session: Any, on_sale: Lease, paid: bool
) -> None:
    purchase = buy(session, on_sale, datetime.now(UTC))
    if paid:
        deliver(context, "payment.settled", purchase)

    read = send(api, codes, "read_booklet", on_sale.number).json()

    told = (read["status"], read["booklet_url"])
    assert told == (("paid", BOOKLET_URL) if paid else ("requested", None))


def test_a_wrong_code_buys_nothing(api: Any, codes: Any, session: Any, on_sale: Lease) -> None:
    who = {"number": on_sale.number, "mobile": MOBILE}
    api.ask("request_booklet_code", who)
    wrong = "000000" if codes()[-1] != "000000" else "111111"
    buyer = {name: BUYER[name] for name in ("name", "id_type", "id_number")}

    refused = api.refused("buy_booklet", {**who, "code": wrong, "buyer": buyer})

    assert refused == (422, "code-not-right")
    assert session.scalars(select(BookletPurchase)).all() == []


def test_a_mobile_without_a_purchase_reads_nothing(api: Any, codes: Any, on_sale: Lease) -> None:
    assert send(api, codes, "read_booklet", on_sale.number, OTHER_MOBILE).status_code == 404


def test_the_public_reads_that_the_booklet_is_sold_and_never_where_it_is(
    api: Any, client: Any, on_sale: Lease
) -> None:
    shown = api.ask("get_public_lease", number=on_sale.number)

    assert shown["sells_booklet"] is True
    everything = (
        str(shown) + str(api.ask("list_lease_releases")) + str(api.ask("list_lease_records"))
    )
    everything += client.get("/v1/public/tenders-and-leases.atom").text
    assert BOOKLET_URL not in everything


def test_only_those_who_prepare_read_where_the_booklet_is(api: Any, on_sale: Lease) -> None:
    def shown(*scopes: str) -> Any:
        key = {"lease_id": on_sale.lease_id}
        return api.ask("get_lease", claims=OFFICER, scopes=scopes, **key)["booklet_url"]

    assert (shown(), shown("tenders.prepare")) == (None, BOOKLET_URL)


def test_those_who_prepare_read_a_tender_which_has_no_booklet(api: Any, session: Any) -> None:
    row = bring(session, Tender, "published")

    shown = api.ask(
        "get_tender", claims=OFFICER, scopes=("tenders.prepare",), tender_id=row.tender_id
    )

    assert "booklet_url" not in shown


@pytest.mark.parametrize("buyers", [0, 2])
def test_before_the_opening_nobody_reads_who_bought_nor_whether_anybody_did(
    api: Any, context: Any, session: Any, sold: Lease, buyers: int
) -> None:
    for place in range(buyers):
        deliver(context, "payment.settled", buy(session, sold, mobile=f"+96650000000{place}"))
    before = api.ask("get_lease", claims=OFFICER, lease_id=sold.lease_id)

    refused = api.refused("list_booklet_buyers", claims=OFFICER, lease_id=sold.lease_id)

    assert refused == (409, "bids-are-sealed")
    assert [one["action"] for one in before["history"]] == ["draft", "publish"]
    assert before["version"] == 2


def test_after_the_opening_officers_who_open_read_who_paid(
    api: Any, context: Any, session: Any, lease: Any
) -> None:
    row = lease("received", booklet_url=BOOKLET_URL)
    deliver(context, "payment.settled", buy(session, row))
    buy(session, row, mobile="+966500000002")
    open_now(session, row)
    award(session, Lease, row.lease_id, AFTER)

    items = api.ask("list_booklet_buyers", claims=OFFICER, lease_id=row.lease_id)["items"]

    assert [(one["name"], one["unified_number"], one["refunded"]) for one in items] == [
        (BUYER["name"], BUYER["id_number"], False)
    ]


def test_a_buyer_whose_money_went_back_stays_in_the_list(
    api: Any, context: Any, session: Any, lease: Any
) -> None:
    row = lease("received", booklet_url=BOOKLET_URL)
    purchase = buy(session, row)
    paid_at, settled = "2026-11-30T08:00:00Z", {"settled_at": "2026-11-30T08:05:00Z"}
    deliver(context, "payment.settled", purchase, paid_at=paid_at)
    open_now(session, row)
    deliver(context, "payment.refunded", purchase, status="refunded", **settled)
    session.flush()

    (item,) = api.ask("list_booklet_buyers", claims=OFFICER, lease_id=row.lease_id)["items"]

    assert (item["bought_at"], item["refunded"]) == (paid_at, True)


def test_a_buyer_who_pays_again_after_a_refund_bought_with_the_first_payment(
    context: Any, session: Any, sold: Lease
) -> None:
    purchase, days = buy(session, sold), (NOW + DAY, NOW + 3 * DAY)
    deliver(context, "payment.settled", purchase, paid_at=rfc3339(days[0]))
    deliver(context, "payment.refunding", purchase, settled_at=rfc3339(days[0]))

    buy(session, sold, NOW + 2 * DAY)
    deliver(context, "payment.settled", purchase, paid_at=rfc3339(days[1]))

    assert (purchase.bought_at, purchase.paid_at) == days
