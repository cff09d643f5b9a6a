"""What deploy/ repeats of each service: the Compose file, the databases, the variables, the table of addresses."""

from collections.abc import Iterator, Mapping, Sequence
from textwrap import dedent, indent

from devstack.services import FULL_SHARE, Declared

_ANCHOR = """
x-{name}: &{name}
  image: ${{REGISTRY:-localhost}}/qatif/{name}:${{VERSION:-latest}}
  environment:
    <<: *environment
    {prefix}DATABASE_URL: postgresql+psycopg://{package}:${{{prefix}DATABASE_PASSWORD:?}}@postgres:5432/{package}
"""
_CONTAINERS = """
  {name}-migrate:
    <<: [*migration, *{name}]

  {name}-serve:
    <<: [*service, *{name}]
    build: {{ context: .., dockerfile: deploy/Dockerfile, args: {{ SERVICE: {name} }} }}
    command: ["serve"]
    ports: ["${{BIND_ADDRESS:-127.0.0.1}}:{port}:8000"]
    depends_on:
      <<: *parts
      {name}-migrate: {{ condition: service_completed_successfully }}

  {name}-work:
    <<: [*service, *{name}]
    command: ["work"]
    depends_on:
      <<: *parts
      {name}-migrate: {{ condition: service_completed_successfully }}
"""
_DATABASE = """
\\getenv password {prefix}DATABASE_PASSWORD
CREATE ROLE {package} LOGIN PASSWORD :'password';
CREATE DATABASE {package} OWNER {package};
REVOKE ALL ON DATABASE {package} FROM PUBLIC;
"""


# What a service's two processes may hold at the most, and how many more fit at each step; docs/operations.md has the
# figures, and tests/architecture holds the limit to them.
_OF_A_SERVICE, _FEWEST, _STEP = 31, 200, 50


def compose(services: Sequence[Declared]) -> Mapping[str, str]:
    """Block → lines of deploy/compose.yaml."""
    return {
        "environments": "".join(_environment(one) for one in services),
        "connections": f'    command: ["postgres", "-c", "max_connections={_connections(services)}"]\n',
        "passwords": "".join(
            f"      {one.prefix}DATABASE_PASSWORD: ${{{one.prefix}DATABASE_PASSWORD:?}}\n"
            for one in services
        ),
        "services": "".join(_filled(_CONTAINERS, one) for one in services),
        "volumes": _volumes(services),
    }


def _volumes(services: Sequence[Declared]) -> str:
    return "".join(f"  {one.name}: {{}}\n" for one in services if one.folders)


def databases(services: Sequence[Declared]) -> Mapping[str, str]:
    """Block → lines of deploy/postgres/10-databases.sql."""
    return {"databases": "".join(_filled(_DATABASE, one) for one in services)}


def example_environment(services: Sequence[Declared]) -> Mapping[str, str]:
    """Block → lines of deploy/env/example.env."""
    keys = (part for one in services for part in _keys(one))
    return {
        "variables": "".join(
            _explained(variable.text, _with_default(f"{one.prefix}{name}=", variable.default))
            for one in services
            for name, variable in one.variables.items()
        ),
        "passwords": "".join(f"{one.prefix}DATABASE_PASSWORD=\n" for one in services),
        "keys": "".join(keys),
    }


def addresses(services: Sequence[Declared]) -> Mapping[str, str]:
    """Block → rows of the table of deploy/README.md."""
    rows = (f"| http://localhost:{one.port} | {one.name} |\n" for one in services)
    return {"addresses": "".join(["| where | what |\n", "|---|---|\n", *rows])}


def _connections(services: Sequence[Declared]) -> int:
    """For all services, and the second copy of one that is just being replaced."""
    wanted = _OF_A_SERVICE * (len(services) + 1)
    return max(_FEWEST, -(-wanted // _STEP) * _STEP)


def _environment(service: Declared) -> str:
    names = [
        *(f"{service.prefix}{name}: ${{{service.prefix}{name}:?}}" for name in service.keys),
        *(f"{name}: ${{{name}:?}}" for name in service.shared_keys),
        *(
            f"{service.prefix}{name}: ${{{service.prefix}{name}:-{variable.default}}}"
            for name, variable in service.variables.items()
        ),
        *(f"{service.prefix}{name}: /data/{name.lower()}" for name in service.folders),
    ]
    volume = f'  volumes: ["{service.name}:/data"]\n' if service.folders else ""
    weight = f"  cpu_shares: {service.cpu_shares}\n" if service.cpu_shares != FULL_SHARE else ""
    environment = indent("".join(f"{line}\n" for line in names), "    ")
    return _filled(_ANCHOR, service) + environment + weight + volume


def _keys(service: Declared) -> Iterator[str]:
    for name, text in service.keys.items():
        yield _explained(text, f"{service.prefix}{name}=")
    for name, shared in service.shared_keys.items():
        if shared is not None:
            yield _explained(shared, f"{name}=")


def _with_default(line: str, default: str | int) -> str:
    """A variable that may stay empty is commented out: `make-env` puts a secret where a value is missing."""
    return f"{line}{default}" if default != "" else f"# {line}"


def _explained(text: str, line: str) -> str:
    return indent(dedent(text), "# ") + line + "\n"


def _filled(template: str, service: Declared) -> str:
    return template.format(
        name=service.name, package=service.package, prefix=service.prefix, port=service.port
    )
