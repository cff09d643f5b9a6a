"""Whether the time of an answer tells a number that exists from one that doesn't.

Somebody who knows no second fact tries numbers with a mobile of their own, and compares the times. The portal adds no
time of its own: both kinds of tries are the same miss of the same index.
"""

import random
import time
from statistics import median, quantiles

import requests

from bench.portal.things import Asked, asked_of
from bench.portal.visitors import Inquirer

# Of two samples of one distribution the share below is 0.5, with this standard deviation for n tries each:
# sqrt((2 n + 1) / (12 n n)). Three of them are the border.
BORDER = 3.0


def compare(inquirer: Inquirer, things: int, tries: int) -> dict[str, float | bool]:
    """Asks for numbers with a wrong mobile, those that exist and others in random order, one request at a time.

    `slower_share`: how often a number that exists took longer than one that doesn't; 0.5 tells nothing.
    """
    chance = random.Random(7)
    # Every fourth thing is a transaction.
    there = [_with_wrong_mobile(4 * place) for place in chance.sample(range(things // 4), tries)]
    nowhere = [_with_wrong_mobile(10**8 + place) for place in range(tries)]
    asked = [(one, True) for one in there] + [(one, False) for one in nowhere]
    chance.shuffle(asked)
    took: dict[bool, list[float]] = {True: [], False: []}
    with requests.Session() as http:
        for one in nowhere[:50]:
            inquirer.ask(http, one)
        for one, exists in asked:
            began = time.perf_counter()
            answer = inquirer.ask(http, one)
            took[exists].append((time.perf_counter() - began) * 1000)
            if answer.status_code != requests.codes.not_found:
                raise SystemExit(f"a wrong mobile was answered with {answer.status_code}")
    return _figures(took[True], took[False])


def _figures(there: list[float], nowhere: list[float]) -> dict[str, float | bool]:
    count = len(there)
    share = sum((a > b) + (a == b) / 2 for a in there for b in nowhere) / count**2
    border = BORDER * ((2 * count + 1) / (12 * count * count)) ** 0.5
    return {
        "tries_each": count,
        "exists_p50_ms": round(median(there), 2),
        "missing_p50_ms": round(median(nowhere), 2),
        "exists_p90_ms": round(quantiles(there, n=10)[8], 2),
        "missing_p90_ms": round(quantiles(nowhere, n=10)[8], 2),
        "slower_share": round(share, 3),
        "border": round(border, 3),
        "can_be_told_apart": abs(share - 0.5) > border,
    }


def _with_wrong_mobile(place: int) -> Asked:
    """Returns a number with a mobile that isn't the thing's. Each try has a mobile of its own, because tries with one
    mobile are limited."""
    right = asked_of(place)
    return Asked(right.number, f"059{place % 10**7:07}")
