"""`licences document-keys`: the keys that signed documents, for whoever runs the service."""

import click

from chassis.core.refusals import NotFound, Refusal
from chassis.core.times import rfc3339
from chassis.process import Process, pass_process
from licences.commands.signed_documents import revoke_key
from licences.queries.signed_documents import published_keys
from licences.resources import Resources
from licences.settings import Settings


@click.group("document-keys", help="The keys that sign documents.")
def group() -> None:
    """The verbs below it."""


@group.command("list", help="The published keys; the first is of the settings.")
@pass_process
def show(process: Process[Settings, Resources]) -> None:
    """One a line: id, and whether it's good."""
    with process.transaction() as context:
        for key in published_keys(context.session, context.resources.signing.public):
            at = key.revoked_at
            click.echo(f"{key.key_id}  {f'revoked {rfc3339(at)}' if at else 'good'}")


@group.command("revoke", help="A stolen key: what it signed counts no more.")
@click.argument("key_id")
@click.option("--reason", required=True)
@pass_process
def revoke(process: Process[Settings, Resources], key_id: str, reason: str) -> None:
    """Fails for a key that signed nothing. Change DOCUMENT_KEY first."""
    signing = process.resources.signing
    if key_id == signing.current.public.key_id:
        raise click.ClickException("it's the current key: put another one first in DOCUMENT_KEY")
    try:
        with process.transaction() as context:
            revoke_key(context.session, key_id, by="operations", reason=reason, now=context.now)
    except NotFound:
        raise click.ClickException("no document was signed with such a key") from None
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from None
