/* Scenes whose frames Python has made. */

class Recording extends Player {
  show(scene, frame) {
    super.show(scene, frame);
    const lines = scene.curve?.lines ?? [];
    this.legend.replaceChildren(...legendItems(lines.length > 1 ? lines : []));
  }

  /** The picture of a plane: points in the plane, points along a line, or points over a density. */
  picture(canvas, scene, spec) {
    const Kind = spec.levels ? Levels : spec.top === undefined ? Plane : Line;
    return new Kind(canvas, scene, spec);
  }

  curveOf(spec) {
    return new (spec.minima ? MinimaCurve : Curve)(this.side, spec);
  }

  /** The caption of a frame: the scene's own, or one by its narrator. */
  captionAt(frame) {
    return super.captionAt(frame) ?? NARRATORS[this.scene.narrator](this.scene, this.planes, frame);
  }
}

/** Curves with a ring at the lowest value of each. */
class MinimaCurve extends Curve {
  drawLine(k, values, now) {
    super.drawLine(k, values, now);
    const lowest = values.indexOf(Math.min(...values));
    this.circle([this.x[lowest], values[lowest]], 9);
    this.stroke(this.look.ink, 1.8);
  }
}
