"""A figure that moves without Python: frames of a mixture, played by a script in the page.

Python sends points, parameters and captions. The script computes responsibilities, densities and the pictures between
frames, so a hundred steps of EM on a thousand points take less than 100,000 characters. `Scene` lists what a scene
contains. A `LiveScene` contains less: the page makes its frames, again whenever the reader changes something.

The script of every scene begins with these files, in this order:

    mixture.js     Gaussians and EM           geometry.js     ellipses, round numbers
    look.js        colours and markers        panel.js        canvas and axes
    curve.js       curves over the frames     player.js       stepping and playing
    start.js       starting the player on the page

`KINDS` says what each kind of scene adds:

    plane.js       points and components      narrate.js      captions in numbers
    cells.js       points and centres
    line.js        points along a line        levels.js       points over a density
    legend.js      the names of curves        recording.js    frames that Python has made
    kmeans.js      k-means and its cells      live.js         changes and undo
    drag.js        dragging, mouse or finger  presets.js      data sets
    playground.js  points that EM follows     kmeans_game.js  centres that the reader places
    bound.js       EM as a climb on a bound

It works wherever HTML from a notebook may run scripts; elsewhere, the page shows a still picture.
"""

import base64
import hashlib
import html
import io
import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NotRequired, TypedDict

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from mlcourse.mixture import Mixture
from mlcourse.plotting.style import PALETTE
from mlcourse.typing import Array, Ints
from mlcourse.widgets.controls import Drawing

# Not sent to the page: /* … */, // …, and the spaces at the beginning of a line. No string in the scripts contains
# any of these.
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|(?<=\n)\s+", re.DOTALL)
CONSTANT = re.compile(r"\bconst\b")
# Nor the word let again, where lines with one declaration each follow one another.
DECLARED = re.compile(r"^let .*; *(?:\nlet .*; *)*\nlet ", re.MULTILINE)
# Nor the spaces around these signs, "strings" and `templates` (those inside them stay, as does a line with a template
# inside another), nor the end of a line after or before a bracket or after a semicolon (every statement ends with
# one), nor the last semicolon of a block, nor the last comma of a list, nor the brackets of a single parameter before
# an arrow; that of none is written _. No line of the scripts has a sign before a second one, as in a - -b.
SPACED = re.compile(r' ?("[^"\n]*"|`[^`]*`|[=,{}()[\]!?:<>;&|*/%+-]+) ?')
NESTED = re.compile(r"`[^`]*\$\{[^}`]*`")
CONTINUED = re.compile(r"(?<=[{};,([])\n+|\n+(?=[)\]}])")
LAST = re.compile(r"[;,](?=})|,(?=[)\]])")
SINGLE = re.compile(r"(?<!\w)\((\w*)\)(?==>)")
# Outside strings and templates, a zero before a decimal point is not sent either; true and false are !0 and !1, and
# Infinity, which is never a power or divided, is 1/0.
LITERAL = re.compile(r'"[^"\n]*"|`[^`]*`|(?<![\w.])0(?=\.\d)|\b(true|false|Infinity)\b')
# Long names become _0, _1, …: those of functions, of methods and fields with several words, and of constants in
# capitals, which nothing outside the script uses. A name that is also a word of a text stays: there, a function is
# always followed by a bracket.
FUNCTION = re.compile(r"^(?:function|const) ([a-z]\w{4,})(?: = )?\(", re.MULTILINE)
FIELD = re.compile(r"\bthis\.([a-z]+[A-Z]\w*) \??\??=")
CAPITALS = re.compile(r"^const \[?([A-Z_, ]{4,})\]? =", re.MULTILINE)
METHOD = re.compile(r"^(?:static |get )?([a-z]+[A-Z]\w*)\(.*\) \{$", re.MULTILINE)

SCRIPTS = ["mixture", "geometry", "look", "panel", "curve", "player", "start"]
# The class in the script that shows a kind of scene, and the files that it needs beside those above.
KINDS = {
    "Recording": ["kmeans", "plane", "cells", "line", "levels", "narrate", "legend", "recording"],
    "Playground": ["kmeans", "plane", "drag", "live", "presets", "playground"],
    "KMeansGame": ["kmeans", "plane", "cells", "drag", "live", "kmeans_game"],
    "BoundClimber": ["plane", "line", "drag", "live", "legend", "bound"],
}

