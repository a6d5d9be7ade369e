"""The course of the gravest targets as one picture, shown inside a digest's mail: small panels, readable on a phone."""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Mapping, Sequence

from monitor.alerts.digest import Digest, Figures, Part
from monitor.language import Language

MOST = 4
Course = Sequence[float]


def chart(digest: Digest, courses: Mapping[str, Course], plans: Mapping[str, float]) -> bytes | None:
    """A PNG of up to MOST of the city's targets that are new, worse or still open, gravest first; None without any.

    courses: target -> the year's reported values (a flow's year to date), NaN where nothing is reported; plans: target -> value.
    """
    chosen = [i.figures for i in digest.items if i.part is not Part.RESOLVED and i.figures.city]
    drawn = [f for f in chosen if f.target in courses and not all(math.isnan(v) for v in courses[f.target])][:MOST]
    if not drawn:
        return None
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - most of a second, for mail only
    from matplotlib.figure import Figure  # noqa: PLC0415

    # One under the other: side by side they could not be read on a phone.
    figure = Figure(figsize=(3.4, 1.5 * len(drawn)), dpi=200, layout="constrained")
    FigureCanvasAgg(figure)
    speaks = Language(digest.route.language)
    for n, of in enumerate(drawn):
        _panel(figure.add_subplot(len(drawn), 1, n + 1), of, courses[of.target], plans[of.target], speaks)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", metadata={"Software": None})
    return picture.getvalue()


def _panel(axes: object, of: Figures, course: Course, plan: float, speaks: Language) -> None:
    from matplotlib.axes import Axes  # noqa: PLC0415

    if not isinstance(axes, Axes):
        raise TypeError(axes)
    months = range(1, len(course) + 1)
    axes.axhline(plan, color="#14425f", linewidth=1, linestyle="--")
    axes.plot(months, list(course), color="#1f2933", linewidth=1.6, marker="o", markersize=2.5)
    if of.projection is not None and of.low is not None and of.high is not None:
        axes.plot([len(course)] * 2, [of.low, of.high], color="#c0392b", linewidth=4, alpha=0.35)
        axes.plot([len(course)], [of.projection], color="#c0392b", marker="D", markersize=4, linestyle="")
    axes.set_title("\n".join(textwrap.wrap(of.name, 52)[:2]), fontsize=7, loc="left")
    axes.set_xlim(0.5, len(course) + 0.7)
    axes.set_xticks([*list(months)[::3], len(course)])
    axes.yaxis.set_major_formatter(lambda value, _: speaks.number(float(value)))
    axes.tick_params(labelsize=6)
    axes.spines[["top", "right"]].set_visible(False)
