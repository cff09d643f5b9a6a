"""`make service NAME=vendors`: a service that starts, answers, publishes and consumes, out of `templates/`.

It owns one kind of thing, the aggregate (`vendor`), which is opened and closed, and follows a topic of another service.
"""

import keyword
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from devstack.machine import StartError
from devstack.services import declared

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PLACEHOLDER = re.compile(r"%([A-Za-z_]+)%")
FOLLOWED = "permits.permit"


def write(root: Path, name: str, aggregate: str = "", follows: str = FOLLOWED) -> list[Path]:
    """Writes the files of a service and enters it where services are listed by hand: the scopes, the questions of
    generated clients and the topic that it follows. Answers the new files. Raises StartError when a name isn't free or
    isn't plain."""
    aggregate = aggregate or name.removesuffix("s")
    topic_file = root / f"contracts/topics/{follows}.yaml"
    _check(root, name, aggregate, topic_file)
    topic = yaml.safe_load(topic_file.read_text("utf-8"))
    values = _values(name, aggregate, topic, 1 + max(one.port for one in declared(root)))
    templates = root / "templates" / "service"
    written = []
    for template in sorted(templates.rglob("*.tmpl")):
        place = _filled(template.relative_to(templates).as_posix(), values)
        target = root / place.removesuffix(".tmpl")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_filled(template.read_text("utf-8"), values), "utf-8")
        written.append(target)
    _append(root / "contracts/scopes.yaml", root / "templates/scopes.yaml.tmpl", values)
    _append(root / "tests/system/questions.py", root / "templates/question.py.tmpl", values)
    _subscribe(topic_file, name)
    declared.cache_clear()
    return written


def _check(root: Path, name: str, aggregate: str, topic_file: Path) -> None:
    for word in (name, aggregate):
        if not _NAME.fullmatch(word):
            raise StartError(
                f"{word!r} isn't a plain name: small letters, digits and single dashes"
            )
        if keyword.iskeyword(word):
            raise StartError(f"{word} is a word of Python: take another name")
    if (root / "services" / name).exists() or (root / f"contracts/openapi/{name}.yaml").exists():
        raise StartError(f"there is a service {name} already")
    package = name.replace("-", "_")
    if find_spec(package) is not None:
        raise StartError(f"there is a module {package} already, which the service would hide")
    if not topic_file.exists():
        raise StartError(f"there is no topic {topic_file.stem}: see contracts/topics")


def _values(name: str, aggregate: str, topic: Mapping[str, Any], port: int) -> dict[str, str]:
    followed_service, _, followed = topic["topic"].partition(".")
    verbs = ", ".join(f'"{kind.split(".")[-2]}"' for kind in topic["event_types"])
    own, other = _forms(aggregate), _forms(followed)
    return {
        "service": name,
        "Title": name.replace("-", " ").capitalize(),
        "package": name.replace("-", "_"),
        "PREFIX": name.replace("-", "_").upper(),
        "port": str(port),
        "aggregate": aggregate,
        "row": own["snake"],
        "rows": aggregate + "s",
        "rows_py": own["snake"] + "s",
        "Row": own["camel"],
        "words": own["words"],
        "Words": own["words"].capitalize(),
        "words_many": own["words"] + "s",
        "followed_topic": topic["topic"],
        "followed_service": followed_service,
        "followed_verbs": verbs if len(topic["event_types"]) > 1 else verbs + ",",
        "followed": other["snake"],
        "FOLLOWED": other["snake"].upper(),
        "Followed": other["camel"],
        "followed_words": other["words"],
    }


def _forms(name: str) -> dict[str, str]:
    parts = name.split("-")
    return {
        "snake": "_".join(parts),
        "camel": "".join(part.capitalize() for part in parts),
        "words": " ".join(parts),
    }


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


def _append(target: Path, template: Path, values: Mapping[str, str]) -> None:
    text = target.read_text("utf-8").rstrip("\n") + "\n"
    target.write_text(text + _filled(template.read_text("utf-8"), values), "utf-8")


def _subscribe(topic_file: Path, name: str) -> None:
    """Adds the service to the topic's consumers, and leaves the rest of the file as it's written."""
    text = topic_file.read_text("utf-8")
    found = re.search(r"^consumers: \[(.*)\]", text, re.M)
    if found is None:
        raise StartError(f"{topic_file}: `consumers` isn't a list on one line")
    names = [*filter(None, found[1].split(", ")), name]
    line = f"consumers: [{', '.join(names)}]"
    topic_file.write_text(text[: found.start()] + line + text[found.end() :], "utf-8")