# A sanitiser that drops scripts leaves the figure; a browser that runs them shows the player instead.
PAGE = """\
<div data-mlcourse-player="{key}" data-lm-suppress-shortcuts="true">
<figure style="margin: 0.5em 0; max-width: 980px">
<img src="data:image/png;base64,{png}" alt="{alt}" style="width: 100%">
<figcaption>{caption} This is a still picture: to get the interactive one, trust this notebook, so that
it may run scripts.</figcaption>
</figure>
<script>({script})({arguments});</script>
</div>"""


HINT = "Hover over a point, or tap it, to read its values; click it to keep them in view."
SHARES = "π: weight · points by likeliest component"

Keys = Sequence[tuple[str, str]]  # keys of the keyboard, and what they do in the picture
KEYS: Keys = (
    ("Left and right arrows", "step"),
    ("Up and down arrows, or Shift with left and right", "choose a point"),
    ("Enter", "pin it"),
    ("Escape", "release it"),
    ("Space", "play or pause"),
    ("Tab", "leave"),
)

DEFAULTS = {"palette": PALETTE, "hint": HINT, "keys": KEYS, "sliderName": "step", "words": ()}

# The indices of two mixtures: see Scene.
Frame = tuple[int, int]


class Scene(TypedDict, total=False):
    """Everything that the player shows. Numbers are sent with six significant digits.

    A frame is a pair of indices of mixtures: the one that is drawn, and the one whose responsibilities colour the
    points, or −1 for none. An E-step changes the second, an M-step the first.
    """

    label: str  # what the scene shows, for screen readers
    sliderName: str  # what the slider chooses, for screen readers; a step by default
    note: str  # one or two sentences below the picture, for everybody
    hint: str  # shown while no point is chosen
    points: Array  # (n, d), d 1 or 2
    truth: Ints  # n of 0 and 1: points with a 1 are drawn as stars
    planes: list[dict[str, Any]]  # pictures of the points, each made by `plane`
    frames: list[Frame]
    captions: list[str]  # one per frame; or else
    narrator: str  # "em" or "kmeans": the script says in numbers what each half step did
    curve: dict[str, Any]  # curves over the frames; the keys are listed in curve.js
    weights: str  # the heading of bars that show the weights of the first plane; without it, there are none
    words: Sequence[tuple[str, str]]  # terms in what the script says, and what to say instead
    keys: Keys


class LiveScene(TypedDict):
    """What all scenes have in common whose frames are made in the page. Each kind adds what it starts from."""

    kind: str  # a key of KINDS
    label: str
    note: str
    keys: Keys
    hint: NotRequired[str]
    invite: str  # what the reader may do, written into the picture until something has changed
    points: Array


class Player:
    """A scene that the browser plays. To show it, make it the last line of a notebook cell.

    Parameters
    ----------
    scene : Scene or LiveScene
    still : Drawing
        The picture for pages that run no scripts. Its figure is closed.
    """

    def __init__(self, scene: Scene | LiveScene, still: Drawing) -> None:
        self.scene: dict[str, Any] = {**DEFAULTS, **scene}
        self._caption, self._alt = still.caption, still.alt
        self._png = small_png(still.figure)

    def __repr__(self) -> str:
        return f"Player: {self._caption} {self._alt}"

    def _repr_html_(self) -> str:
        sent = as_json(self.scene)
        key = hashlib.sha256(sent.encode()).hexdigest()[:12]
        return PAGE.format(
            key=key,
            png=self._png,
            alt=html.escape(self._alt),
            caption=html.escape(self._caption),
            script=script(self.scene.get("kind", "Recording")),
            arguments=f"{as_json(key)}, {as_json(stylesheet())}, {sent}",
        )


def plane(
    mixtures: Sequence[Mixture | Array],
    *,
    title: str = "",
    xlabel: str = "feature 1",
    ylabel: str = "feature 2",
    **options: Any,
) -> dict[str, Any]:
    """Describe one picture of the points.

    Parameters
    ----------
    mixtures : list of `mlcourse.mixture.Mixture`, or of arrays (K, d) of centres
    title, xlabel, ylabel : str
    **options
        ellipses: their sizes in standard deviations; trails, numbers, cells: True to draw them; equal: False
        for axes of different scales; borders: centres
        whose cells get dashed outlines; levels: the threshold, one log density per frame; contours: the log densities
        of thin contours, given with levels; top, histogram: for points along a line, the highest density and the
        bars (left, right, height).
    """
    defaults = {"ellipses": [1, 2], "numbers": True}
    return {
        **defaults,
        "mixtures": [parameters(m) for m in mixtures],
        "title": title,
        "xlabel": xlabel,
        "ylabel": ylabel,
        **options,
    }


