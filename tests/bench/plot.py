"""The picture of the report: for every figure with a target, how much room it has. Drawn by hand as SVG."""

from html import escape
from math import log2

from tests.bench.report import Measured
from tests.bench.results import Result, written

WIDTH, LINE, LEFT, TOP = 900, 22, 400, 56
OCTAVE, OCTAVES = 52, (-2, 7)
COLOURS = {"PostgreSQL": "#336791", "SQLite": "#5a9e6f"}
MISSED = "#c0392b"


def picture(measured: Measured) -> str:
    """A bar for each figure, from its target to where it is, on a scale of doublings."""
    bars = [
        (row, stores, result)
        for row, by_stores in measured.items()
        for stores, results in by_stores.items()
        for result in results
        if result.target is not None
    ]
    height = TOP + LINE * len(bars) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="12"><rect width="{WIDTH}" height="{height}" fill="white"/>',
        *_text(8, 20, "How many times better than its target (1 is the target)", weight="bold"),
        *_legend(),
        *_scale(height),
    ]
    for number, (row, stores, result) in enumerate(bars):
        parts += _bar(TOP + LINE * number, row, stores, result)
    return "\n".join([*parts, "</svg>", ""])


def _legend() -> list[str]:
    parts: list[str] = []
    for number, (name, colour) in enumerate({**COLOURS, "missed": MISSED}.items()):
        x = LEFT + 120 * number
        parts += [f'<rect x="{x}" y="11" width="10" height="10" fill="{colour}"/>', *_text(x + 16, 20, name)]
    return parts


def _scale(height: int) -> list[str]:
    parts: list[str] = []
    for octave in range(OCTAVES[0], OCTAVES[1] + 1):
        x = _x(2.0**octave)
        colour = "#333" if octave == 0 else "#ddd"
        parts.append(f'<line x1="{x}" y1="{TOP - 8}" x2="{x}" y2="{height - 12}" stroke="{colour}"/>')
        parts += _text(x, TOP - 14, f"{2.0**octave:g}", anchor="middle", fill="#666")
    return parts


def _bar(y: float, row: str, stores: str, result: Result) -> list[str]:
    assert result.target is not None
    reach = _x(max(result.target.room(result.judged), 2.0 ** OCTAVES[0]))
    left, right = sorted((_x(1.0), reach))
    colour = COLOURS[stores] if result.is_met else MISSED
    shown = written(result.median) + ("" if result.ratio is None else f" ({result.ratio:.2f} ×)")
    return [
        *_text(LEFT - 120, y + 14, f"{row}: {result.figure}", anchor="end"),
        f'<rect x="{left:.1f}" y="{y + 4}" width="{max(right - left, 1):.1f}" height="{LINE - 9}" fill="{colour}"/>',
        *_text(right + 5, y + 14, shown, fill="#333"),
    ]


def _x(room: float) -> float:
    octaves = min(max(log2(room), OCTAVES[0]), OCTAVES[1])
    return round(LEFT + OCTAVE * octaves, 1)


def _text(
    x: float, y: float, words: str, *, anchor: str = "start", weight: str = "normal", fill: str = "#111"
) -> list[str]:
    style = f'text-anchor="{anchor}" font-weight="{weight}" fill="{fill}"'
    return [f'<text x="{x}" y="{y}" {style}>{escape(words)}</text>']
