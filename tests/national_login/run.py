"""`make national-login`: a citizen's sign-in at the real identity, with npm `oidc-provider` as the national login.

The run needs node and npm (package-lock.json names the packages), and starts PostgreSQL and Kafka as `make up` does.
A run takes about a minute, so it's no part of `make test`.
"""

import json
import secrets
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from joserfc.jwk import RSAKey

from devstack.machine import StartError, free_port, say, temporary_folder
from devstack.run_folder import RunFolder
from devstack.running_services import running_services
from devstack.stand_in_processes import (
    NATIONAL_LOGIN_CALLBACK,
    NATIONAL_LOGIN_CLIENT,
    public_jwk,
)
from devstack.system import System
from devstack.token import Issuer, SignInForm

HERE = Path(__file__).parent
NUMBER = "1000000016"
TIMEOUT_S = 10


class Failed(Exception):
    """Says how identity and the provider differ from what is expected."""


def main() -> None:
    packages = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE, check=False
    )
    if packages.returncode:
        sys.exit("national-login: npm couldn't install oidc-provider")
    identity = next(room for room in running_services() if room.name == "identity")
    port = free_port()
    settings_of_identity = {
        "IDENTITY_NATIONAL_LOGIN_ISSUER": f"http://127.0.0.1:{port}",
        "IDENTITY_OUTGOING_PRIVATE_HOSTS": f"127.0.0.1:{port}",
        "IDENTITY_NATIONAL_LOGIN_ACR": "high",
    }
    folder = RunFolder(temporary_folder() / "run")
    with System(folder, services=[identity], extra=settings_of_identity) as system:
        jwk = public_jwk(system.environment("identity")["IDENTITY_NATIONAL_LOGIN_KEY"])
        settings = {
            "port": port,
            "client_id": NATIONAL_LOGIN_CLIENT,
            "redirect_uri": identity.url + NATIONAL_LOGIN_CALLBACK,
            "jwk": jwk,
            "key": RSAKey.generate_key(
                2048, {"kid": "peer-1", "alg": "PS256", "use": "sig"}
            ).as_dict(private=True),
        }
        with provider({**settings, "acr": "high"}):
            check_sign_in(system)
            check_refusal(system)
            check_second_callback(system)
        with provider({**settings, "acr": "low"}):
            check_low_assurance(system)
        with provider(
            {
                **settings,
                "acr": "high",
                "jwk": {**public_jwk(secrets.token_urlsafe(32)), "kid": jwk["kid"]},
            }
        ):
            check_unregistered_key(system)
    say("national-login: identity gets on with oidc-provider; 5 of 5")


def check_sign_in(system: System) -> None:
    browser, callback = callback_after(system, f"login={NUMBER}")
    back = browser.get(callback, timeout=TIMEOUT_S, allow_redirects=False)
    target = urlsplit(expect(back, 303).headers["Location"])
    sent = {name: values[0] for name, values in parse_qs(target.query).items()}
    if "code" not in sent or sent["state"] != "trial":
        raise Failed(f"the application got no code: {sent}")
    say("national-login: a citizen signed in")


def check_refusal(system: System) -> None:
    browser, callback = callback_after(system, "refuse=1")
    page = expect(browser.get(callback, timeout=TIMEOUT_S, allow_redirects=False), 403)
    if "رفضتم" not in page.text:
        raise Failed(f"the page doesn't say that it was refused: {page.text[:300]}")
    say("national-login: a refusal is told")


def check_second_callback(system: System) -> None:
    browser, callback = callback_after(system, f"login={NUMBER}")
    expect(browser.get(callback, timeout=TIMEOUT_S, allow_redirects=False), 303)
    expect(browser.get(callback, timeout=TIMEOUT_S, allow_redirects=False), 400)
    say("national-login: a callback counts once")


def check_low_assurance(system: System) -> None:
    browser, callback = callback_after(system, f"login={NUMBER}")
    page = browser.get(callback, timeout=TIMEOUT_S, allow_redirects=False)
    if page.status_code == requests.codes.see_other:
        raise Failed("a level of assurance that isn't accepted opened a sign-in")
    say(f"national-login: a low assurance opens nothing ({page.status_code})")


def check_unregistered_key(system: System) -> None:
    browser, callback = callback_after(system, f"login={NUMBER}")
    expect(browser.get(callback, timeout=TIMEOUT_S, allow_redirects=False), 503)
    say("national-login: with a key that isn't registered there's no sign-in")


def callback_after(system: System, decision: str) -> tuple[requests.Session, str]:
    """Returns a browser that has decided at the provider, and the callback to which the provider sends the browser."""
    client = next(one for one in system.clients if one["client_id"] == "citizens-trial")
    issuer, browser = Issuer(system.issuer), requests.Session()
    reference = issuer._pushed(client, authorization_request_of(client))
    page = browser.get(f"{system.issuer}/authorize", params=reference, timeout=TIMEOUT_S)
    form = SignInForm.of(expect(page, 200))
    data = {**form.inputs, "action": "national-login"}
    address = urljoin(page.url, form.action)
    answer = browser.post(address, data=data, timeout=TIMEOUT_S, allow_redirects=False)
    place = expect(answer, 303).headers["Location"]
    for _ in range(6):
        if NATIONAL_LOGIN_CALLBACK in place:
            return browser, place
        if "/interaction/" in place:
            place += "?" + decision
        answer = browser.get(place, timeout=TIMEOUT_S, allow_redirects=False)
        if not answer.is_redirect:
            raise Failed(f"the provider answered {answer.status_code}: {answer.text[:400]}")
        place = urljoin(place, answer.headers["Location"])
    raise Failed(f"no way back from the provider: {place}")


def authorization_request_of(client: dict[str, Any]) -> dict[str, str]:
    digest = sha256(secrets.token_urlsafe(48).encode()).digest()
    return {
        "response_type": "code",
        "redirect_uri": client["redirect_uris"][0],
        "scope": "my-delegations.write",
        "state": "trial",
        "code_challenge": urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }


def expect(answer: requests.Response, status: int) -> requests.Response:
    if answer.status_code != status:
        place = answer.url.partition("?")[0]
        raise Failed(f"{place} answered {answer.status_code}, not {status}: {answer.text[:400]}")
    return answer


@contextmanager
def provider(settings: dict[str, Any]) -> Iterator[None]:
    """Runs oidc-provider with these settings until the block ends."""
    process = subprocess.Popen(
        ["node", "provider.mjs"], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    if process.stdin is None or process.stdout is None:
        raise Failed("no pipes")
    try:
        process.stdin.write(json.dumps(settings) + "\n")
        process.stdin.flush()
        while (line := process.stdout.readline().strip()) != "ready":
            if not line and process.poll() is not None:
                raise Failed("oidc-provider didn't start")
        yield
    finally:
        process.terminate()
        process.wait(timeout=TIMEOUT_S)


if __name__ == "__main__":
    try:
        main()
    except (Failed, StartError) as error:
        sys.exit(f"national-login: {error}")
