/* The points and a mixture in the plane, at any moment between two frames. */

const MANY = 6; // components, beyond which their numbers are small, so that they hide fewer points
const GAP = 16; // between two numbers, in pixels
const SMALL_FONT = FONT.replace("12", "10");

class Plane extends Panel {
  /**
   * @param scene  the whole scene, whose points and frames all planes share
   * @param spec   this plane: mixtures, and which parts of them to draw
   */
  constructor(canvas, scene, spec) {
    const limits = spec.limits ?? limitsOf(scene, spec.mixtures[0], max(0, ...spec.ellipses));
    super(canvas, { ...spec, limits, equal: spec.equal ?? spec.top === undefined });
    Object.assign(this, { scene, spec, shares: new Map(), likeliest: new Map() });
  }

  /** The responsibilities of mixture number i for the points; null when i is −1. */
  sharesOf(i) {
    if (i < 0) return null;
    if (!this.shares.has(i)) {
      this.shares.set(i, this.sharesUnder(this.spec.mixtures[i]));
    }
    return this.shares.get(i);
  }

  sharesUnder(theta) {
    return eStep(this.scene.points, theta).R;
  }

  /** The likeliest component of every point under mixture number i; null when i is −1. */
  labels(i) {
    if (i >= 0 && !this.likeliest.has(i)) {
      this.likeliest.set(i, this.sharesOf(i).map(argmax));
    }
    return this.likeliest.get(i) ?? null;
  }

  /** The mixture on the way from frame a to frame b, 0 ≤ t ≤ 1. */
  mixtureAt(a, b, t) {
    const [one, other] = [a, b].map((frame) => this.spec.mixtures[this.scene.frames[frame][0]]);
    // With different numbers of components there is nothing in between: the new mixture appears at once.
    if (one === other || one.means.length !== other.means.length) return other;
    return {
      weights: between(one.weights, other.weights, t),
      means: between(one.means, other.means, t),
      covariances: one.covariances && between(one.covariances, other.covariances, t),
    };
  }

  draw(look, a, b, t, chosen, pinned) {
    this.begin(look);
    const theta = this.mixtureAt(a, b, t);
    this.clipped(() => {
      this.drawBehind(theta, a, b, t);
      this.drawPoints(this.colors(a, b, t));
      this.drawGaussians(theta, b);
      if (this.scene.points[chosen]) this.drawRings(this.place(chosen), pinned ? [8, 12] : [9]);
    });
    if (this.rival) this.write(`✕ and dashes: ${this.spec.rivalName}`, this.box.left + this.box.width, 4, "right");
  }

  /** What is drawn behind the points. */
  drawBehind() {
    if (this.spec.borders) this.drawBorders(this.spec.borders);
  }

  /** Where to draw point i. */
  place(i) {
    return this.scene.points[i];
  }

  /** Colour and marker of every point. */
  colors(a, b, t) {
    const { look, scene } = this;
    const [before, after] = [a, b].map((frame) => this.sharesOf(scene.frames[frame][1]));
    const labels = this.labels(scene.frames[b][1]);
    return scene.points.map((_, i) => {
      const share = after?.[i];
      const was = before?.[i];
      const target = share ? blended(share, look) : look.pale;
      const from = was ? blended(was, look) : look.pale;
      const path = MARKERS[labels ? labels[i] % MARKERS.length : 0];
      return { rgb: before === after ? target : between(from, target, t), path };
    });
  }

  drawPoints(styles) {
    const { ctx, look } = this;
    const r = clamped(sqrt(3600 / styles.length), 2.4, 4.5);
    ctx.lineWidth = 0.8;
    styles.forEach(({ rgb, path }, i) => {
      this.mark(path, this.place(i), r, rgb, outline(rgb, look));
    });
  }

  /** One ring marks a point or a mean that is chosen, a double ring a pinned one. */
  drawRings(at, radii) {
    for (const radius of radii) {
      this.circle(at, radius);
      this.stroke(this.look.ink, 2);
    }
  }

  /** Ellipses, the trails of the centres, and the centres with their numbers. */
  drawGaussians(theta, frame) {
    const { look, spec } = this;
    const last = this.scene.frames[frame][0];
    const drawShapes = (mean, k) => {
      const dark = outline(look.component(k), look);
      if (spec.trails) this.casedLine([...spec.mixtures.slice(0, last).map((past) => past.means[k]), mean], dark, 1.4);
      for (const std of theta.covariances ? spec.ellipses : []) {
        this.casedLine(ellipsePoints(mean, theta.covariances[k], std), dark, 1.8, true);
      }
    };
    this.clipped(() => theta.means.forEach(drawShapes), 0);
    if (this.rival) this.drawRival(this.rival);
    if (spec.numbers) this.drawNumbers(theta.means);
  }

