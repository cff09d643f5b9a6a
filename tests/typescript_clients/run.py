"""`make typescript-clients`: npm `openapi-typescript` makes types of each service's published contract, and `tsc`
compiles them together with a question to the gateway.

The run needs node and npm (package-lock.json names the packages), so it's no part of `make test`.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from chassis.core import contracts
from chassis.http.docs import published_contract
from devstack.services import declared

HERE = Path(__file__).parent
# A partner's program: it compiles only while the answer has these fields with these types.
QUESTION = """
import type { components, paths } from "./partner-gateway";
type Query = NonNullable<paths["/v1/building-permits"]["get"]["parameters"]["query"]>;
type Page = components["schemas"]["Page"];
const query: Query = { plan_number: "713/7", status: "valid" };
export function stagesOf(page: Page): string[] {
  return page.items.flatMap((one) => one.insulation?.stages.map((stage) => stage.stage) ?? [query.status ?? ""]);
}
"""


def main() -> None:
    _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    with TemporaryDirectory(dir=HERE) as folder:
        names = [one.name for one in declared()]
        for name in names:
            _generate_types(Path(folder), name)
        (Path(folder) / "question.ts").write_text(QUESTION, "utf-8")
        _run(
            "npx",
            "tsc",
            "--noEmit",
            "--strict",
            "--target",
            "es2022",
            *sorted(map(str, Path(folder).glob("*.ts"))),
        )
    print(f"typescript-clients: {len(names)} contracts compiled")  # noqa: T201


def _generate_types(folder: Path, service: str) -> None:
    document = published_contract(contracts.openapi(service), "https://identity.test")
    source = folder / f"{service}.json"
    source.write_text(json.dumps(document, ensure_ascii=False, default=str), "utf-8")
    _run("npx", "openapi-typescript", str(source), "-o", str(folder / f"{service}.ts"))


def _run(*command: str) -> None:
    done = subprocess.run(command, cwd=HERE, check=False)
    if done.returncode:
        sys.exit(f"typescript-clients: {' '.join(command[:2])} failed")


if __name__ == "__main__":
    main()
