/* The playground: the reader adds and moves points, and EM in the page follows. */

const MAX_COMPONENTS = 6;
const GROUP = 30; // points in a new group

class Playground extends Player {
  constructor(host, { points, K, type, seed, ...rest }, style) {
    super(host, playgroundScene(points, null, { K, type, seed, ...rest }), style);
    Object.assign(this, { points, options: { K, type, seed, ...rest } });
  }

  build(root, scene, style) {
    super.build(root, scene, style);
    const { K, type } = scene.options;
    this.components = this.menu("components K", range(MAX_COMPONENTS).map((k) => k + 1), K, (value) => {
      this.restart({ K: Number(value) });
    });
    this.type = this.menu("covariance type", Object.keys(CONSTRAIN), type, (value) => this.restart({ type: value }));
    this.section.insertBefore(
      element("div", { class: "controls" }, [
        ...this.components,
        ...this.type,
        this.button("New start", () => this.restart({ seed: this.options.seed + 1 })),
        this.button("Add a group", () => this.addGroup()),
        this.button("Clear", () => this.change([])),
      ]),
      this.controls
    );
  }

  menu(name, values, chosen, action) {
    const select = element("select", { "aria-label": name });
    for (const value of values) select.append(new Option(value, value, value === chosen, value === chosen));
    select.addEventListener("change", () => action(select.value));
    return [element("label", { "aria-hidden": "true" }, [name]), select];
  }

  /** Run EM from a new start, with changed options. */
  restart(changes) {
    Object.assign(this.options, changes);
    this.pause();
    this.show(playgroundScene(this.points, null, this.options));
  }

  /** Run EM on changed points, from the mixture that is shown. */
  change(points, chosen = -1) {
    const theta = this.scene.planes[0].mixtures[this.scene.frames[this.b][0]];
    this.points = points;
    this.chosen = chosen;
    this.pause();
    this.show(playgroundScene(points, theta.means.length === this.options.K ? theta : null, this.options));
    if (this.last) [this.a, this.b] = [1, 1]; // the points keep their colours: the first E-step is done
    this.update();
  }

  addGroup() {
    const random = seededRandom(1000 + this.points.length);
    const [left, right, bottom, top] = this.scene.planes[0].limits;
    const center = [left + (0.15 + 0.7 * random()) * (right - left), bottom + (0.15 + 0.7 * random()) * (top - bottom)];
    const spread = 0.06 * (top - bottom);
    const group = range(GROUP).map(() => center.map((value) => value + spread * standardNormal(random)));
    this.change([...this.points, ...group]);
  }

  listen(canvas, p) {
    super.listen(canvas, p);
    const at = ({ clientX, clientY }) => {
      const { left, top } = canvas.getBoundingClientRect();
      return [clientX - left, clientY - top];
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.grabbed = this.planes[0].nearest(...at(event));
      if (this.grabbed < 0) this.change([...this.points, this.planes[0].dataAt(...at(event))], this.points.length);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!canvas.hasPointerCapture(event.pointerId) || !(this.grabbed >= 0)) return;
      this.points = this.points.with(this.grabbed, this.planes[0].dataAt(...at(event)));
      this.change(this.points, this.grabbed);
    });
    canvas.addEventListener("pointerup", () => {
      this.grabbed = -1;
    });
  }

  keys(p) {
    const [, , bottom, top] = this.scene.planes[0].limits;
    const nudge = (dx, dy) => () => {
      if (this.chosen < 0) return;
      const [x, y] = this.points[this.chosen];
      this.change(this.points.with(this.chosen, [x + dx, y + dy]), this.chosen);
    };
    const by = (top - bottom) / 40;
    return {
      ...super.keys(p),
      w: nudge(0, by),
      s: nudge(0, -by),
      a: nudge(-by, 0),
      d: nudge(by, 0),
      Enter: () => this.change([...this.points, middleOf(this.scene.planes[0].limits)], this.points.length),
      Delete: () => this.chosen >= 0 && this.change(this.points.toSpliced(this.chosen, 1)),
    };
  }
}

/** EM on the points as a scene of the player: the start, then E and M alternately. */
function playgroundScene(points, theta, options) {
  const { K, type, seed, regCovar } = options;
  const enough = points.length > K;
  const start = theta ?? (enough ? randomStart(points, K, type, seededRandom(seed)) : null);
  const steps = enough ? em(points, start, { type, regCovar }) : [];
  const mixtures = steps.length ? steps.map((step) => step.theta) : [{ weights: [], means: [], covariances: [] }];
  const frames = [[0, -1], ...steps.flatMap((_, i) => (i ? [[i, i - 1], [i, i]] : [[0, 0]]))];
  const values = frames.map(([, colored]) => steps[colored]?.lowerBound ?? null);
  const waiting = enough ? "The start." : `Place more than ${K} points.`;
  return {
    label: options.label,
    note: options.note,
    hint: options.hint,
    options,
    palette: options.palette,
    points,
    frames,
    captions: [waiting, ...steps.flatMap(({ lowerBound }, i) => (i ? [`M-step ${i}.`] : []).concat(eStepCaption(i, lowerBound)))],
    weights: true,
    planes: [{ title: "", xlabel: "x", ylabel: "y", limits: options.limits, mixtures, ellipses: [1, 2], trails: true, numbers: true }],
    curve: {
      x: frames.map(([, colored]) => colored + 1),
      xlabel: "E-step",
      ylabel: "mean log-likelihood",
      grow: true,
      lines: [{ values }],
    },
  };
}

function eStepCaption(i, lowerBound) {
  return `E-step ${i + 1}. Mean log-likelihood ${lowerBound.toFixed(4)}.`;
}

function middleOf([left, right, bottom, top]) {
  return [(left + right) / 2, (bottom + top) / 2];
}

/** One number from N(0, 1), by the Box–Muller transform (1958). */
function standardNormal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
