/* Shared by all pictures: a canvas as sharp as the screen, two labelled axes with ticks, lines in data units. */

// The size of each canvas when it last had one, in CSS pixels.
const SIZES = new WeakMap();

/**
 * The size of a canvas, or the one it had before it was hidden.
 *
 * JupyterLab hides its whole page for one frame while it changes the theme. Whoever draws just then must draw in the
 * size in which the canvas comes back: no observer reports a size that is the same before and after.
 */
function sizeOf(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (width && height) SIZES.set(canvas, { width, height });
  return SIZES.get(canvas) ?? { width: 0, height: 0 };
}

const MARGIN = { right: 10, top: 22, bottom: 38 };
const FONT = "12px system-ui, sans-serif";
const [ROOM_FOR_X, ROOM_FOR_Y] = [70, 45]; // minimum distance between two numbers on an axis, in pixels

class Panel {
  /**
   * @param limits [left, right, bottom, top]; with `equal` they are widened to give both axes the same scale
   * @param least  the least room for the numbers beside the vertical axis, in pixels
   */
  constructor(canvas, { limits, xlabel, ylabel, title = "", equal = false, whole = false, least = 16 }) {
    Object.assign(this, { canvas, wanted: limits, xlabel, ylabel, title, equal, whole, least });
    this.ctx = canvas.getContext("2d");
  }

  /** Fit the canvas to its place on the page; clear it; draw the axes. */
  begin(look) {
    const { canvas } = this;
    const { width, height } = sizeOf(canvas);
    const ratio = window.devicePixelRatio || 1;
    const pixels = [width, height].map((side) => Math.round(side * ratio));
    if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) [canvas.width, canvas.height] = pixels;
    this.ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    const room = max(height - MARGIN.top - MARGIN.bottom, 1);
    const left = this.widestTick(room) + 14;
    this.box = { left, top: MARGIN.top, width: max(width - left - MARGIN.right, 1), height: room };
    this.limits = this.equal ? equalised(this.wanted, this.box) : this.wanted;
    this.look = look;
    this.ctx.fillStyle = css(look.paper);
    this.ctx.fillRect(0, 0, width, height);
    this.ctx.setLineDash([]);
    this.drawAxes();
  }

  px(x) {
    const [left, right] = this.limits;
    return this.box.left + (this.box.width * (x - left)) / (right - left);
  }

  py(y) {
    const [, , bottom, top] = this.limits;
    return this.box.top + (this.box.height * (top - y)) / (top - bottom);
  }

  /** The data coordinates of a place on the canvas. */
  dataAt(px, py) {
    const [left, right, bottom, top] = this.limits;
    return [
      left + ((px - this.box.left) / this.box.width) * (right - left),
      top - ((py - this.box.top) / this.box.height) * (top - bottom),
    ];
  }

  /** The width of the numbers beside the vertical axis. */
  widestTick(height) {
    this.ctx.font = FONT;
    const [, , bottom, top] = this.wanted;
    const numbers = ticks(bottom, top, height / ROOM_FOR_Y).map((y) => this.ctx.measureText(tickText(y)).width);
    return max(this.least, ...numbers);
  }

  /** Two lines with numbers and names; `empty` axes have no numbers. */
  drawAxes() {
    const { ctx, box, look } = this;
    const [left, right, bottom, top] = this.limits;
    const base = box.top + box.height;
    ctx.font = FONT;
    ctx.fillStyle = css(look.ink);
    ctx.beginPath();
    ctx.moveTo(box.left, box.top);
    ctx.lineTo(box.left, base);
    ctx.lineTo(box.left + box.width, base);
    this.stroke(look.pale, 1);
    for (const x of this.empty ? [] : ticks(left, right, box.width / ROOM_FOR_X)) {
      if (this.whole && !Number.isInteger(x)) continue;
      ctx.fillRect(this.px(x), base, 1, 4);
      this.write(this.tickX(x), this.px(x), base + 6, "center");
    }
    this.write(this.xlabel, box.left + box.width / 2, base + 22, "center", "top", box.width);
    for (const y of this.empty ? [] : ticks(bottom, top, box.height / ROOM_FOR_Y)) {
      ctx.fillRect(box.left - 4, this.py(y), 4, 1);
      this.write(tickText(y), box.left - 6, this.py(y), "right", "middle");
    }
    const heading = [this.title, this.ylabel && `↑ ${this.ylabel}`].filter(Boolean).join("   ");
    this.write(heading, 4, 4, "left", "top", box.left + box.width);
  }

  /** A number below the horizontal axis. */
  tickX(x) {
    return tickText(x);
  }

  /** A text at a place; it gets narrower letters rather than being wider than its room, if there is a limit. */
  write(text, x, y, textAlign = "left", textBaseline = "top", room) {
    Object.assign(this.ctx, { textAlign, textBaseline });
    this.ctx.fillText(text, x, y, room);
  }

  /** Call `draw`, with its drawing clipped to the axes, and to the margin that a marker at their end needs. */
  clipped(draw, margin = MARGIN.right) {
    const { left, top, width, height } = this.box;
    const above = min(margin, 6);
    this.ctx.save();
    this.ctx.beginPath();
    this.ctx.rect(left, top - above, width + margin, height + above);
    this.ctx.clip();
    draw();
    this.ctx.restore();
  }

  /** A path through points in data units. */
  path(points, closed = false) {
    this.ctx.beginPath();
    points.forEach(([x, y], i) => {
      this.ctx[i ? "lineTo" : "moveTo"](this.px(x), this.py(y));
    });
    if (closed) this.ctx.closePath();
  }

  /** A circle of r pixels around a point in data units. */
  circle([x, y], r) {
    this.ctx.beginPath();
    this.ctx.arc(this.px(x), this.py(y), r, 0, 2 * PI);
  }

  /** A marker of r pixels at a point in data units. */
  mark(path, [x, y], r, fill, edge) {
    const { ctx } = this;
    ctx.beginPath();
    path(ctx, this.px(x), this.py(y), r);
    ctx.fillStyle = css(fill);
    ctx.fill();
    ctx.strokeStyle = css(edge);
    ctx.stroke();
  }

  /** Draw the last path or circle as a line. */
  stroke(rgb, width, alpha = 1) {
    this.ctx.strokeStyle = css(rgb, alpha);
    this.ctx.lineWidth = width;
    this.ctx.stroke();
  }

  /** A line edged with the background colour, which keeps it visible among points of the same colour. */
  casedLine(points, rgb, width = 1.8, closed = false) {
    this.path(points, closed);
    this.stroke(this.look.paper, width + 2, 0.85);
    this.stroke(rgb, width);
  }
}

