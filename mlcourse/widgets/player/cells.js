/* The points and the centres of k-means in the plane: every centre has the cell of what is nearest to it. */

class Cells extends Plane {
  sharesUnder({ means }) {
    return oneHot(assign(this.scene.points, means), means.length);
  }

  /** The cell of each centre, in a light tint of its colour. */
  drawBehind({ means }) {
    means.forEach((_, k) => {
      this.path(voronoiCell(means, k, this.limits), true);
      this.ctx.fillStyle = css(between(this.look.component(k), this.look.paper, 0.75));
      this.ctx.fill();
      this.stroke(this.look.ink, 0.8);
    });
  }

  describe(i, frame) {
    const { points, frames } = this.scene;
    const [m, e] = frames[frame];
    if (e < 0) return `${this.nameOf(i)}: no centre yet`;
    const away = this.spec.mixtures[m].means.map((mean) => sqrt(squaredDistance(points[i], mean)));
    const nearest = range(away.length).sort((k, l) => away[k] - away[l]).slice(0, 2);
    return `${this.nameOf(i)}: ${nearest.map((k) => `${decimal(away[k], 2)} from centre ${k}`).join(", ")}`;
  }
}

/** Responsibilities of k-means: the share of each point's centre is 1. */
function oneHot(labels, K) {
  return labels.map((label) => range(K).map((k) => Number(k === label)));
}
