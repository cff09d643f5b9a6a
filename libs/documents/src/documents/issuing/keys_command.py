"""`<service> document-keys`: lists and revokes the keys that signed documents."""

from typing import Any

import click

from chassis.core.refusals import NotFound, Refusal
from chassis.core.times import rfc3339
from chassis.process import Process, pass_process
from documents.issuing.keeping import revoke_key
from documents.issuing.reading import published_keys
from documents.issuing.register import Register


def keys_command(register: Register[Any]) -> click.Group:
    """Returns the command, about the keys of that register."""

    @click.group("document-keys", help="The keys that sign documents.")
    def group() -> None:
        """The verbs below it."""

    @group.command("list", help="The published keys; the first is of the settings.")
    @pass_process
    def show(process: Process[Any, Any]) -> None:
        _show(process, register)

    # A key's id is base64url: one in 64 begins with a hyphen, and is no option.
    @group.command(
        "revoke",
        help="A stolen key: what it signed counts no more.",
        context_settings={"ignore_unknown_options": True},
    )
    @click.argument("key_id")
    @click.option("--reason", required=True)
    @pass_process
    def revoke(process: Process[Any, Any], key_id: str, reason: str) -> None:
        _revoke(process, register, key_id, reason)

    return group


def _show(process: Process[Any, Any], register: Register[Any]) -> None:
    """One a line: id, and whether it's good."""
    with process.transaction() as context:
        own = context.resources.signing.public
        for key in published_keys(context.session, register, own):
            at = key.revoked_at
            click.echo(f"{key.key_id}  {f'revoked {rfc3339(at)}' if at else 'good'}")


def _revoke(process: Process[Any, Any], register: Register[Any], key_id: str, reason: str) -> None:
    """Fails for a key that signed nothing. Change DOCUMENT_KEY first."""
    if key_id == process.resources.signing.current.public.key_id:
        raise click.ClickException("it's the current key: put another one first in DOCUMENT_KEY")
    try:
        with process.transaction() as context:
            session, now = context.session, context.now
            revoke_key(session, register, key_id, by="operations", reason=reason, now=now)
    except NotFound:
        raise click.ClickException("no document was signed with such a key") from None
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from None
