/* Curves over the frames, with a cursor: up to the current frame, or whole. */

/* Lines of several curves differ by dashes and hollow markers: colours and filled markers belong to the components. */
const DASHES = [[], [7, 3], [2, 3], [9, 3, 2, 3]];
const HOLLOW_SIGNS = "○□△◇▽"; // the markers as text
const ABYSS = 3; // how many times longer than the rest of the curve a first step may be and still set the scale

class Curve extends Panel {
  /**
   * @param spec {x, xlabel, ylabel, log, grow, minima, lines: [{name, values}]}; values has one number per frame,
   *             or null where there is none
   */
  constructor(canvas, spec) {
    const x = spec.log ? spec.x.map(Math.log10) : spec.x;
    const limits = [...rangeWithMargin(x, 0.04), ...rangeOfLines(spec)];
    super(canvas, { limits, xlabel: spec.xlabel, ylabel: spec.ylabel, log: spec.log });
    Object.assign(this, { spec, x });
  }

  draw(look, a, b, t) {
    this.begin(look);
    const { ctx, spec, x } = this;
    const cursor = between(x[a], x[b], t);
    this.clipped(() => {
      ctx.setLineDash([3, 3]);
      this.path([[cursor, this.limits[2]], [cursor, this.limits[3]]]);
      ctx.strokeStyle = css(look.pale);
      ctx.stroke();
      spec.lines.forEach(({ values }, k) => {
        this.drawLine(k, values, [cursor, valueAt(values, a, b, t)]);
      });
      this.drawStarts();
    });
  }

  /** One line, with its marker at the cursor and, with `minima`, a ring at its lowest value. */
  drawLine(k, values, [cursor, now]) {
    const { ctx, spec, x } = this;
    const points = x.map((at, i) => [at, values[i]]).filter(([, value]) => value !== null);
    const here = now === null ? [] : [[cursor, now]];
    const shown = spec.grow ? [...points.filter(([at]) => at < cursor), ...here] : points;
    ctx.setLineDash(DASHES[k % DASHES.length]);
    if (shown.length) this.casedLine(shown, this.look.ink);
    ctx.setLineDash([]);
    for (const point of here) this.drawMark(k, point);
    if (!spec.minima) return;
    const [lowX, lowY] = points.reduce((best, point) => (point[1] < best[1] ? point : best));
    ctx.beginPath();
    ctx.arc(this.px(lowX), this.py(lowY), 9, 0, 2 * Math.PI);
    ctx.strokeStyle = css(this.look.ink);
    ctx.stroke();
  }

  /** The hollow marker of line k; outside the axes it is drawn at their edge. */
  drawMark(k, [x, y]) {
    const [, , bottom, top] = this.limits;
    const { paper, ink } = this.look;
    const inside = Math.min(Math.max(y, bottom), top);
    this.ctx.lineWidth = 1.8;
    drawMarker(this.ctx, MARKERS[k % HOLLOW_SIGNS.length], this.px(x), this.py(inside), 4.5, css(paper), css(ink));
  }

  /** Where lines start that start outside the axes, in words. */
  drawStarts() {
    const { ctx, box, look } = this;
    const [, , bottom, top] = this.limits;
    const outside = this.spec.lines.map(({ values }) => known(values)[0]).filter((y) => y < bottom || y > top);
    if (!outside.length) return;
    const ends = [Math.min(...outside), Math.max(...outside)].map((value) => significant(value, 4));
    const below = outside[0] < bottom;
    const text = `${below ? "↓ below" : "↑ above"} this axis: the start, at ${[...new Set(ends)].join(" to ")}`;
    ctx.font = FONT;
    ctx.fillStyle = css(look.ink);
    ctx.textAlign = "right";
    ctx.textBaseline = below ? "bottom" : "top";
    ctx.fillText(text, box.left + box.width, below ? box.top + box.height - 2 : box.top, box.width - 8);
  }
}

function known(values) {
  return values.filter((value) => value !== null);
}

/**
 * The range of the vertical axis. Curves that grow may start in an abyss, far from all their later values: the start
 * is then left out of the range, with room for the words that say so.
 */
function rangeOfLines({ lines, grow }) {
  const all = lines.flatMap(({ values }) => known(values));
  const later = lines.flatMap(({ values }) => known(values).filter((value, _, [first]) => value !== first));
  const [low, high] = rangeWithMargin(later, 0);
  const [lowest, highest] = rangeWithMargin(all, 0);
  const room = high - low;
  if (!grow || later.length < 2 || new Set(later).size < 2 || highest - lowest < ABYSS * room) {
    return rangeWithMargin(all, 0.08);
  }
  return [low - (lowest < low ? 0.25 : 0.08) * room, high + (highest > high ? 0.25 : 0.08) * room];
}

/** The value on the way from frame a to frame b; null before the first value. */
function valueAt(values, a, b, t) {
  if (values[b] === null) return t < 1 ? values[a] : null;
  return values[a] === null ? values[b] : between(values[a], values[b], t);
}
