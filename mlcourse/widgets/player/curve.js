/* Curves over the frames, with a cursor: up to the current frame, or whole. */

/* Lines of several curves differ by dashes and hollow markers: colours and filled markers belong to the components. */
const DASHES = [[], [7, 3], [2, 3], [9, 3, 2, 3]];
const HOLLOW_SIGNS = "○□△◇▽"; // the markers as text
const FLAT = 1e-4; // the least height of an axis, relative to its values: below, there is only rounding
const ABYSS = 3; // how many times longer than the rest of the curve a first step may be and still set the scale

class Curve extends Panel {
  /**
   * @param spec {x, xlabel, ylabel, log, grow, leastWidth, leastHeight, marks, waiting, lines: [{name, values}]}; values has one number per frame, or null where there is none; marks are places on the
   *             horizontal axis; waiting is shown before there is any value
   */
  constructor(canvas, spec) {
    const x = spec.log ? spec.x.map(Math.log10) : spec.x;
    const heights = rangeOfLines(spec);
    const limits = [...rangeWithMargin([...x, x[0] + (spec.leastWidth ?? 0)], 0.04), ...heights];
    const whole = x.every(Number.isInteger) || spec.log; // no axis has a tick at round 1.5
    super(canvas, { limits, xlabel: spec.xlabel, ylabel: spec.ylabel + startsOutside(spec, heights), whole, log: spec.log });
    Object.assign(this, { spec, x, empty: !spec.lines.some(({ values }) => known(values).length) });
  }

  /** The axes; before there is any value, a sentence instead. */
  drawAxes() {
    const { ctx, box, look, spec } = this;
    if (!this.empty) return super.drawAxes();
    ctx.fillStyle = css(look.pale);
    ctx.textAlign = "left";
    ctx.textBaseline = "top";
    ctx.fillText(spec.waiting ?? `No ${spec.ylabel} yet.`, 4, 4, box.width);
  }

  draw(look, a, b, t) {
    this.begin(look);
    if (this.empty) return;
    const { ctx, spec, x } = this;
    const cursor = between(x[a], x[b], t);
    this.clipped(() => {
      for (const at of [cursor, ...(spec.marks ?? [])]) {
        ctx.setLineDash(at === cursor ? [3, 3] : [2, 4]);
        this.path([[at, this.limits[2]], [at, this.limits[3]]]);
        this.stroke(look.pale, 1);
      }
      spec.lines.forEach(({ values }, k) => {
        this.drawLine(k, values, [cursor, valueAt(values, a, b, t)]);
      });
    });
  }

  /** One line, with its marker at the cursor. */
  drawLine(k, values, [cursor, now]) {
    const { ctx, spec, x } = this;
    const points = x.map((at, i) => [at, values[i]]).filter(([, value]) => value !== null);
    const here = now === null ? [] : [[cursor, now]];
    const shown = spec.grow ? [...points.filter(([at]) => at < cursor), ...here] : points;
    ctx.setLineDash(DASHES[k % DASHES.length]);
    if (shown.length) this.casedLine(shown, this.look.ink);
    ctx.setLineDash([]);
    for (const point of here) this.drawMark(k, point);
  }

  /** The hollow marker of line k; outside the axes it is drawn at their edge. */
  drawMark(k, [x, y]) {
    const [, , bottom, top] = this.limits;
    const { paper, ink } = this.look;
    const inside = Math.min(Math.max(y, bottom), top);
    this.ctx.lineWidth = 1.8;
    drawMarker(this.ctx, MARKERS[k % HOLLOW_SIGNS.length], this.px(x), this.py(inside), 4.5, paper, ink);
  }
}

/** In words: where lines start that start outside the axes. */
function startsOutside({ lines }, [bottom, top]) {
  const outside = lines.map(({ values }) => known(values)[0]).filter((y) => y < bottom || y > top);
  if (!outside.length) return "";
  const ends = [Math.min(...outside), Math.max(...outside)].map((value) => significant(value, 4));
  const side = outside[0] < bottom ? "↓ below" : "↑ above";
  return `   ${side}: start at ${[...new Set(ends)].join(" to ")}`;
}

function known(values) {
  return values.filter((value) => value !== null);
}

/**
 * The range of the vertical axis. Curves that grow may start in an abyss, far from all their later values: the start
 * is then left out of the range, and the heading says so.
 */
function rangeOfLines({ lines, grow, leastHeight = 0 }) {
  const all = lines.flatMap(({ values }) => known(values));
  const later = lines.flatMap(({ values }) => known(values).filter((value, _, [first]) => value !== first));
  const [room, whole] = [later, all].map((values) => Math.max(...values) - Math.min(...values));
  const deep = grow && new Set(later).size > 1 && whole >= ABYSS * room;
  const shown = deep ? later : all;
  return rangeWithMargin(shown, 0.08, Math.max(leastHeight, FLAT * Math.abs(shown.at(-1))));
}

/** The value on the way from frame a to frame b; null before the first value. */
function valueAt(values, a, b, t) {
  if (values[b] === null) return t < 1 ? values[a] : null;
  return values[a] === null ? values[b] : between(values[a], values[b], t);
}
