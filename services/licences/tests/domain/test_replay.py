"""How replayed decisions are counted, day by day."""

from datetime import date

from licences.domain.replay import Change, Tally

JANUARY, MARCH, MAY = date(2027, 1, 1), date(2027, 3, 1), date(2027, 5, 1)
DEARER = Change("issued", "issued", (), 48_000, 10_017_900)
REFUSED = Change("issued", "refused", ("owner-age",), 48_000, 48_000)


def test_a_decision_is_listed_on_each_day_from_which_it_comes_out_otherwise() -> None:
    tally = Tally((JANUARY, MARCH, MAY))

    assert tally.count([None, DEARER, DEARER]) == [(MARCH, DEARER)]
    assert tally.count([REFUSED, None, DEARER]) == [(JANUARY, REFUSED), (MAY, DEARER)]
    assert tally.count([None, None, None]) == []


def test_a_decision_is_unchanged_if_it_is_the_same_on_every_day() -> None:
    tally = Tally((JANUARY, MARCH, MAY))

    for changes in ([None, DEARER, DEARER], [REFUSED, None, DEARER], [None, None, None]):
        tally.count(changes)

    told = tally.record()
    assert (told["decisions"], told["unchanged"]) == (3, 1)
    assert [(one["after"], one["count"]) for one in told["outcomes"]] == [
        ("issued", 1),
        ("refused", 1),
    ]
    assert [(one["day"], one["unchanged"]) for one in told["days"]] == [
        ("2027-01-01", 2),
        ("2027-03-01", 2),
        ("2027-05-01", 1),
    ]
    assert told["days"][2]["outcomes"] == [{"before": "issued", "after": "issued", "count": 2}]


def test_without_decisions_nothing_differs_on_the_first_day() -> None:
    told = Tally((JANUARY,)).record()

    assert told["days"] == [{"day": "2027-01-01", "unchanged": 0, "outcomes": []}]
