"""A chart of columns as inline SVG, without a script and without a style. A table beside it says the figures."""

from collections.abc import Sequence

from markupsafe import Markup

_WIDTH, _TOP, _BOTTOM, _HEIGHT = 360, 20, 150, 172
# A figure that isn't published is a small outline: neither nothing nor a height.
_UNKNOWN = 6


def draw_columns(
    title: str, columns: Sequence[tuple[str, int | None]], *, from_right: bool
) -> Markup:
    """Returns a chart of pairs of a short label and a count. A count of None isn't published. `from_right`: the first
    column stands at the right, where an Arabic reader begins."""
    most = max((count for _, count in columns if count is not None), default=0) or 1
    step = _WIDTH / max(len(columns), 1)
    drawn = [
        _draw_column(label, count, most, (place * step, step))
        for place, (label, count) in enumerate(reversed(columns) if from_right else columns)
    ]
    side, anchor = (_WIDTH, "end") if from_right else (0, "start")
    return Markup(
        '<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{title}">'
        '<text x="{side}" y="12" text-anchor="{anchor}" direction="ltr">{most}</text>'
        '<line x1="0" y1="{top}" x2="{width}" y2="{top}"/><line x1="0" y1="{bottom}" x2="{width}" y2="{bottom}"/>'
        "{drawn}</svg>"
    ).format(
        width=_WIDTH,
        height=_HEIGHT,
        title=title,
        side=side,
        anchor=anchor,
        most=most,
        top=_TOP,
        bottom=_BOTTOM,
        drawn=Markup("").join(drawn),
    )


def _draw_column(label: str, count: int | None, most: int, place: tuple[float, float]) -> Markup:
    start, step = place
    height = _UNKNOWN if count is None else round((_BOTTOM - _TOP) * count / most, 1)
    return Markup(
        '<rect{few} x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}"/>'
        '<text x="{middle:.1f}" y="166" text-anchor="middle">{label}</text>'
    ).format(
        few=Markup(' class="few"') if count is None else "",
        x=start + step * 0.2,
        y=_BOTTOM - height,
        width=step * 0.6,
        height=height,
        middle=start + step / 2,
        label=label,
    )
