"""Commands of the portal's own."""

import json

import click

from chassis.process import pass_process
from portal.context import Process
from portal.outside.client_keys import public_jwk


@click.command("client-key", help="Print the public key to register for the client sec-portal.")
@pass_process
def client_key(process: Process) -> None:
    """Prints the key set (RFC 7517) with which the portal authenticates at identity."""
    click.echo(json.dumps({"keys": [public_jwk(process.settings.company_client_key)]}))
