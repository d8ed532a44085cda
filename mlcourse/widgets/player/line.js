/* The points along a line, below the densities of a mixture. */

class Line extends Plane {
  constructor(canvas, scene, spec) {
    const [left, right] = spec.range ?? rangeWithMargin(scene.points.map(([x]) => x), 0.12);
    super(canvas, scene, { ...spec, limits: [left, right, -(spec.below ?? 0.16) * spec.top, spec.top] });
  }

  /** Points go into a strip under the curves, jittered to keep them apart. */
  place(i) {
    return [this.scene.points[i][0], this.limits[2] * (0.25 + 0.6 * ((i * 0.618034) % 1))];
  }

  drawBehind(theta) {
    this.drawCurves(theta);
  }

  drawGaussians() {} // the curves show the components

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
    const heights = xs.sort((one, other) => one - other).map((x) => [x, logJoint([x]).map(exp)]);
    this.casedLine(heights.map(([x, joint]) => [x, sum(joint)]), look.ink, 1.2);
    theta.means.forEach((_, k) => {
      ctx.setLineDash([[7, 4], [7, 3, 2, 3], [2, 3]][k % 3]);
      this.path(heights.map(([x, joint]) => [x, joint[k]]));
      this.stroke(outline(look.component(k), look), 2.2);
      ctx.setLineDash([]);
    });
    this.peaks = theta.means.map(([mean]) => [mean, sum(logJoint([mean]).map(exp))]);
  }

  draw(...now) {
    super.draw(...now);
    this.drawPeaks(this.peaks);
  }

  /** The heights of peaks that the axis cuts off, above it, beside its name. */
  drawPeaks(peaks) {
    const { ctx, box, look } = this;
    ctx.fillStyle = css(look.ink);
    let free = ctx.measureText(`↑ ${this.ylabel}`).width + 16; // no two texts are written over each other
    for (const [x, height] of peaks.sort(([one], [other]) => one - other)) {
      const text = `peak ${significant(height, 3)}`;
      const width = ctx.measureText(text).width;
      const left = min(this.px(x) - width / 2, box.left + box.width - width);
      if (height <= this.limits[3] || left < free) continue;
      this.write(text, left, 4);
      free = left + width + 6;
    }
  }
}
