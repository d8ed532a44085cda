/* Curves over the frames, with a cursor: up to the current frame, or whole. */

class Curve extends Panel {
  /**
   * @param spec {x, xlabel, ylabel, log, grow, minima, lines: [{name, values}]}; values has one number per frame,
   *             or null where there is none
   */
  constructor(canvas, spec) {
    const x = spec.log ? spec.x.map(Math.log10) : spec.x;
    const values = spec.lines.flatMap((line) => line.values).filter((value) => value !== null);
    const limits = [...rangeWithMargin(x, 0.04), ...rangeWithMargin(values, 0.08)];
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
      ctx.setLineDash([]);
      spec.lines.forEach(({ values }, k) => {
        this.drawLine(k, values, [cursor, valueAt(values, a, b, t)]);
      });
    });
  }

  /** One line, with its marker at the cursor and, with `minima`, a ring at its lowest value. */
  drawLine(k, values, [cursor, now]) {
    const { spec, x } = this;
    const known = x.map((at, i) => [at, values[i]]).filter(([, value]) => value !== null);
    const here = now === null ? [] : [[cursor, now]];
    const shown = spec.grow ? [...known.filter(([at]) => at < cursor), ...here] : known;
    if (shown.length) this.casedLine(shown, this.colorOf(k));
    for (const point of here) this.drawMark(k, point);
    if (!spec.minima) return;
    const [lowX, lowY] = known.reduce((best, point) => (point[1] < best[1] ? point : best));
    this.ctx.beginPath();
    this.ctx.arc(this.px(lowX), this.py(lowY), 9, 0, 2 * Math.PI);
    this.ctx.strokeStyle = css(this.colorOf(k));
    this.ctx.stroke();
  }

  drawMark(k, [x, y]) {
    const edge = css(this.look.paper);
    drawMarker(this.ctx, MARKERS[k % MARKERS.length], this.px(x), this.py(y), 5, css(this.colorOf(k)), edge);
  }

  /** Each of several lines has its own colour; a single line is plain. */
  colorOf(k) {
    return this.spec.lines.length > 1 ? outline(this.look.component(k), this.look) : this.look.ink;
  }
}

/** The value on the way from frame a to frame b; null before the first value. */
function valueAt(values, a, b, t) {
  if (values[b] === null) return t < 1 ? values[a] : null;
  return values[a] === null ? values[b] : between(values[a], values[b], t);
}
