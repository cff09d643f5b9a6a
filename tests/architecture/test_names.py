"""Services are alike: folders, packages and files have the same names everywhere."""

import ast
import importlib
import tomllib

import pytest

from chassis.core import contracts
from devstack import register
from devstack.services import declared

from .house import LIBS, ROOT, SERVICES, SOURCES, Member, place

MEMBERS = {member.name: member for member in [*LIBS, *SERVICES]}
BY_MEMBER = pytest.mark.parametrize("name", MEMBERS)
BY_SERVICE = pytest.mark.parametrize("name", [member.name for member in SERVICES])

# The files of section 3 of the design, as a module or, past 400 lines, as a folder.
USUAL = {
    *("__init__", "__main__", "app", "settings", "context", "api", "consumers", "commands"),
    *("queries", "domain", "events", "models", "migrations", "sample"),
    # Reference data, command line, chores and workers of `work`, quotas, what a process shares, HTTP to other bodies.
    *("catalogue", "cli", "chores", "workers", "limits", "resources", "outside"),
}
NEEDED = {"__init__", "__main__", "app", "settings", "context", "api", "domain", "models"}
# What a service has besides, and why it's in none of the usual files.
BESIDES = {
    "notify": {
        "wordings": "the SMS texts as shipped: data that `migrate` puts into the database",
        "routes": "which event speaks to whom by which template: a table to which later services add rows, and no code",
    },
    "identity": {
        "passwords": "argon2: the one place that holds a password",
        "sealing": "encrypts private signing keys at rest",
        "webauthn": "fido2: the one place that makes and checks the messages of passkeys",
        "void_tokens": "which tokens are void by its own database, for queries and commands alike",
    },
    "reports": {
        "open311": "the interface of another standard: documents, errors, keys, and what it reads of reports",
    },
    "appointments": {
        "slots": "the timetable and what seats leave free of it, for queries and commands alike",
        "lookups": "appointments found by key, number, mobile or department, for queries and commands alike",
    },
    "transactions": {
        "lookups": "which transactions an officer sees, for queries and commands alike",
    },
    "tenders": {
        "ocds": "releases and records in the form of another standard",
        "lookups": "published offerings, bids and the follower of a link, for queries and commands alike",
    },
    "licences": {
        "rules": "the versions of the rules that the service brings along, as data",
        "lookups": "earlier offences of an offender, for pages and commands alike",
    },
    "partner-gateway": {
        "feed": "the change feed, a mechanism that knows no licences: places, cursors, audiences",
        "webhooks": "changes told to addresses of partners: registration, proof, deliveries, and the worker that posts",
        "record": "the record of queries: rows and links of a chain, signed roots, and their check",
    },
}
VAGUE = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "shared"}


def modules_of(member: Member) -> set[str]:
    """The modules and folders right beneath the package."""
    return {
        path.stem if path.suffix == ".py" else path.name
        for path in member.source.iterdir()
        if path.name not in {"__pycache__", "py.typed"}
    }


def imports_of(member: Member) -> set[str]:
    """The top-level names that the member's source imports."""
    nodes = (
        node
        for path in member.source.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
    )
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@BY_MEMBER
def test_folder_distribution_and_package_have_one_name(name: str) -> None:
    member = MEMBERS[name]
    project = tomllib.loads((member.folder / "pyproject.toml").read_text("utf-8"))["project"]
    packages = [path.name for path in (member.folder / "src").iterdir() if path.is_dir()]

    assert project["name"] == name
    assert [one for one in packages if not one.endswith(".egg-info")] == [member.package]
    assert (member.source / "__init__.py").is_file()


@BY_SERVICE
def test_a_service_and_its_contract_have_one_name(name: str) -> None:
    member = MEMBERS[name]
    service = importlib.import_module(f"{member.package}.app").SERVICE

    assert (service.name, service.package) == (name, member.package)
    assert (ROOT / "contracts" / "openapi" / f"{name}.yaml").is_file()


@BY_SERVICE
def test_a_service_has_the_usual_files_and_no_others(name: str) -> None:
    found = modules_of(MEMBERS[name])

    assert found - USUAL == set(BESIDES.get(name, {}))
    assert found >= NEEDED


@BY_SERVICE
def test_a_service_has_a_readme_and_tests(name: str) -> None:
    folder = MEMBERS[name].folder

    assert (folder / "README.md").is_file()
    assert list((folder / "tests").rglob("test_*.py"))


def test_no_module_has_a_vague_name() -> None:
    vague = [
        place(path) for path in SOURCES if VAGUE & {path.stem, *path.relative_to(ROOT).parts[3:-1]}
    ]

    assert vague == []


def test_every_service_declares_how_it_runs() -> None:
    ports = [one.port for one in declared()]

    assert {one.name for one in declared()} == {member.name for member in SERVICES}
    assert len(ports) == len(set(ports))


@BY_SERVICE
def test_somebody_holds_each_scope_of_a_service_in_a_system_on_one_machine(name: str) -> None:
    (service,) = (one for one in declared() if one.name == name)
    scopes = {
        scope
        for scope, facts in contracts.read("scopes.yaml")["scopes"].items()
        if facts["audience"] == name
    }
    known = {
        *(person[0] for person in register.PEOPLE),
        *(citizen[0] for citizen in register.CITIZENS),
        *(client[0] for client in register.CLIENTS),
    }

    assert {scope for held in service.sample.scopes.values() for scope in held} == scopes
    assert set(service.sample.scopes) | {service.sample.fuzzed_by} <= known


@BY_SERVICE
def test_a_service_depends_on_the_libraries_only(name: str) -> None:
    project = tomllib.loads((MEMBERS[name].folder / "pyproject.toml").read_text("utf-8"))
    wanted = {
        line.split("=")[0].split("[")[0].strip() for line in project["project"]["dependencies"]
    }

    assert (
        {"chassis"}
        <= wanted & set(MEMBERS)
        <= {"chassis", "documents", "invoicing", "pages", "saudi"}
    )
    # Installed alone, as in its image, a service has what it declares and nothing else of the workspace.
    assert (imports_of(MEMBERS[name]) & set(MEMBERS)) - {name} <= wanted


def test_no_two_decisions_have_one_number() -> None:
    numbers = [file.name.partition("-")[0] for file in (ROOT / "docs/adr").glob("*.md")]
    assert sorted(numbers) == sorted(set(numbers))
