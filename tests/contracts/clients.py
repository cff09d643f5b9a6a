"""Generates a service's client in Python from its published contract, as a partner would."""

import importlib.util
import json
import pkgutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

# The generator knows JSON, forms and text. It leaves out files and NDJSON, and says so.
_LEFT_OUT = ("Unsupported content",)


def generate_client(document: dict[str, Any], folder: Path, name: str) -> list[str]:
    """Writes the package `name` into the folder. Returns what the generator lost of the contract."""
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
    return [one for one in told if not any(words in one for words in _LEFT_OUT)]


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
        importlib.import_module(module.name)
    return package
