"""API keys on the command line."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from chassis.process import Process
from reports import cli
from reports.app import SERVICE
from reports.commands.open311 import hash_key
from reports.models import Open311Key


@pytest.fixture
def run(monkeypatch, settings, database):
    """`run(command, …)` → what it printed, over the test's transaction."""
    monkeypatch.setattr(Process, "load", lambda service: Process(service, settings, database))
    monkeypatch.setattr(Process, "close", lambda _: None)  # the database is the test's

    def run(command, *arguments):
        result = CliRunner().invoke(command, arguments, obj=SERVICE)
        return result.exit_code, result.output.strip()

    return run


def test_a_key_is_printed_once_and_kept_as_its_hash(run, session):
    code, key = run(cli.keys, "make", "City app", "--may-close")

    (row,) = session.scalars(select(Open311Key)).all()
    assert (code, row.key_hash, row.may_close) == (0, hash_key(key), True)
    assert key not in run(cli.keys, "list")[1]
    assert "good may-close  City app" in run(cli.keys, "list")[1]


def test_a_withdrawn_key_is_listed_as_such(run, session):
    run(cli.keys, "make", "City app")
    (row,) = session.scalars(select(Open311Key)).all()

    assert run(cli.keys, "withdraw", row.key_id)[0] == 0
    assert "withdrawn  City app" in run(cli.keys, "list")[1]


def test_an_id_of_nothing_is_told(run):
    code, said = run(cli.keys, "withdraw", "0195ff10-4d00-7b22-9d3f-000000000001")

    assert (code, said) == (1, "Error: there is no such key")


def test_a_blank_name_is_refused(run, session):
    assert run(cli.keys, "make", " ")[0] == 1
    assert session.scalars(select(Open311Key)).all() == []


def test_a_system_on_one_machine_gets_the_address_and_a_key(run, tmp_path, session):
    file = tmp_path / "access.json"

    assert run(cli.access, str(file))[0] == 0

    written = json.loads(file.read_text("utf-8"))["open311"]
    (row,) = session.scalars(select(Open311Key)).all()
    assert written["url"] == "http://service.test/open311/v2"
    assert row.key_hash == hash_key(written["api_key"])
