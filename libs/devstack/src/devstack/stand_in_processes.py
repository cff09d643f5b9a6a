"""The stand-ins as processes of a system: each beside the service that asks it.

Ports and keys are of this run. The ledgers of SMS texts and bills lie in the folder of the data and survive a kill; the
national login and the outside bodies forget what they know with their process.
"""

import base64
import json
import secrets
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey

from devstack.machine import ROOT, free_port
from devstack.running_services import RunningService
from devstack.sms_provider.settings import STYLES
from devstack.supervisor import Supervisor

SMS_PROVIDER, BILL_PROVIDER = "sms-provider", "bill-provider"
NATIONAL_LOGIN_CLIENT = "qatif-identity"
NATIONAL_LOGIN_CALLBACK = "/national-login/callback"
_CREDENTIALS = {"unifonic": "UNIFONIC_APP_SID", "taqnyat": "TAQNYAT_TOKEN"}


class StandInProcess:
    """A stand-in `python -m devstack.<name> CONFIG`. `service` is the service that asks the stand-in."""

    name: str

    def __init__(self, service: RunningService) -> None:
        self.service = service
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def configuration(self, folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
        """Returns what the process is told at its start. `environment` is that of the service."""
        raise NotImplementedError

    def launch(self, supervisor: Supervisor, folder: Path, environment: Mapping[str, str]) -> None:
        """Starts the process and returns at once. Only the owner of `folder` reads the configuration, and the process
        gets no setting of the service."""
        config = folder / f"{self.name}.json"
        config.touch(mode=0o600)
        document = {"port": self.port, **self.configuration(folder, environment)}
        config.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
        command = [sys.executable, "-m", f"devstack.{self.name.replace('-', '_')}", str(config)]
        prefix = self.service.prefix
        own = {name: text for name, text in environment.items() if not name.startswith(prefix)}
        supervisor.start(self.name, command, own, cwd=ROOT)

    def wait_ready(self, supervisor: Supervisor) -> None:
        """Waits until the process answers. From then on it's started again when it ends."""
        supervisor.wait_ready(self.name, f"{self.url}/readyz")
        supervisor.keep(self.name)

    def start(self, supervisor: Supervisor, folder: Path, environment: Mapping[str, str]) -> None:
        """Launches the process and waits until it answers."""
        self.launch(supervisor, folder, environment)
        self.wait_ready(supervisor)


class SmsProviderProcess(StandInProcess):
    """Both SMS providers, beside notify."""

    name = SMS_PROVIDER

    def __init__(self, service: RunningService) -> None:
        super().__init__(service)
        self._ports = {name: free_port() for name in STYLES}
        self._credentials = {name: secrets.token_urlsafe(24) for name in STYLES}

    def environment(self) -> dict[str, str]:
        """Returns notify's settings, without their prefix. Both providers tell the fate of a reference and take a
        reference once; `POST /faults` turns that off, and then notify's settings have to say so too."""
        hosts = [f"127.0.0.1:{port}" for port in self._ports.values()]
        found = {"OUTGOING_PRIVATE_HOSTS": ",".join(hosts)}
        for name, port in self._ports.items():
            found[f"{name.upper()}_URL"] = f"http://127.0.0.1:{port}"
            found[_CREDENTIALS[name]] = self._credentials[name]
            found |= {f"{name.upper()}_{ability}": "true" for ability in ("QUERIED", "ONCE")}
        return found

    def configuration(self, folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
        providers = {
            name: {
                "port": port,
                "credential": self._credentials[name],
                "receipt_token": environment[f"NOTIFY_{name.upper()}_RECEIPT_KEY"],
            }
            for name, port in self._ports.items()
        }
        return {
            "ledger": str(folder / "sms-ledger.jsonl"),
            "receipts": f"{self.service.url}/v1/receipts",
            "providers": providers,
        }

    def description(self) -> dict[str, Any]:
        """Returns the part of system.json: the page of the telephones, the ledger, the switches."""
        return {
            "url": self.url,
            "ledger": f"{self.url}/ledger",
            "faults": f"{self.url}/faults",
            "providers": {name: f"http://127.0.0.1:{port}" for name, port in self._ports.items()},
        }


class BillProviderProcess(StandInProcess):
    """The national bill system, beside payments."""

    name = BILL_PROVIDER

    def __init__(self, service: RunningService) -> None:
        super().__init__(service)
        self._token = secrets.token_urlsafe(24)

    def environment(self) -> dict[str, str]:
        """Returns the settings of payments, without their prefix."""
        return {
            "OUTGOING_PRIVATE_HOSTS": f"127.0.0.1:{self.port}",
            "PROVIDER_URL": self.url,
            "PROVIDER_TOKEN": self._token,
        }

    def configuration(self, folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
        return {
            "ledger": str(folder / "bill-ledger.jsonl"),
            "notices": f"{self.service.url}/v1/payment-notices",
            "notice_key": environment["PAYMENTS_NOTICE_KEY"],
            "token": self._token,
        }

    def description(self) -> dict[str, Any]:
        """Returns the part of system.json: the page, where a bill is paid, the ledger, the switches."""
        return {
            "url": self.url,
            "pay": f"{self.url}/pay",
            "ledger": f"{self.url}/ledger",
            "faults": f"{self.url}/faults",
        }


class OutsideBodiesProcess(StandInProcess):
    """The outside bodies, beside licences."""

    name = "outside-bodies"

    def environment(self) -> dict[str, str]:
        """Returns the settings of licences, without their prefix. Licences asks again every two seconds, so somebody
        who tries it sees a fact arrive."""
        return {
            "OUTGOING_PRIVATE_HOSTS": f"127.0.0.1:{self.port}",
            "OUTSIDE_BODIES_URL": self.url,
            "OUTSIDE_AGAIN_SECONDS": "2",
        }

    def configuration(self, folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
        return {}

    def description(self) -> dict[str, Any]:
        """Returns the part of system.json: where an answer is recorded, and the switches."""
        return {
            "url": self.url,
            "records": f"{self.url}/records",
            "faults": f"{self.url}/faults",
        }


class NationalLoginProcess(StandInProcess):
    """The national login, beside identity."""

    name = "national-login"

    def __init__(self, service: RunningService, citizens: Iterable[Mapping[str, Any]]) -> None:
        super().__init__(service)
        self._citizens = citizens

    def environment(self, outside_bodies: str | None) -> dict[str, str]:
        """Returns identity's settings, without their prefix: also where the commercial register is, if it runs."""
        found = {
            "NATIONAL_LOGIN_ISSUER": self.url,
            "NATIONAL_LOGIN_CLIENT_ID": NATIONAL_LOGIN_CLIENT,
        }
        if outside_bodies is not None:
            found["COMMERCIAL_REGISTER_URL"] = f"{outside_bodies}/commercial-register"
        asked = [self.url, *([outside_bodies] if outside_bodies else [])]
        return found | {"OUTGOING_PRIVATE_HOSTS": ",".join(urlsplit(one).netloc for one in asked)}

    def configuration(self, folder: Path, environment: Mapping[str, str]) -> dict[str, Any]:
        return {
            "client_id": NATIONAL_LOGIN_CLIENT,
            "redirect_uri": self.service.url + NATIONAL_LOGIN_CALLBACK,
            "client_jwks": {"keys": [public_jwk(environment["IDENTITY_NATIONAL_LOGIN_KEY"])]},
            "people": {
                one["id_number"]: {"name": one["display_name"], "mobile": one["mobile"]}
                for one in self._citizens
            },
        }


def public_jwk(setting: str) -> dict[str, Any]:
    """Returns the public key that a setting of 32 bytes stands for, as `identity national-login-key` and `portal
    client-key` print it."""
    secret = base64.urlsafe_b64decode(setting + "=" * (-len(setting) % 4))
    key = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1()).public_key()
    named = ECKey.import_key(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return {**named.as_dict(private=False), "kid": named.thumbprint()}
