"""Signatures of Standard Webhooks, as any library of theirs checks them."""

import base64
from datetime import UTC, datetime

from chassis.core import standard_webhooks
from chassis.core.standard_webhooks import new_secret, shown_secret, signed_headers

# The vector of the specification's libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
MOMENT = datetime.fromtimestamp(1614265330, UTC)
NUMBER = "msg_p5jXN8AQM9LWM0D4loKWxJek"
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_signature_is_that_of_standard_webhooks():
    headers = signed_headers(NUMBER, MOMENT, BODY, SECRET)

    assert headers["webhook-signature"] == SIGNATURE
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-id"] == NUMBER


def test_while_a_secret_is_exchanged_both_have_signed():
    newer = new_secret()

    signatures = signed_headers(NUMBER, MOMENT, BODY, newer, SECRET)["webhook-signature"].split()

    assert len(signatures) == 2
    assert signatures[1] == SIGNATURE


def test_a_secret_is_shown_in_the_form_of_standard_webhooks():
    secret = shown_secret(b"0" * 32)

    assert base64.b64decode(secret.removeprefix("whsec_")) == b"0" * 32


def test_no_secret_is_like_another():
    made = {new_secret() for _ in range(100)}

    assert len(made) == 100
    assert {len(base64.b64decode(one.removeprefix("whsec_"))) for one in made} == {
        standard_webhooks.SECRET_BYTES
    }
