"""The command about the keys of a register, as an operator types it."""

from typing import Any

from click.testing import CliRunner

from documents.issuing import keys_command as command


def test_a_key_id_that_begins_with_a_hyphen_is_no_option(monkeypatch: Any) -> None:
    revoked = []
    monkeypatch.setattr(
        command, "pass_process", lambda function: lambda **given: function(None, **given)
    )
    monkeypatch.setattr(command, "_revoke", lambda *given: revoked.append(given[2:]))

    done = CliRunner().invoke(command.keys_command(None), ["revoke", "-q3w", "--reason", "stolen"])

    assert (done.exit_code, revoked) == (0, [("-q3w", "stolen")])
