"""An application ends the session from which its token came; nobody else does."""


def end_session(oauth, token, client_id="electricity-desk"):
    form = {"token": token, **oauth.authenticated(client_id)}
    return oauth.http.post("/end-session", data=form)


def test_with_the_session_all_its_tokens_end(oauth, outbox_rows):
    browser = oauth.browser()
    token = oauth.staff_token(browser=browser)
    again = oauth.returned(browser.get("/authorize", params=oauth.reference()))
    other = oauth.redeem(again["code"]).json()["access_token"]

    answer = end_session(oauth, token)

    assert (answer.status_code, answer.json()) == (200, {"ended": True})
    assert oauth.introspect(token) == oauth.introspect(other) == {"active": False}
    assert outbox_rows()[-1].envelope["data"]["kind"] == "session"
    assert 'name="password"' in browser.get("/authorize", params=oauth.reference()).text


def test_the_session_of_another_sign_in_goes_on(oauth):
    token, other = oauth.staff_token(), oauth.staff_token()

    end_session(oauth, token)

    assert oauth.introspect(other)["active"] is True


def test_a_second_press_ends_nothing_more(oauth, outbox_rows):
    token = oauth.staff_token()

    answers = [end_session(oauth, token) for _ in range(2)]

    assert [one.json() for one in answers] == [{"ended": True}, {"ended": False}]
    assert len([one for one in outbox_rows() if one.topic == "identity.revocation"]) == 1


def test_no_client_ends_the_session_of_another_client_s_token(oauth):
    token = oauth.staff_token()

    answer = end_session(oauth, token, "tarout-feed")
    nobody = oauth.http.post("/end-session", data={"token": token})

    assert answer.json()["error"] == "invalid_grant"
    assert (nobody.status_code, nobody.json()["error"]) == (401, "invalid_client")
    assert oauth.introspect(token)["active"] is True


def test_a_machine_has_no_session_to_end(oauth):
    token = oauth.machine_token().json()["access_token"]

    assert end_session(oauth, token, "tarout-feed").json()["error"] == "invalid_request"


def test_a_token_that_cannot_be_read_ends_nothing_and_the_answer_says_so(oauth):
    answer = end_session(oauth, "nonsense")

    assert (answer.status_code, answer.json()) == (200, {"ended": False})
