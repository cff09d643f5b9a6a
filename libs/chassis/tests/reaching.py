"""What a process that asks others over the network is set to."""

from typing import Any

from chassis.core.outgoing import OutgoingSettings


def settings(**own: Any) -> OutgoingSettings:
    return OutgoingSettings(
        database_url="postgresql://a/b", kafka_bootstrap_servers="127.0.0.1:1",
        issuer="https://issuer.test", **own,
    )  # fmt: skip