/** The limits, widened until both axes have the same scale. */
function equalised([left, right, bottom, top], box) {
  const unit = min(box.width / (right - left), box.height / (top - bottom));
  const [spareX, spareY] = [box.width / unit - (right - left), box.height / unit - (top - bottom)];
  return [left - spareX / 2, right + spareX / 2, bottom - spareY / 2, top + spareY / 2];
}

/** The smallest and the largest number, at least `least` apart unless they are equal, with `margin` times their difference on both sides. */
function rangeWithMargin(values, margin, least = 0) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = min(low, value);
    high = max(high, value);
  }
  if (low > high) return [0, 1];
  const spare = high > low ? max(least - (high - low), 0) / 2 : 0;
  [low, high] = [low - spare, high + spare];
  const room = high > low ? margin * (high - low) : 1;
  return [low - room, high + room];
}

/** A number for an axis. */
function tickText(value) {
  const size = abs(value);
  return trueMinus(size >= 1e5 || (size > 0 && size < 1e-3) ? value.toExponential(0) : String(value));
}

/** A number with so many decimals; zero has no sign. */
function decimal(value, digits) {
  return trueMinus((Number(value.toFixed(digits)) || 0).toFixed(digits));
}

/** 1 point, 2 points. */
function counted(n, noun) {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

/** A point or a mean, for a sentence. */
function placeText(x) {
  const text = x.map((value) => decimal(value, 2)).join(", ");
  return x.length > 1 ? `(${text})` : text;
}

/** A number with so many significant digits, without zeros at its end. */
function significant(value, digits) {
  return trueMinus(String(Number(value.toPrecision(digits))));
}

function trueMinus(text) {
  return text.replace("-", "−");
}
