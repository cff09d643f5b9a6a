"""Things that people ask about, and a browser that asks."""

from datetime import UTC, datetime, timedelta

from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.data.sealing import Keyring
from chassis.events.inquiry import Known, digits_of, match_keys
from pages.origins import csrf_token
from portal.api.cookies import FORM_COOKIE
from portal.commands.inquiry_things import keep_things
from portal.consumers import thing_event_of
from saudi.days import legal_day

INQUIRY_KEY = "i" * 42 + "M"
OWN = {"Sec-Fetch-Site": "same-origin", "Origin": "https://services.example"}
RING = Keyring.parse(INQUIRY_KEY)
MOBILE, OTHER_MOBILE, PERSON = "+966500000001", "+966500000002", "1000000008"
TODAY = legal_day(datetime.now(UTC))


def match(kind, number, by, value):
    """Returns an entry of the block's `match`, as a publisher makes it."""
    return {"by": by, "key": match_keys(RING, kind, number, Known(by=by, value=value))[0]}


def event(
    kind,
    number,
    *,
    thing=None,
    version=1,
    days_ago=0,
    known=(("mobile", MOBILE),),
    beside=(),
    **block,
):
    """Returns an event of a thing. `known` are the second facts that open its answer; `beside` is what the event has
    beside the block."""
    opened = TODAY - timedelta(days=3)
    data = {
        "number": number,
        "number_digits": digits_of(number),
        "kind": kind,
        "status": "in_progress",
        "opened_on": opened.isoformat(),
        "due_on": (TODAY + timedelta(days=2)).isoformat(),
        "decided_on": None,
        "expires_on": None,
        "municipality": "safwa",
        "department": "cleaning",
        "next_step": "municipality",
        "match": [match(kind, number, by, value) for by, value in known],
        "subjects": [],
        "public": False,
        **block,
    }
    return Received(
        id=new_id(),
        type="sa.gov.qatif.test.thing.changed.v1",
        subject=thing or new_id(),
        sequence=version,
        time=datetime.now(UTC) - timedelta(days=days_ago),
        data={**dict(beside), "inquiry": data},
    )


def driver_of(session):
    """Returns the driver's connection below a session."""
    return session.connection().connection.driver_connection


def keep(session, *events):
    """Writes things as the consumer does."""
    now = datetime.now(UTC)
    keep_things(session, [thing_event_of(one, now) for one in events])
    session.flush()


def ask(browser, kind, **typed):
    """Opens the form of a kind, and sends it."""
    browser.get(f"/inquiry?kind={kind}")
    return send(browser, kind, **typed)


def send(browser, kind, **typed):
    """Sends the form of a browser that has opened it."""
    token = csrf_token(browser.cookies.get(FORM_COOKIE, ""))
    form = {"kind": kind, "csrf_token": token, **typed}
    return browser.send("/inquiry", form, OWN)
