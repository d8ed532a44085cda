/* Curves over the frames, with a cursor: up to the current frame, or whole. */

/* Lines of several curves differ by dashes and hollow markers: colours and filled markers belong to the components. */
const DASHES = [[], [7, 3], [2, 3], [9, 3, 2, 3]];
const [DOWN, UP] = [-2, 2].map((back) => polygon([[0, 0], [-1, back], [1, back]])); // arrows
const FLAT = 1e-4; // the least height of an axis, relative to its values: below, there is only rounding

class Curve extends Panel {
  /**
   * @param spec {x, xlabel, ylabel, grow, abyss, leastWidth, leastHeight, mark, markName, waiting, lines: [{name, values}]};
   *             values has one number per frame, or null where there is none; abyss: see rangeOfLines;
   *             mark is a place on the horizontal axis: until there, the reader held something, and no line joins the values;
   *             waiting is shown at frames before the first value
   */
  constructor(canvas, spec) {
    const { x } = spec;
    const heights = rangeOfLines(spec);
    const limits = [...rangeWithMargin([...x, x[0] + (spec.leastWidth ?? 0)], 0.04), ...heights];
    super(canvas, { limits, xlabel: spec.xlabel, whole: x.every(Number.isInteger) }); // no tick at round 1.5
    Object.assign(this, { spec, x, empty: !known(spec.lines.flatMap(({ values }) => values)).length });
  }

  draw(look, a, b, t) {
    const { spec, x } = this;
    const waits = spec.lines.every(({ values }) => values[b] === null);
    this.ylabel = spec.ylabel + (waits ? "" : startsOutside(spec.lines, this.wanted.slice(2)));
    this.begin(look);
    const { left, top, width, height } = this.box;
    this.ctx.fillStyle = css(look.pale);
    if (waits) this.write(spec.waiting ?? "", left + width / 2, top + height / 2, "center", "middle", width);
    if (this.empty) return;
    const cursor = between(x[a], x[b], t);
    this.drawUpright(cursor, [3, 3]);
    if (spec.mark <= x.at(-1) && abs(this.px(spec.mark) - this.px(cursor)) > 2) this.drawUpright(spec.mark, [2, 4], spec.markName);
    spec.lines.forEach(({ values }, k) => {
      this.drawLine(k, values, [cursor, valueAt(values, a, b, t)]);
    });
  }

  /** A line from the bottom to the top, with its name at its foot. */
  drawUpright(at, dashes, name = "") {
    const { ctx, box, look } = this;
    const right = this.px(at) > box.left + box.width / 2;
    ctx.setLineDash(dashes);
    this.path([[at, this.limits[2]], [at, this.limits[3]]]);
    this.stroke(look.pale, 1);
    this.write(name, this.px(at) + (right ? -4 : 4), box.top + box.height - 3, right ? "right" : "left", "bottom");
  }

  /** The frame that is nearest to a place on the canvas, of those that have a value. */
  frameAt(px) {
    const away = this.x.map((x, i) => (this.spec.lines[0].values[i] === null ? Infinity : abs(this.px(x) - px)));
    return away.indexOf(min(...away));
  }

  /** One line, with its marker at the cursor. */
  drawLine(k, values, [cursor, now]) {
    const { ctx, spec, x } = this;
    const points = x.map((at, i) => [at, values[i]]).filter(([, value]) => value !== null);
    const here = now === null ? [] : [[cursor, now]];
    const shown = spec.grow ? [...points.filter(([at]) => at < cursor), ...here] : points;
    const joined = shown.filter(([at]) => !(at < spec.mark));
    this.clipped(() => {
      ctx.setLineDash(DASHES[k % DASHES.length]);
      this.casedLine(joined, this.look.ink);
      ctx.setLineDash([]);
      ctx.fillStyle = css(this.look.pale);
      for (const point of shown) {
        if (point[0] <= spec.mark) {
          this.circle(point, 1.5);
          ctx.fill();
        }
      }
    }, 0);
    ctx.setLineDash([]);
    this.drawArrow(joined);
    for (const point of here) this.drawMark(k, point);
  }

  /** An arrow at the edge of the axes, where a line that starts outside comes in. */
  drawArrow(points) {
    const [, , bottom, top] = this.limits;
    const { ink } = this.look;
    const inside = points.findIndex(([, y]) => y === clamped(y, bottom, top));
    if (inside < 1) return;
    const [from, to] = points.slice(inside - 1);
    const [edge, path] = from[1] > top ? [top, UP] : [bottom, DOWN];
    const [x] = between(from, to, (edge - from[1]) / (to[1] - from[1]));
    this.mark(path, [x, edge], 4, ink, ink);
  }

  /** The hollow marker of line k; outside the axes it is drawn at their edge. */
  drawMark(k, [x, y]) {
    const [, , bottom, top] = this.limits;
    const { paper, ink } = this.look;
    this.ctx.lineWidth = 1.8;
    this.mark(MARKERS[k % MARKERS.length], [x, clamped(y, bottom, top)], 4.5, paper, ink);
  }
}

/** In words: where lines start that start outside the axes. */
function startsOutside(lines, [bottom, top]) {
  const outside = lines.map(({ values }) => known(values)[0]).filter((y) => y < bottom || y > top);
  if (!outside.length) return "";
  const ends = [min(...outside), max(...outside)].map((value) => significant(value, 4));
  return `   starts at ${[...new Set(ends)].join(" to ")}, off the scale`;
}

function known(values) {
  return values.filter((value) => value !== null);
}

/**
 * The range of the vertical axis, the same at all frames. Curves that grow may start in an abyss, far from all their later
 * values: the range leaves a start out if the first step is `abyss` times as long as the rest of the curve, and the
 * heading says so.
 */
function rangeOfLines({ lines, grow, abyss = 5, leastHeight = 0 }) {
  const all = lines.flatMap(({ values }) => known(values));
  const later = lines.flatMap(({ values }) => known(values).filter((value, _, [first]) => value !== first));
  const [room, whole] = [later, all].map((values) => max(...values) - min(...values));
  const deep = grow && new Set(later).size > 1 && whole >= abyss * room;
  const shown = deep ? later : all;
  return rangeWithMargin(shown, 0.08, max(leastHeight, FLAT * abs(shown.at(-1))));
}

/** The value on the way from frame a to frame b; null before the first value. */
function valueAt(values, a, b, t) {
  if (values[b] === null) return t < 1 ? values[a] : null;
  return values[a] === null ? values[b] : between(values[a], values[b], t);
}
