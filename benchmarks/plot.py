"""Draws the results: a bar for each peer, in plain SVG."""

from __future__ import annotations

from typing import Any

WIDTH, BAR, GAP, LEFT = 720, 26, 12, 190


def plot(results: dict[str, Any]) -> str:
    """Draw how many records a second each peer handles.

    Args:
        results: As `results.json` holds them.

    Returns:
        An SVG image that reads on light and dark grounds.
    """
    rates = {name: results["records"] / cost["wall"] for name, cost in results["speed"].items()}
    most = max(rates.values())
    height = (BAR + GAP) * len(rates) + 54
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="14">'
        ),
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        (
            '<text x="12" y="26" font-size="16">Records a second, whole process '
            f"({results['records']:,} nested records)</text>"
        ),
    ]
    for position, (name, rate) in enumerate(sorted(rates.items(), key=lambda one: -one[1])):
        top = 44 + position * (BAR + GAP)
        length = (WIDTH - LEFT - 90) * rate / most
        colour = "#0b7a75" if name == "tap-techwolf" else "#a9b4bf"
        middle = top + BAR * 0.68
        parts += [
            f'<text x="{LEFT - 10}" y="{middle:.0f}" text-anchor="end">{name}</text>',
            f'<rect x="{LEFT}" y="{top}" width="{length:.0f}" height="{BAR}" fill="{colour}"/>',
            f'<text x="{LEFT + length + 8:.0f}" y="{middle:.0f}">{rate:,.0f}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"