  /** The number of every mean, and a line to the mean if the number stands beside it. */
  drawNumbers(means) {
    const { ctx, look } = this;
    const r = means.length > MANY ? 6 : 8.5;
    this.signs = this.fanned(means);
    this.signs.forEach((sign, k) => {
      this.path([means[k], sign]);
      this.stroke(look.ink, 1);
      this.circle(sign, r);
      ctx.fillStyle = css(look.paper);
      ctx.fill();
      this.stroke(look.ink, r / 6);
      ctx.fillStyle = css(look.ink);
      if (means.length > MANY) ctx.font = SMALL_FONT;
      this.write(k, this.px(sign[0]), this.py(sign[1]) + 0.5, "center", "middle");
    });
  }

  /** The borders and the centres of another solution: crosses, of which a number in the same place shows the ends. */
  drawRival(centers) {
    this.drawBorders(centers);
    this.ctx.lineWidth = 3;
    for (const center of centers) this.mark(MARKERS[6], center, 13, this.look.ink, this.look.paper);
  }

  /** Places for the signs of means, each apart from those before it, so that it can be read. */
  fanned(means) {
    const signs = [];
    means.forEach(([x, y], k) => {
      let sign = [this.px(x) + cos(k) / 9, this.py(y) + sin(k) / 9]; // a direction to go, even from the same place
      for (const other of range(9).flatMap(() => signs)) {
        sign = between(other, sign, max(1, GAP / sqrt(squaredDistance(other, sign))));
      }
      signs.push(sign);
    });
    return signs.map((sign) => this.dataAt(...sign));
  }

  /** The borders between the cells of fixed centres, dashed. */
  drawBorders(centers) {
    this.ctx.setLineDash([5, 4]);
    for (const border of voronoiBorders(centers, this.limits)) {
      this.path(border);
      this.stroke(this.look.pale, 1);
    }
    this.ctx.setLineDash([]);
  }

  /** The index of the nearest point in a direction from point i; without a point i, of the one nearest to the middle. */
  towards(i, right, down) {
    const { box, scene } = this;
    if (!scene.points[i]) return this.nearest(box.left + box.width / 2, box.top + box.height / 2, Infinity);
    const from = this.place(i);
    const away = scene.points.map((_, j) => {
      const [x, y] = [this.px(this.place(j)[0]) - this.px(from[0]), this.py(this.place(j)[1]) - this.py(from[1])];
      const along = x * right + y * down;
      return along > 0 ? (x * x + y * y) / along : Infinity; // the more to the side, the farther
    });
    const least = min(...away);
    return least < Infinity ? away.indexOf(least) : i;
  }

  /** The index of the point nearest to a place on the canvas, or −1 if none is within `reach` pixels. */
  nearest(px, py, reach = 14, points = this.scene.points.map((_, i) => this.place(i))) {
    let [best, closest] = [-1, reach];
    points.forEach(([x, y], i) => {
      const distance = hypot(this.px(x) - px, this.py(y) - py);
      if (distance < closest) [best, closest] = [i, distance];
    });
    return best;
  }

  /** Describe point i at a frame, in one sentence. */
  describe(i, frame) {
    const point = this.nameOf(i);
    const R = this.sharesOf(this.scene.frames[frame][1]);
    if (!R) return `${point}: no responsibilities yet`;
    const order = range(R[i].length).sort((k, l) => R[i][l] - R[i][k]);
    const named = order.length > 3 ? 2 : 3; // the others are at least two
    const shares = order.slice(0, named).map((k) => `component ${k}: ${decimal(R[i][k], 3)}`);
    const rest = sum(order.slice(named).map((k) => R[i][k]));
    return `${point}; ${shares.join(", ")}${order.length > 3 ? `, the others: ${decimal(rest, 3)}` : ""}`;
  }

  /** Describe a mixture or centres, for screen readers. */
  placesOf({ means, covariances }) {
    return means.length ? `${covariances ? "Means" : "Centres"} at ${means.map(placeText).join(" ")}.` : "";
  }

  nameOf(i) {
    return `point ${i} at ${placeText(this.scene.points[i])}${this.title && ` under ${this.title}`}`;
  }
}

/** The points with a margin, and the ellipses of a mixture, so many standard deviations large. */
function limitsOf({ points }, { means, covariances = [] } = {}, std = 2) {
  return [0, 1].flatMap((j) => {
    const ends = covariances.flatMap((S, k) => [-std, std].map((side) => means[k][j] + side * sqrt(S[j][j])));
    return rangeWithMargin([...rangeWithMargin(points.map((x) => x[j]), 0.12), ...ends], 0);
  });
}
