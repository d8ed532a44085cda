/* Scenes whose frames Python has made. */

const LONG = [41, 101]; // frames, from which on the player opens at a higher speed

class Recording extends Player {
  build(root, scene, style) {
    super.build(root, scene, style);
    const { length } = scene.frames;
    const pace = LONG.filter((long) => length > long).length;
    if (!pace) return;
    this.speed.value = 2 ** pace;
    this.speed.title = `It starts at ${this.speed.value}×, because there are ${length} pictures.`;
  }

  show(scene, frame) {
    super.show(scene, frame);
    const lines = scene.curve?.lines ?? [];
    this.legend.replaceChildren(...legendItems(lines.length > 1 ? lines : []));
  }

  /** The picture of a plane: points among components or centres, points along a line, or points over a density. */
  picture(canvas, scene, spec) {
    const { cells = false, levels = false, top = false } = spec;
    const Kind = (cells && Cells) || (levels && Levels) || (top && Line) || Plane;
    return new Kind(canvas, scene, spec);
  }

  curveOf(spec) {
    return new ((spec.minima && MinimaCurve) || (spec.log && LogCurve) || Curve)(this.side, spec);
  }

  /** The caption of a frame: the scene's own, or one by its narrator. No line ends between "component" and its number. */
  captionAt(frame) {
    const caption = super.captionAt(frame) ?? NARRATORS[this.scene.narrator](this.scene, this.planes, frame);
    return caption.replace(/(component|centre)\s(?=\d)/g, "$1\u00a0");
  }
}

/** Curves over a logarithmic axis from large to small values, with powers of ten below it. */
class LogCurve extends Curve {
  constructor(canvas, spec) {
    super(canvas, { ...spec, x: spec.x.map((x) => -Math.log10(x)) });
    this.whole = true;
  }

  tickX(x) {
    return String(Number((10 ** -x).toPrecision(1)));
  }
}

/** Curves with a ring at the lowest value of each. */
class MinimaCurve extends Curve {
  drawLine(k, values, now) {
    super.drawLine(k, values, now);
    const lowest = values.indexOf(min(...values));
    this.circle([this.x[lowest], values[lowest]], 9);
    this.stroke(this.look.ink, 1.8);
  }
}
