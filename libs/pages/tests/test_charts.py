"""The chart of columns: heights in proportion, no height for what isn't published, Arabic from the right."""

import re

from pages.charts import draw_columns


def drawn(columns, *, from_right=False):
    """The columns as pairs of place and height, from the left."""
    chart = draw_columns("بلاغات", columns, from_right=from_right)
    found = re.findall(r'<rect[^>]* x="([0-9.]+)"[^>]* height="([0-9.]+)"', chart)
    return [(float(x), float(height)) for x, height in found]


def test_heights_are_in_proportion_to_the_largest_count():
    heights = [height for _, height in drawn([("9", 50), ("10", 100), ("11", 0)])]

    assert heights == [65.0, 130.0, 0.0]


def test_a_figure_that_is_not_published_has_an_outline_and_no_height_of_its_own():
    chart = draw_columns("بلاغات", [("9", None), ("10", 100)], from_right=False)

    assert chart.count('class="few"') == 1
    assert drawn([("9", None), ("10", 100)])[0][1] == 6


def test_the_first_month_stands_at_the_right_on_an_arabic_page():
    assert [height for _, height in drawn([("9", 100), ("10", 50)], from_right=True)] == [65, 130]


def test_a_chart_without_columns_is_drawn_and_a_title_is_escaped():
    assert 'aria-label="&lt;b&gt;"' in draw_columns("<b>", [], from_right=False)


def test_a_chart_needs_no_style_and_no_script():
    chart = draw_columns("بلاغات", [("9", 1)], from_right=False)

    assert "style=" not in chart
    assert "script" not in chart
