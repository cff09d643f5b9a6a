"""Generates a service's client in Python from its published contract, as a partner would."""

import importlib.util
import json
import pkgutil
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from .reading import METHODS

# Operations for which the generator makes no function, by service: it knows no NDJSON in a request. The guides for
# partners show how to send these requests by hand.
SENT_BY_HAND = {"partner-gateway": {"compare_permit_day", "submit_licence_applications"}}
# The generator says so about a file in an answer, whose function gives bytes.
_BYTES = "response will be omitted from generated client"
# The generator says so about an operation without a function; `operations_without_function` finds them by name.
_NO_FUNCTION = "Endpoint will not be generated."


def generate_client(document: dict[str, Any], folder: Path, name: str) -> list[str]:
    """Writes the package `name` into the folder. Returns what the generator lost of the contract, except functions."""
    source = folder / f"{name}.json"
    source.write_text(json.dumps(document, ensure_ascii=False, default=str), "utf-8")
    config = Config.from_sources(
        ConfigFile(post_hooks=[]),
        MetaType.NONE,
        document_source=source,
        file_encoding="utf-8",
        overwrite=True,
        output_path=folder / name,
    )
    told = [f"{one.header}: {one.detail}" for one in generate(config=config)]
    return [one for one in told if _BYTES not in one and _NO_FUNCTION not in one]


def operations_without_function(document: dict[str, Any], package: ModuleType) -> set[str]:
    """Returns the operationIds for which the package has no module."""
    declared = {
        item[method]["operationId"]
        for item in document["paths"].values()
        for method in METHODS
        if method in item
    }
    api = import_module(f"{package.__name__}.api")
    modules = pkgutil.walk_packages(api.__path__, f"{api.__name__}.")
    return declared - {module.name.rpartition(".")[2] for module in modules}


def import_client(folder: Path, name: str) -> ModuleType:
    """Imports the package with all its modules."""
    place = folder / name
    spec = importlib.util.spec_from_file_location(
        name, place / "__init__.py", submodule_search_locations=[str(place)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    for module in pkgutil.walk_packages(package.__path__, f"{name}."):
        import_module(module.name)
    return package
