"""Small functions, small files, one commit, pure rules, and words where a stranger looks for them."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .house import (
    LIBS,
    ROOT,
    SERVICES,
    SOURCES,
    commits,
    excuses,
    files_of_tests,
    imported,
    is_migration,
    long_functions,
    parse,
    place,
    reads_what_people_write,
    without_docstring,
)

LONGEST_FILE, LONGEST_FUNCTION = 400, 50
# What rules may name of the chassis.
PURE = {f"chassis.core.{name}" for name in ("actors", "refusals", "sources", "state_machine")}
# The one transaction of a request or message, and its twin in a test's savepoint.
MAY_COMMIT = {"libs/chassis/src/chassis/data/db.py": 1}


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lengths = {place(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}

    assert len(lengths) > 50
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    found = {
        place(path): long
        for path in SOURCES
        if not is_migration(path) and (long := long_functions(parse(path), LONGEST_FUNCTION))
    }

    assert found == {}


def test_commit_stands_once_in_the_product() -> None:
    found = {place(path): count for path in SOURCES if (count := commits(parse(path)))}

    assert found == MAY_COMMIT


@pytest.mark.parametrize("service", SERVICES, ids=lambda member: member.name)
def test_rules_import_the_standard_library_the_vocabulary_and_pure_modules_only(
    service: object,
) -> None:
    allowed = {*sys.stdlib_module_names, *PURE, "saudi"}
    source = service.source  # type: ignore[attr-defined]
    own = f"{service.package}.domain"  # type: ignore[attr-defined]
    files = [*source.glob("domain.py"), *source.glob("domain/**/*.py")]

    assert files
    for path in files:
        foreign = {
            name
            for name in imported(parse(path))
            if not {name, name.partition(".")[0]} & allowed
            and name != own
            and not name.startswith(f"{own}.")
        }
        assert foreign == set(), place(path)


@pytest.mark.parametrize("module", sorted(PURE))
def test_the_chassis_pure_modules_import_the_standard_library_only(module: str) -> None:
    file = f"src/{module.replace('.', '/')}.py"
    (path,) = (one for one in SOURCES if place(one).endswith(file))

    assert imported(parse(path)) <= {*sys.stdlib_module_names, "collections.abc", *PURE}


def test_no_service_imports_another_one() -> None:
    packages = {member.package for member in SERVICES}

    for member in SERVICES:
        for path in member.modules():
            roots = {name.partition(".")[0] for name in imported(parse(path))}
            assert roots & (packages - {member.package}) == set(), place(path)
            assert "devstack" not in roots, place(path)


def test_the_chassis_has_words_for_everything_public() -> None:
    (chassis,) = (member for member in LIBS if member.name == "chassis")
    found = {
        place(path): bare
        for path in chassis.modules()
        if path.parent.name != "versions" and (bare := without_docstring(parse(path)))
    }

    assert found == {}


def test_no_module_of_a_service_imports_the_metrics_client_before_a_metric_is_used() -> None:
    """`serve` first sets where its workers share their counts; imported earlier, prometheus_client shares none."""
    apps = [f"import {service.package}.app" for service in SERVICES]
    code = "\n".join(
        [*apps, "import chassis.http.app, sys", "print('prometheus_client' in sys.modules)"]
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "False"


def test_every_module_begins_with_a_sentence() -> None:
    bare = [
        place(path)
        for path in SOURCES
        if path.read_text("utf-8").strip() and not ast.get_docstring(parse(path))
    ]

    assert bare == []


def test_no_test_waits_for_luck_or_looks_away() -> None:
    found = {place(path): what for path in files_of_tests() if (what := excuses(parse(path)))}

    assert found == {}


def test_what_a_folder_of_tests_shares_ends_with_its_last_test() -> None:
    """Outside of a package pytest keeps it to the end: a whole system idled beside the rest of the suite."""
    sharing = [
        file
        for file in files_of_tests()
        if re.search(r"fixture\(scope=.package", file.read_text("utf-8"))
    ]

    assert sharing
    assert [place(one) for one in sharing if not (one.parent / "__init__.py").is_file()] == []


def test_the_layers_hold() -> None:
    tool = Path(sys.executable).parent / "lint-imports"

    done = subprocess.run(
        [tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "0 broken" in done.stdout


# The rules themselves can fail.


def source(text: str) -> ast.Module:
    return ast.parse(text)


def test_a_long_function_is_found_and_its_docstring_is_free() -> None:
    body = "    x = 1\n" * 50
    docstring = '    """' + "word\n" * 20 + '    """\n'

    assert long_functions(source("def f():\n" + body), 50) == ["f has 51 lines"]
    assert long_functions(source("def f():\n" + docstring + body[10:]), 50) == []
    assert long_functions(
        source("class C:\n async def m(self):\n" + body.replace("    ", "  ")), 50
    )


def test_a_commit_is_found_and_that_of_an_offset_is_not() -> None:
    assert commits(source("session.commit()\nself.session.commit()")) == 2
    assert commits(source("consumer.commit(offsets)\ncommit()\nx = 'commit()'")) == 0


def test_imports_are_found_in_every_form() -> None:
    text = "import a.b\nfrom c import d\nfrom . import e\nimport_module('f.g')\nimportlib.import_module('h')"

    assert imported(source(text)) == {"a.b", "c", "f.g", "h"}


def test_a_missing_docstring_is_found() -> None:
    text = '"""Module."""\ndef a(): ...\ndef _b(): ...\nclass C:\n    """Said."""\nclass D: ...'

    assert without_docstring(source(text)) == ["a", "D"]
    assert without_docstring(source("x = 1")) == ["the module"]


def test_excuses_are_found() -> None:
    text = (
        "from time import sleep\ntime.sleep(1)\npytest.skip('x')\n@pytest.mark.xfail\ndef t(): ...\n"
        "@pytest.mark.skipif(True)\ndef u(): ...\nasyncio.sleep(0)\nx = 'time.sleep(1)'"
    )

    assert sorted(excuses(source(text))) == ["skip", "skipif", "sleep", "sleep", "xfail"]


def test_a_sleep_between_two_looks_at_a_condition_is_no_excuse() -> None:
    poll = "while not done():\n    assert time.monotonic() < deadline\n    time.sleep(0.02)"
    hope = "while not done():\n    time.sleep(0.02)"

    assert excuses(source(poll)) == []
    assert excuses(source(hope)) == ["sleep"]


def test_what_people_write_is_read_in_one_place() -> None:
    """Calendars, the telephone plan and the folding of digits and letters stand in the vocabulary alone."""
    copies = {
        place(path)
        for path in SOURCES
        if "libs/saudi" not in place(path) and reads_what_people_write(path.read_text("utf-8"))
    }

    assert copies == set()


@pytest.mark.parametrize(
    "text",
    [
        "from hijridate import Gregorian",
        "import phonenumbers",
        'DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789")',
        'text.replace("\\u0640", "")',
        'LETTERS = str.maketrans("أإآ", "ااا")',
    ],
)
def test_a_second_copy_is_found(text: str) -> None:
    assert reads_what_people_write(text)
