"""`documents verify`: says on one machine, without any network, whether a document's code is good."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from documents.keys import KeySet
from documents.revocations import NotTheList, RevocationList
from documents.verifying import Finding, verify
from saudi.days import both_calendars, legal_day, parse_day

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def documents() -> None:
    """Signed documents of the municipality."""


@documents.command("verify")
@click.option("--keys", required=True, type=_FILE, help="the published keys, a JWK set")
@click.option("--revocations", type=_FILE, help="the published list of revocations")
@click.option("--on", help="the day, of either calendar; today when it isn't given")
@click.option("--json", "as_json", is_flag=True, help="one line of JSON instead of words")
@click.argument("code", default="-")
def verify_code(
    keys: Path, revocations: Path | None, on: str | None, as_json: bool, code: str
) -> None:
    """Verifies the text of a QR code, as a scanner gives it; `-` reads it from standard input. Ends with 0 for a valid
    document, with 1 for any other."""
    now = datetime.now(UTC)
    text = sys.stdin.read() if code == "-" else code
    try:
        known = KeySet.parse(keys.read_bytes())
        listed = RevocationList.parse(revocations.read_bytes(), known) if revocations else None
        day = parse_day(on) if on else legal_day(now)
    except NotTheList as error:
        raise click.UsageError(f"the list of revocations can't be trusted: {error}") from None
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    finding = verify(text, known, listed, on=day)
    click.echo(json.dumps(_record(finding)) if as_json else _sentences(finding, listed, now))
    sys.exit(0 if finding.is_valid else 1)


def _record(finding: Finding) -> dict[str, object]:
    said = finding.statement
    return {
        "valid": finding.is_valid,
        "reason": finding.reason,
        "document": said
        and {
            "id": str(said.document_id),
            "kind": said.kind,
            "number": said.number,
            "state": said.state,
            "issued_on": said.issued_on.isoformat(),
            "expires_on": said.expires_on and said.expires_on.isoformat(),
            "initials": said.initials,
            "place": said.place,
        },
        "revocations_as_of": finding.as_of and finding.as_of.isoformat(),
    }


def _sentences(finding: Finding, listed: RevocationList | None, now: datetime) -> str:
    lines = [f"{finding.words('ar')} · {finding.words('en')}"]
    if said := finding.statement:
        lines += [
            "  "
            + " · ".join(filter(None, (f"{said.kind} {said.number}", said.place, said.initials)))
        ]
        for name, day in (("issued", said.issued_on), ("expires", said.expires_on)):
            if day:
                both = both_calendars(day)
                lines.append(f"  {name} {both.gregorian} ({both.hijri} AH)")
    if listed is None:
        lines.append("  without a list of revocations: a cancelled document isn't noticed")
    elif listed.next_at < now:
        lines.append(f"  the list of revocations is old: a newer one was due {listed.next_at}")
    return "\n".join(lines)


if __name__ == "__main__":
    documents()
