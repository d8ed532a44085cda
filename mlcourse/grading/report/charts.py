"""Two small SVG charts: the results of a task, and a histogram of points. Their numbers are also given as text."""

from collections import Counter

from mlcourse.grading.report.markup import Html, element

STATUSES = ("right", "wrong", "crashed", "timeout", "not attempted", "missing", "by hand")
WIDTH, HEIGHT = 240, 16


def css_class(status: str) -> str:
    return "s-" + status.replace(" ", "-")


def share_bar(counts: Counter[str]) -> Html:
    """Draw one bar, divided into the shares of the statuses."""
    total, left, parts = sum(counts.values()), 0.0, []
    for status in STATUSES:
        width = WIDTH * counts[status] / max(1, total)
        if width:
            tip = element("title", f"{status}: {counts[status]}")
            where = {"x": f"{left:.2f}", "y": 0, "width": f"{width:.2f}", "height": HEIGHT}
            parts.append(element("g", tip, element("rect", class_=css_class(status), **where)))
        left += width
    description = ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])
    return element(
        "svg",
        *parts,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH,
        height=HEIGHT,
        role="img",
        aria_label=description,
    )


def histogram(points: list[float], out_of: int, bins: int = 10) -> Html:
    """Draw a histogram of the points: at most `bins` bars, each covering the same number of whole points."""
    step = -(-(out_of + 1) // bins)  # rounded up; the last bar includes full marks
    bins = out_of // step + 1
    counts = Counter(int(earned // step) for earned in points)
    wide, tall, foot = 48, 100, 34
    most, parts = max(counts.values(), default=1), []
    for place in range(bins):
        height = tall * counts[place] / most
        x, middle = place * wide + 3, place * wide + wide / 2
        parts.append(
            element(
                "rect",
                class_="bar",
                x=x,
                y=f"{tall + 16 - height:.2f}",
                width=wide - 6,
                height=f"{height:.2f}",
            )
        )
        if counts[place]:
            parts.append(_label(counts[place], middle, tall + 11 - height))
        parts.append(_label(f"≥ {place * step}", middle, tall + foot))
    bars = "; ".join(f"from {place * step} points: {counts[place]}" for place in range(bins) if counts[place])
    size = {
        "viewBox": f"0 0 {bins * wide} {tall + foot + 6}",
        "width": bins * wide,
        "height": tall + foot + 6,
    }
    return element("svg", *parts, **size, role="img", aria_label=f"Submissions by points. {bars}")


def _label(text: str | int, x: float, y: float) -> Html:
    return element("text", text, x=f"{x:.2f}", y=f"{y:.2f}", text_anchor="middle")
