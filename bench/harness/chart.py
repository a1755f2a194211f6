"""A bar chart as SVG, readable on light and dark pages."""

from dataclasses import dataclass
from html import escape

WIDTH, LABEL, VALUE, BAR, GAP = 760, 250, 150, 18, 8


@dataclass
class Bar:
    """One bar with its spread. `kind` picks the colour: ours, other or floor."""

    label: str
    median: float
    low: float
    high: float
    kind: str


STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600 } .small { font-size: 11px; fill: #57606a }
.ours { fill: #1a7f64 } .other { fill: #b35900 } .floor { fill: #8c959f } .spread { stroke: #24292f; stroke-width: 1 } .value { font-variant-numeric: tabular-nums }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .small { fill: #9198a1 } .spread { stroke: #e6edf3 } .ours { fill: #2ea88a } .other { fill: #d9822b } .floor { fill: #656c76 } }
"""


def draw(groups: list[tuple[str, list[Bar]]], caption: str) -> str:
    """Groups of bars, each group on a scale of its own."""
    body, y = [], 8
    for title, bars in groups:
        scale = (WIDTH - LABEL - VALUE) / max(bar.high for bar in bars)
        y += 16
        body.append(f'<text class="title" x="0" y="{y}">{escape(title)}</text>')
        y += 8
        for bar in bars:
            middle = y + BAR / 2
            body.append(f'<text x="{LABEL - 8}" y="{middle + 4.5}" text-anchor="end">{escape(bar.label)}</text>')
            body.append(f'<rect class="{bar.kind}" x="{LABEL}" y="{y}" width="{max(bar.median, 0) * scale:.1f}" height="{BAR}" rx="2"/>')
            left, right = LABEL + max(bar.low, 0) * scale, LABEL + max(bar.high, 0) * scale
            body.append(f'<path class="spread" d="M{left:.1f} {middle}H{right:.1f}M{left:.1f} {middle - 4}v8M{right:.1f} {middle - 4}v8"/>')
            body.append(f'<text class="value" x="{right + 8:.1f}" y="{middle + 4.5}">{bar.median:.1f} µs</text>')
            y += BAR + GAP
        y += 6
    y += 12
    body.append(f'<text class="small" x="0" y="{y}">Added CPU an event over the same pipeline without a filter. {escape(caption)}</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 10}" role="img" aria-label="Added CPU an event">'
            f"<style>{STYLE}</style>\n" + "\n".join(body) + "\n</svg>\n")
