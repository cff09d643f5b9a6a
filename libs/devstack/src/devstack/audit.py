"""`python -m devstack.audit`: what the product is made of, under which licences, with which known holes; and no secret
in the repository. Each check fails closed: what couldn't be looked at isn't called clean.
"""

import importlib.metadata
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from email.message import Message
from pathlib import Path
from typing import Any, cast

from devstack.machine import ROOT
from devstack.services import declared

PIP_AUDIT = "pip-audit==2.10.1"
TIMEOUT_S = 300
# Copyleft that would reach our own code; the LGPL of a library that is only imported doesn't.
COPYLEFT = re.compile(r"(?<!L)(?<!Lesser )\b(A?GPL|GNU (Affero )?General Public)", re.I)
# Packages whose metadata name no licence, with what their repository says.
SAID_ELSEWHERE: dict[str, str] = {}
SECRETS = {
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{16}"),
    "private JWK": re.compile(r"[\"']d[\"']\s*:\s*[\"'][A-Za-z0-9_-]{40,}[\"']"),
    "signed token": re.compile(
        r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{40,}"
    ),
    "cloud key": re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b"),
    "key in a setting": re.compile(
        r"(?i)\b(?!public|hash|key_id|key_of_the_examples)[a-z_]*(key|secret|password|token)[a-z_]*[\"']?\s*[=:]\s*[\"']?[A-Za-z0-9_-]{43}=?[\"']?\s*[,}]?\s*$",
        re.M,
    ),
}


def main() -> int:
    """Runs all checks and answers 1 when one of them isn't green."""
    folder = ROOT / "dist"
    folder.mkdir(exist_ok=True)
    checks: dict[str, Callable[[], list[str]]] = {
        "bill of materials": lambda: write_bill(folder / "sbom.cdx.json"),
        "licences": lambda: bad_licences(product()),
        "secrets": lambda: found_secrets(tracked_files()),
        "advisories": lambda: advisories(folder / "requirements.txt"),
    }
    failed = False
    for name, check in checks.items():
        faults = check()
        failed = failed or bool(faults)
        print(f"{name}: {'ok' if not faults else 'NOT OK'}")
        for fault in faults:
            print(f"  {fault}")
    return int(failed)


def _export(form: str) -> str:
    """The product's part of uv.lock: what the services need to run, not what their tests do."""
    chosen = [word for one in declared() for word in ("--package", one.name)]
    command = ["uv", "export", "--quiet", "--frozen", "--no-dev", "--format", form, *chosen]
    if form == "requirements-txt":
        command += ["--no-emit-workspace"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def product() -> list[str]:
    """The names of the packages that the product is made of."""
    return re.findall(r"^([A-Za-z0-9_.-]+)==", _export("requirements-txt"), re.M)


def write_bill(path: Path) -> list[str]:
    """CycloneDX, by uv, from the lock; with the licences that the packages state."""
    bill = json.loads(_export("cyclonedx1.5"))
    for component in bill["components"]:
        if licence := licence_of(component["name"]):
            component["licenses"] = [{"license": {"name": licence}}]
    path.write_text(json.dumps(bill, indent=2, ensure_ascii=False), "utf-8")
    return [] if bill["components"] else ["the bill is empty"]


def licence_of(name: str) -> str:
    """What the package states: the expression, else the classifiers, else the old field's first line."""
    try:
        metadata = cast(Message, importlib.metadata.metadata(name))
    except importlib.metadata.PackageNotFoundError:
        return SAID_ELSEWHERE.get(name, "")
    if expression := metadata.get("License-Expression"):
        return str(expression)
    classifiers = [
        line.rpartition(" :: ")[2]
        for line in metadata.get_all("Classifier") or ()
        if line.startswith("License ::") and not line.endswith("OSI Approved")
    ]
    if classifiers:
        return " OR ".join(classifiers)
    return (metadata.get("License") or "").partition("\n")[0].strip() or SAID_ELSEWHERE.get(
        name, ""
    )


def bad_licences(names: Iterable[str], of: Callable[[str], str] = licence_of) -> list[str]:
    """Which packages have a licence that the house can't take, or an unknown one."""
    faults = []
    for name in names:
        licence = of(name)
        if not licence:
            faults.append(f"{name}: no licence is stated")
        elif COPYLEFT.search(licence) and " OR " not in licence:
            faults.append(f"{name}: {licence}")
    return faults


def tracked_files() -> dict[str, str]:
    """The text files of the repository by their path."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    found = {}
    for name in filter(None, listed.stdout.decode().split("\0")):
        try:
            found[name] = (ROOT / name).read_text("utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
    return found


def found_secrets(files: Mapping[str, str]) -> list[str]:
    """file:line of what looks like a secret; never the secret itself. Tests hold published vectors, and contracts the
    keys of their sealed examples, known to all (`key_of_the_examples`)."""
    faults = []
    for name, content in files.items():
        if "/tests/" in f"/{name}" or name == "uv.lock":
            continue
        for kind, pattern in SECRETS.items():
            for match in pattern.finditer(content):
                line = content.count("\n", 0, match.start()) + 1
                faults.append(f"{name}:{line}: {kind}")
    return faults


def advisories(requirements: Path) -> list[str]:
    """pip-audit over the lock. A package that it couldn't look up is a fault: it skips those and says all is well."""
    requirements.write_text(_export("requirements-txt"), "utf-8")
    command = ["uvx", "--quiet", PIP_AUDIT, "--strict", "--require-hashes", "--disable-pip"]
    command += ["--format", "json", "--progress-spinner", "off", "-r", str(requirements)]
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return [f"not audited: {type(error).__name__}"]
    return read_report(done.stdout, done.returncode, done.stderr)


def read_report(report: str, code: int, errors: str = "") -> list[str]:
    """The faults of pip-audit's report; it's clean only when every package was looked up."""
    try:
        packages: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, KeyError):
        lines = [line for line in errors.strip().splitlines() if line.strip()]
        return [f"not audited: {lines[-1].strip()[:200] if lines else f'no report, code {code}'}"]
    faults = [
        f"{package['name']} {package['version']}: {hole['id']}, mended in {hole['fix_versions'] or 'no version'}"
        for package in packages
        for hole in package.get("vulns", ())
    ]
    skipped = [package["name"] for package in packages if package.get("skip_reason")]
    if skipped:
        faults.append(
            f"not audited: {len(skipped)} of {len(packages)} packages, {', '.join(skipped[:5])} …"
        )
    if not packages or (code and not faults):
        faults.append(f"not audited: code {code}")
    return faults


if __name__ == "__main__":
    sys.exit(main())
