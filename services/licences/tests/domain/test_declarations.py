"""What is declared for a licence: its names."""

from chassis.core.refusals import Findings
from licences.domain.declarations import check_trade_name


def test_a_trade_name_is_written_in_the_letters_of_its_language() -> None:
    findings = Findings()

    check_trade_name({"ar": "Al Waha Laundry", "en": "مغسلة الواحة"}, findings)
    check_trade_name({"ar": "مغسلة K7", "en": None}, findings)

    assert [(one.field, one.code) for one in findings.faults] == [
        ("establishment.trade_name.ar", "name-not-arabic"),
        ("establishment.trade_name.en", "name-not-latin"),
    ]
