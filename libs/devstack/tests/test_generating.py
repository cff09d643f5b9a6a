"""Generated blocks keep what's written by hand around them; a new service is refused before a file is written."""

from pathlib import Path

import pytest

from devstack import new_service
from devstack.generated.blocks import BlockError, filled
from devstack.machine import ROOT, StartError
from devstack.services import declared

TEXT = "by hand\n# generated: names (make generate)\nold\n# end of names\nby hand too\n"


def test_a_block_is_replaced_and_the_rest_stays() -> None:
    assert filled(TEXT, {"names": "a\nb\n"}) == TEXT.replace("old\n", "a\nb\n")
    assert filled(filled(TEXT, {"names": "a\n"}), {"names": ""}) == TEXT.replace("old\n", "")


def test_a_block_that_is_not_there_is_an_error() -> None:
    with pytest.raises(BlockError, match="0 blocks are called ports"):
        filled(TEXT, {"ports": ""})


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("permits",), "there is a service permits already"),
        (("Vendors",), "isn't a plain name"),
        (("../vendors",), "isn't a plain name"),
        (("class",), "class is a word of Python"),
        (("vendors", "import"), "import is a word of Python"),
        (("requests",), "there is a module requests already"),
        (("email",), "there is a module email already"),
        (("chassis",), "there is a module chassis already"),
        (("partner-gateway",), "there is a service partner-gateway already"),
        (("vendors", "", "permits.nothing"), "there is no topic permits.nothing"),
    ],
)
def test_a_name_that_is_taken_or_not_plain_is_refused(
    arguments: tuple[str, ...], fault: str
) -> None:
    with pytest.raises(StartError, match=fault):
        new_service.write(ROOT, *arguments)


def test_a_service_file_with_an_unknown_field_is_named(tmp_path: Path) -> None:
    file = tmp_path / "services" / "vendors" / "service.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("port: 8004\nprot: 1\nsample: {fuzzed_by: qatif.officer, scopes: {}}\n")

    with pytest.raises(StartError, match=r"vendors/service\.yaml.*prot"):
        declared(tmp_path)


def test_a_variable_that_may_stay_empty_gets_no_secret() -> None:
    """`make-env` puts one after each name without a value that isn't commented out."""
    named = {
        f"{one.prefix}{name}": variable.default
        for one in declared()
        for name, variable in one.variables.items()
    }
    lines = (ROOT / "deploy" / "env" / "example.env").read_text("utf-8").splitlines()

    assert [line for line in lines if named.get(line.removesuffix("=")) == ""] == []
    assert {f"# {name}=" for name, default in named.items() if default == ""} <= set(lines)
