"""The style sheet serves both directions, is small, and fetches nothing from elsewhere."""

import re

from pages.assets import ASSETS, STATIC

SHEET = (STATIC / "pages.css").read_text("utf-8")


def test_the_sheet_has_logical_properties_only():
    declared = re.findall(r"[{;]\s*([a-z-]+)\s*:", SHEET)
    physical = {
        one
        for one in declared
        if re.search(r"(^|-)(left|right|top|bottom)(-|$)", one) or one in ("width", "height")
    }

    assert physical == set()
    assert re.findall(r":\s*(left|right)\s*[;}]", SHEET) == []


def test_sheet_and_fonts_are_within_their_budget():
    fonts = [file.stat().st_size for file in (STATIC / "fonts").glob("*.woff2")]

    assert len(SHEET.encode()) <= 25_000
    assert len(SHEET.encode()) + sum(fonts) <= 180_000


def test_each_address_of_the_sheet_is_an_asset_of_ours():
    named = set(re.findall(r"url\(([^)]*)\)", SHEET))

    assert named == {name for name in ASSETS if name.endswith(".woff2")}


def test_the_fonts_come_with_their_licence():
    assert "SIL OPEN FONT LICENSE" in (STATIC / "fonts" / "OFL.txt").read_text("utf-8").upper()
