"""The keys by which the operator has documents signed."""

from pathlib import Path
from typing import Any

from click.testing import CliRunner

from chassis.run.cli import group

from .conftest import KEYS as SECRETS


def test_the_operator_cant_revoke_the_current_key(
    service: Any, postgres_server: Any, tmp_path: Path
) -> None:
    environment = {
        "PERMITS_DATABASE_URL": postgres_server.fresh_database("permits_keys"),
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "ISSUER": "https://issuer.test",
        "PERMITS_FILES_FOLDER": str(tmp_path),
        **SECRETS,
    }

    def run(*words: str) -> Any:
        return CliRunner().invoke(group(service), words, obj=service, env=environment)

    run("migrate")
    listed = run("document-keys", "list").output.split()
    refused = run("document-keys", "revoke", listed[0], "--reason", "سُرق")

    assert listed[1::2] == ["good"]
    assert refused.exit_code == 1
    assert "current key" in refused.output
