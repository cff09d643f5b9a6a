"""The stand-in for the national login (devstack.national_login), as a process of the system beside identity."""

import base64
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey

from devstack.machine import ROOT, free_port
from devstack.processes import Supervisor
from devstack.rooms import Room

NAME = "national-login"
CLIENT_ID = "qatif-identity"
CALLBACK = "/national-login/callback"


class NationalStandIn:
    """Its port and keys are of this run; what it knows it forgets with its process."""

    def __init__(self, identity: Room) -> None:
        self._identity = identity
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"

    def environment(self, outside_bodies: str | None) -> dict[str, str]:
        """What identity has to know, without its prefix: also where the commercial register is, if it's there."""
        found = {"NATIONAL_LOGIN_ISSUER": self.url, "NATIONAL_LOGIN_CLIENT_ID": CLIENT_ID}
        if outside_bodies is not None:
            found["COMMERCIAL_REGISTER_URL"] = f"{outside_bodies}/commercial-register"
        asked = [self.url, *([outside_bodies] if outside_bodies else [])]
        return found | {"OUTGOING_PRIVATE_HOSTS": ",".join(urlsplit(one).netloc for one in asked)}

    def start(
        self,
        supervisor: Supervisor,
        folder: Path,
        environment: Mapping[str, str],
        citizens: Iterable[Mapping[str, Any]],
    ) -> None:
        """Starts it and waits until it answers. `environment` is identity's, with the key that it authenticates by;
        `folder` is for the configuration, which only its owner reads."""
        document = {
            "port": self._port,
            "client_id": CLIENT_ID,
            "redirect_uri": self._identity.url + CALLBACK,
            "client_jwks": {"keys": [public_jwk(environment["IDENTITY_NATIONAL_LOGIN_KEY"])]},
            "people": {
                one["id_number"]: {"name": one["display_name"], "mobile": one["mobile"]}
                for one in citizens
            },
        }
        config = folder / "national-login.json"
        config.touch(mode=0o600)
        config.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
        command = [sys.executable, "-m", "devstack.national_login", str(config)]
        own = {name: text for name, text in environment.items() if not name.startswith("IDENTITY_")}
        supervisor.start(NAME, command, own, cwd=ROOT)
        supervisor.wait_ready(NAME, f"{self.url}/readyz")
        supervisor.keep(NAME)


def public_jwk(setting: str) -> dict[str, Any]:
    """The public key that identity makes of its NATIONAL_LOGIN_KEY; `identity national-login-key` prints the same."""
    secret = base64.urlsafe_b64decode(setting + "=" * (-len(setting) % 4))
    key = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1()).public_key()
    named = ECKey.import_key(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return {**named.as_dict(private=False), "kid": named.thumbprint()}
