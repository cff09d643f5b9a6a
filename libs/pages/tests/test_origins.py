from pages.origins import origin


def test_the_origin_of_a_redirect_uri_has_no_path() -> None:
    assert origin("https://desk.example:8443/callback?x=1") == "https://desk.example:8443"
