"""Says in words what two recordings differ in."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

HEADLINE = {
    "http": ("service", "method", "path", "status"),
    "event": ("topic", "event.type"),
    "text": (),
    "journal": ("service", "aggregate_type", "action"),
}


def differences(old: list[str], new: list[str]) -> Iterator[str]:
    """The lines of one recording only, those that resemble each other side by side, equal ones once with their number;
    then answers in another order."""
    before, after = count_lines(old), count_lines(new)
    gone, come = before - after, after - before
    for text, times in Counter(changes(gone, come)).items():
        yield f"{times} times {text}" if times > 1 else text
    if not gone and not come and old != new:
        place = next(n for n, (one, other) in enumerate(zip(old, new, strict=True)) if one != other)
        yield f"another order at line {place + 1}: {headline(old[place])}, now {headline(new[place])}"


def changes(gone: Counter[str], come: Counter[str]) -> Iterator[str]:
    """Pairs each line that is gone with the new line that is most like it."""
    candidates = defaultdict(list)
    for text in sorted(come.elements()):
        candidates[headline(text)].append(text)
    for text in sorted(gone.elements()):
        others = candidates[headline(text)]
        if not others:
            yield f"removed: {text}"
            continue
        other = max(others, key=lambda one: len(leaves(one) & leaves(text)))
        others.remove(other)
        lost, won = leaves(text) - leaves(other), leaves(other) - leaves(text)
        marked = [
            *(f"  - {leaf}" for leaf in sorted(lost)),
            *(f"  + {leaf}" for leaf in sorted(won)),
        ]
        yield "\n".join([f"changed: {headline(text)}", *marked])
    yield from (f"added: {text}" for others in candidates.values() for text in others)


def count_lines(lines: list[str]) -> Counter[str]:
    """Lines as often as they happened."""
    found: Counter[str] = Counter()
    for text in lines:
        content = json.loads(text)
        times = content.pop("times", 1)
        found[json.dumps(content, ensure_ascii=False, sort_keys=True)] += times
    return found


def headline(text: str) -> str:
    content = json.loads(text)
    flat = dict(flattened(content))
    names = HEADLINE[content["what"]]
    return " ".join([content["group"], content["what"], *(str(flat.get(name)) for name in names)])


def leaves(text: str) -> set[str]:
    return {
        f"{place}: {json.dumps(value, ensure_ascii=False)}"
        for place, value in flattened(json.loads(text))
    }


def flattened(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Each leaf with its path."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else None
    )
    if inner is None or not value:
        yield place, value
        return
    for name, one in inner:
        yield from flattened(one, f"{place}.{name}" if place else str(name))
