/* The points and a mixture, in the plane or along a line, at any moment between two frames. */

class Plane extends Panel {
  /**
   * @param scene  the whole scene, whose points and frames all planes share
   * @param spec   this plane: mixtures, and which parts of them to draw
   */
  constructor(canvas, scene, spec) {
    const line = spec.top !== undefined;
    super(canvas, { ...spec, limits: spec.limits ?? limitsOf(scene, spec), equal: !line });
    Object.assign(this, { scene, spec, line, shares: new Map(), likeliest: new Map() });
    this.density = spec.levels ? weightedDensity(spec.mixtures[0]) : null;
    this.scores = this.density && scene.points.map(this.density);
  }

  /** The responsibilities of mixture number i for the points; null when i is −1. */
  responsibilities(i) {
    if (i < 0) return null;
    if (!this.shares.has(i)) {
      const theta = this.spec.mixtures[i];
      const R = theta.covariances
        ? eStep(this.scene.points, theta).R
        : nearestCenter(this.scene.points, theta.means);
      this.shares.set(i, R);
    }
    return this.shares.get(i);
  }

  /** The likeliest component of every point under mixture number i; null when i is −1. */
  labels(i) {
    if (i >= 0 && !this.likeliest.has(i)) {
      this.likeliest.set(i, this.responsibilities(i).map((share) => share.indexOf(Math.max(...share))));
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
    const level = this.spec.levels && between(this.spec.levels[a], this.spec.levels[b], t);
    this.clipped(() => {
      if (this.spec.cells) this.drawCells(theta.means);
      if (this.spec.borders) this.drawBorders(this.spec.borders);
      if (level !== null && level !== undefined) this.drawLevels(level);
      if (this.line) this.drawCurves(theta);
      this.drawPoints(this.colors(a, b, t, level), chosen, pinned);
      if (!this.line) this.drawGaussians(theta, b);
    });
  }

  /** Where to draw point i: points along a line go into a strip under the curves, jittered to keep them apart. */
  place(i) {
    const [x, y] = this.scene.points[i];
    return this.line ? [x, this.limits[2] * (0.25 + 0.6 * ((i * 0.618034) % 1))] : [x, y];
  }

  /** Colour and marker of every point. */
  colors(a, b, t, level) {
    const { look, scene } = this;
    if (this.scores) {
      const alarm = [look.component(5), look.pale];
      return this.scores.map((score, i) => ({
        rgb: alarm[Number(score >= level)],
        path: scene.truth?.[i] ? STAR_MARKER : MARKERS[0],
      }));
    }
    const [before, after] = [a, b].map((frame) => this.responsibilities(scene.frames[frame][1]));
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

  /** The points; a ring marks the chosen one, a double ring the pinned one. */
  drawPoints(styles, chosen, pinned) {
    const { ctx, look } = this;
    const r = Math.max(2.4, Math.min(4.5, Math.sqrt(3600 / styles.length)));
    ctx.lineWidth = 0.8;
    styles.forEach(({ rgb, path }, i) => {
      const [x, y] = this.place(i);
      drawMarker(ctx, path, this.px(x), this.py(y), r, css(rgb), css(outline(rgb, look)));
    });
    if (chosen >= 0 && chosen < styles.length) {
      const [x, y] = this.place(chosen);
      ctx.strokeStyle = css(look.ink);
      ctx.lineWidth = 2;
      for (const radius of pinned ? [8, 12] : [9]) {
        ctx.beginPath();
        ctx.arc(this.px(x), this.py(y), radius, 0, 2 * Math.PI);
        ctx.stroke();
      }
    }
  }

  /** Ellipses, the trails of the centres, and the centres with their numbers. */
  drawGaussians(theta, frame) {
    const { ctx, look, spec } = this;
    theta.means.forEach((mean, k) => {
      const dark = outline(look.component(k), look);
      if (spec.trails) {
        const last = this.scene.frames[frame][0];
        this.casedLine([...spec.mixtures.slice(0, last).map((past) => past.means[k]), mean], dark, 1.4);
      }
      for (const std of theta.covariances ? spec.ellipses : []) {
        this.casedLine(ellipsePoints(mean, theta.covariances[k], std), dark, 1.8, true);
      }
    });
    if (!spec.numbers) return;
    theta.means.forEach(([x, y], k) => {
      ctx.beginPath();
      ctx.arc(this.px(x), this.py(y), 8.5, 0, 2 * Math.PI);
      ctx.fillStyle = css(look.paper);
      ctx.fill();
      ctx.strokeStyle = css(look.ink);
      ctx.lineWidth = 1.5;
      ctx.stroke();
      ctx.fillStyle = css(look.ink);
      ctx.textAlign = "center";
      ctx.textBaseline = "middle";
      ctx.fillText(k, this.px(x), this.py(y) + 0.5);
    });
  }

  /** The cell of each centre, in a light tint of its colour. */
  drawCells(centers) {
    centers.forEach((_, k) => {
      this.path(voronoiCell(centers, k, this.limits), true);
      this.ctx.fillStyle = css(between(this.look.component(k), this.look.paper, 0.75));
      this.ctx.fill();
      this.ctx.strokeStyle = css(this.look.ink);
      this.ctx.lineWidth = 0.8;
      this.ctx.stroke();
    });
  }

  /** The borders between the cells of fixed centres, dashed. */
  drawBorders(centers) {
    this.ctx.setLineDash([5, 4]);
    centers.forEach((_, k) => {
      this.path(voronoiCell(centers, k, this.limits), true);
      this.ctx.strokeStyle = css(this.look.pale);
      this.ctx.lineWidth = 1;
      this.ctx.stroke();
    });
    this.ctx.setLineDash([]);
  }

  /** Thin contours of the log density, and a thick one at the threshold. */
  drawLevels(level) {
    const key = this.limits.join();
    if (this.gridKey !== key) [this.gridKey, this.grid] = [key, onGrid(this.density, this.limits)];
    const stroke = (at, rgb, width) => {
      this.ctx.beginPath();
      for (const [[x, y], [u, v]] of contour(this.grid, at)) {
        this.ctx.moveTo(this.px(x), this.py(y));
        this.ctx.lineTo(this.px(u), this.py(v));
      }
      this.ctx.strokeStyle = css(rgb);
      this.ctx.lineWidth = width;
      this.ctx.stroke();
    };
    for (const height of this.spec.contours) stroke(height, between(this.look.pale, this.look.paper, 0.4), 1);
    stroke(level, this.look.ink, 2.4);
  }

  /** The data's histogram, each component's density times its weight, and their sum. */
  drawCurves(theta) {
    const { ctx, look, spec } = this;
    ctx.fillStyle = css(between(look.pale, look.paper, 0.75));
    for (const [left, right, height] of spec.histogram) {
      ctx.fillRect(this.px(left), this.py(height), this.px(right) - this.px(left) - 1, this.py(0) - this.py(height));
    }
    const [low, high] = this.limits;
    const logJoint = weightedLogDensity(theta);
    const xs = [...range(301).map((i) => low + ((high - low) * i) / 300), ...theta.means.map(([mean]) => mean)];
    const heights = xs.sort((one, other) => one - other).map((x) => [x, logJoint([x]).map(Math.exp)]);
    this.casedLine(heights.map(([x, joint]) => [x, sum(joint)]), look.ink, 1.2);
    theta.means.forEach((_, k) => {
      ctx.setLineDash([[7, 4], [7, 3, 2, 3], [2, 3]][k % 3]);
      this.path(heights.map(([x, joint]) => [x, joint[k]]));
      ctx.strokeStyle = css(outline(look.component(k), look));
      ctx.lineWidth = 2.2;
      ctx.stroke();
      ctx.setLineDash([]);
    });
    this.drawPeaks(theta.means.map(([mean]) => [mean, sum(logJoint([mean]).map(Math.exp))]));
  }

  /** The heights of peaks that the axis cuts off, at its upper edge. */
  drawPeaks(peaks) {
    const { ctx, box } = this;
    ctx.fillStyle = css(this.look.ink);
    ctx.textBaseline = "top";
    let free = box.left; // no two heights are written over each other
    for (const [x, height] of peaks.sort(([one], [other]) => one - other)) {
      const text = `↑ ${significant(height, 3)}`;
      const width = ctx.measureText(text).width;
      const left = Math.min(this.px(x) + 4, box.left + box.width - width);
      if (height <= this.limits[3] || left < free) continue;
      ctx.fillText(text, left, box.top);
      free = left + width + 6;
    }
  }

  /** The index of the point nearest to a place on the canvas, or −1 if none is within `reach` pixels. */
  nearest(px, py, reach = 14) {
    let [best, closest] = [-1, reach];
    this.scene.points.forEach((_, i) => {
      const [x, y] = this.place(i);
      const distance = Math.hypot(this.px(x) - px, this.py(y) - py);
      if (distance < closest) [best, closest] = [i, distance];
    });
    return best;
  }

  /** Describe point i at a frame, in one sentence. */
  describe(i, frame) {
    const place = this.scene.points[i].map((value) => decimal(value, 2)).join(", ");
    const point = `point ${i} at (${place})${this.spec.title && ` under ${this.spec.title}`}`;
    if (this.scores) return `${point}: log density ${decimal(this.scores[i], 2)}`;
    const colored = this.scene.frames[frame][1];
    const R = this.responsibilities(colored);
    if (!R) return `${point}: no responsibilities yet`;
    if (!this.spec.mixtures[colored].covariances) return `${point}: nearest to centre ${this.labels(colored)[i]}`;
    return `${point}: ${R[i].map((share, k) => `component ${k} ${decimal(share, 3)}`).join(", ")}`;
  }
}

/** log p(x) of a mixture, as a function of x. */
function weightedDensity(theta) {
  const logJoint = weightedLogDensity(theta);
  return (x) => logSumExp(logJoint(x));
}

/** The points with a margin; along a line, from the strip of the points up to the highest curve. */
function limitsOf(scene, spec) {
  const [left, right] = rangeWithMargin(scene.points.map(([x]) => x), 0.12);
  if (spec.top) return [left, right, -0.16 * spec.top, spec.top];
  return [left, right, ...rangeWithMargin(scene.points.map(([, y]) => y), 0.12)];
}
