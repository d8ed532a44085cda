/* The points over the density of a mixture; those below a threshold are alarms. Anomalies are large stars;
   one above the threshold is missed, and its star is hollow. */

const STAR = range(10).map((i) => {
  const [reach, turn] = [i % 2 ? 0.6 : 1.5, (PI * i) / 5];
  return [reach * sin(turn), -reach * cos(turn)];
});
const STAR_MARKER = polygon(STAR); // of anomalies, as in mlcourse.plotting

class Levels extends Plane {
  constructor(canvas, scene, spec) {
    super(canvas, scene, spec);
    const logJoint = weightedLogDensity(spec.mixtures[0]);
    this.density = (x) => logSumExp(logJoint(x));
    this.scores = scene.points.map(this.density);
  }

  /** The threshold on the way from frame a to frame b. */
  levelAt(a, b, t) {
    return between(this.spec.levels[a], this.spec.levels[b], t);
  }

  drawBehind(_, a, b, t) {
    this.drawLevels(this.levelAt(a, b, t));
  }

  colors(a, b, t) {
    const alarm = [this.look.component(5), this.look.pale];
    const level = this.levelAt(a, b, t);
    return this.scores.map((score, i) => {
      const star = this.scene.truth?.[i] === 1;
      const missed = star && score >= level;
      return { rgb: alarm[Number(score >= level)], path: star ? STAR_MARKER : MARKERS[0], missed };
    });
  }

  drawPoints(styles) {
    super.drawPoints(styles);
    const { ctx, look } = this;
    ctx.lineWidth = 1.4;
    styles.forEach(({ rgb, path, missed }, i) => {
      if (path === STAR_MARKER) this.mark(path, this.place(i), 6, missed ? look.paper : rgb, look.ink);
    });
  }

  describe(i) {
    return `${this.nameOf(i)}: log density ${decimal(this.scores[i], 2)}`;
  }

  placesOf() {
    return ""; // the means are not drawn
  }

  /** Thin contours of the log density, and a thick one at the threshold. */
  drawLevels(level) {
    const key = this.limits.join();
    if (this.gridKey !== key) {
      this.gridKey = key;
      this.grid = onGrid(this.density, this.limits);
      this.contours = this.spec.contours.flatMap((height) => contour(this.grid, height));
    }
    this.drawSegments(this.contours, between(this.look.pale, this.look.paper, 0.4), 1);
    this.drawSegments(contour(this.grid, level), this.look.ink, 2.4);
  }

  drawSegments(segments, rgb, width) {
    this.ctx.beginPath();
    this.ctx.lineCap = "round"; // no gaps where the line turns
    for (const [[x, y], [u, v]] of segments) {
      this.ctx.moveTo(this.px(x), this.py(y));
      this.ctx.lineTo(this.px(u), this.py(v));
    }
    this.stroke(rgb, width);
  }
}

/** The values of `height` on a square grid over a rectangle: {xs, ys, values[row][column]}. */
function onGrid(height, [left, right, bottom, top], steps = 180) {
  const xs = range(steps).map((i) => left + ((right - left) * i) / (steps - 1));
  const ys = range(steps).map((i) => bottom + ((top - bottom) * i) / (steps - 1));
  return { xs, ys, values: ys.map((y) => xs.map((x) => height([x, y]))) };
}

/** The contour line of a grid at `level`, as short segments: marching squares (Lorensen & Cline in 2-D). */
function contour({ xs, ys, values }, level) {
  const segments = [];
  for (let i = 0; i + 1 < ys.length; i++) {
    for (let j = 0; j + 1 < xs.length; j++) {
      const low = values[i][j] < level;
      if ([values[i][j + 1], values[i + 1][j + 1], values[i + 1][j]].every((value) => value < level === low)) continue;
      const corners = [
        [xs[j], ys[i], values[i][j]],
        [xs[j + 1], ys[i], values[i][j + 1]],
        [xs[j + 1], ys[i + 1], values[i + 1][j + 1]],
        [xs[j], ys[i + 1], values[i + 1][j]],
      ];
      const crossings = [];
      corners.forEach((corner, c) => {
        const next = corners[(c + 1) % 4];
        if (corner[2] < level !== next[2] < level) {
          const crossing = between(corner, next, (level - corner[2]) / (next[2] - corner[2]));
          crossings.push(crossing.slice(0, 2));
        }
      });
      for (let c = 0; c + 1 < crossings.length; c += 2) segments.push([crossings[c], crossings[c + 1]]);
    }
  }
  return segments;
}
