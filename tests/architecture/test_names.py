"""Whoever knows one room knows them all: folders, packages and files have the same names everywhere."""

import configparser
import importlib
import tomllib

import pytest

from .house import LIBS, ROOT, SERVICES, SOURCES, Member, place

MEMBERS = {member.name: member for member in [*LIBS, *SERVICES]}
BY_MEMBER = pytest.mark.parametrize("name", MEMBERS)
BY_SERVICE = pytest.mark.parametrize("name", [member.name for member in SERVICES])

# The files of section 3 of the design, as a module or, past 400 lines, as a folder.
USUAL = {
    *("__init__", "__main__", "app", "settings", "api", "consumers", "commands", "queries"),
    *("domain", "events", "models", "migrations"),
}
NEEDED = {"__init__", "__main__", "app", "settings", "api", "domain", "models", "migrations"}
# What a service has besides, and why it's in none of the usual files.
BESIDES = {
    "identity": {
        "catalogue": "reads contracts/scopes.yaml: an input of the rules that isn't the database",
        "passwords": "argon2: the one place that holds a password",
        "sealing": "encrypts private signing keys at rest",
        "voids": "the revocations of its own database as the chassis' token check wants them",
        "provision": "the command that fills the register from a file",
        "templates": "the sign-in pages",
        "static": "their stylesheet",
    },
    "partner-gateway": {
        "audit": "the signed roots over the record of queries, and its check",
        "cursor": "signed page cursors: keys and bytes, no rule",
        "kept_pages": "pages that a worker read before, to be confirmed by the database",
        "limits": "which of the chassis' quotas hold for whom",
        "parts": "what the operations of a web worker share in memory",
        "record": "the record of queries: group commit, rows and links of a chain",
        "rebuild": "the command that replays a topic beside the live projection",
    },
    "permits": {
        "contacts": "telephone numbers, by the library phonenumbers",
        "hijri": "the Umm al-Qura calendar, by the library hijridate",
        "paging": "keyset cursors of the two lists",
        "personal": "seals owners' personal data in columns and events",
        "reseal": "the command that seals them anew under the current keys",
    },
}
VAGUE = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "shared"}


def parts(member: Member) -> set[str]:
    """The modules and folders right beneath the package."""
    return {
        path.stem if path.suffix == ".py" else path.name
        for path in member.source.iterdir()
        if path.name not in {"__pycache__", "py.typed"}
    }


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
    found = parts(MEMBERS[name])

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


def test_the_workspace_and_the_import_rules_know_every_member() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    rules = configparser.ConfigParser()
    rules.read(ROOT / ".importlinter", "utf-8")
    packages = {member.package for member in MEMBERS.values()}
    services = {member.package for member in SERVICES}

    assert set(project["tool"]["uv"]["sources"]) == set(MEMBERS)
    assert set(rules["importlinter"]["root_packages"].split()) == packages
    assert set(rules["importlinter:contract:independent"]["modules"].split()) == services
    assert set(rules["importlinter:contract:layers"]["containers"].split()) == services


@BY_SERVICE
def test_a_service_depends_on_the_chassis_and_on_no_other_member(name: str) -> None:
    project = tomllib.loads((MEMBERS[name].folder / "pyproject.toml").read_text("utf-8"))
    wanted = {
        line.split("=")[0].split("[")[0].strip() for line in project["project"]["dependencies"]
    }

    assert wanted & set(MEMBERS) == {"chassis"}