def parameters(mixture: Mixture | Array) -> dict[str, Array]:
    """Convert a mixture for the script: every covariance becomes a matrix. Centres have no covariances."""
    if not isinstance(mixture, Mixture):
        return {"weights": np.full(len(mixture), 1 / len(mixture)), "means": mixture}
    full = mixture.full()
    return {"weights": full.weights, "means": full.means, "covariances": full.covariances}


def half_steps(n_steps: int) -> list[Frame]:
    """List the frames of EM: the start, then E and M alternately, ending with E."""
    return [(0, -1), *((m, e) for e in range(n_steps) for m in (e, e + 1))][:-1]


def as_json(value: object) -> str:
    """Convert to JSON that is safe inside a script element."""
    return json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")


def _plain(value: object) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    return float(f"{value:.6g}") if isinstance(value, float) else value


def small_png(figure: Figure) -> str:
    """Render the figure as a base64 PNG of 32 colours, a quarter of the size of a full one. Closes the figure."""
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=72)
    plt.close(figure)
    small = io.BytesIO()
    Image.open(png).quantize(32, Image.Quantize.FASTOCTREE).save(small, "PNG", optimize=True)
    return base64.b64encode(small.getvalue()).decode("ascii")


@cache
def script(kind: str) -> str:
    """Join the script for a kind of scene into one function of a key, a stylesheet and a scene, in a shorter form."""
    names = [*SCRIPTS, *KINDS[kind]]
    parts = [files(__package__).joinpath(f"{name}.js").read_text("utf-8") for name in names]
    return (
        'function (key, style, scene) {\n"use strict";'
        + shortened("".join([*parts, f"start({kind});"]))
        + "}"
    )


def shortened(source: str) -> str:
    """Remove comments and spaces from a script; write const as let; give functions and constants short names."""
    brief = renamed(COMMENT.sub("", source))
    lines = DECLARED.sub(declared_once, CONSTANT.sub("let", brief)).split("\n")
    lines = [line if NESTED.search(line) else LITERAL.sub(literal, SPACED.sub(r"\1", line)) for line in lines]
    return SINGLE.sub(lambda arrow: arrow[1] or "_", LAST.sub("", CONTINUED.sub("", "\n".join(lines))))


def renamed(source: str) -> str:
    """Give functions, methods and constants short names, except where another property has the same name."""
    constants = [name for names in CAPITALS.findall(source) for name in names.split(", ") if len(name) > 3]
    names = [*FUNCTION.findall(source), *constants]
    texts = "\n".join(re.findall(r'"[^"\n]*"|`[^`]*`|^.*`[^`]*\$\{[^}`]*`.*', source, re.MULTILINE))
    # A property: .name, name: …, or in {name, …}; a function passed between two other arguments keeps its name, too.
    free = [
        name for name in names if not re.search(rf"(?<!\.)\.{name}\b|\b{name}:|[{{,] *{name} *[,=}}]", source)
    ]
    free = [name for name in free if not re.search(rf"\b{name}\b(?!\()", texts)]
    own = [*METHOD.findall(source), *FIELD.findall(source), *free]
    short = {name: f"_{i}" for i, name in enumerate(dict.fromkeys(own))}
    return re.sub(r"\w+", lambda word: short.get(word[0], word[0]), source)


def declared_once(match: re.Match[str]) -> str:
    """Return declarations as one, to which the next line belongs."""
    return re.sub(r"; *\nlet ", ", ", match[0])


def literal(match: re.Match[str]) -> str:
    """Return a number or a truth value in its short form; a string stays."""
    return {"0": "", "true": "!0", "false": "!1", "Infinity": "1/0"}.get(match[0], match[0])


@cache
def stylesheet() -> str:
    return files(__package__).joinpath("player.css").read_text("utf-8")
