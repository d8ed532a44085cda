/* The climb of lesson 05: the log-likelihood of one unknown mean, and the bound that EM climbs instead.

   Symbols
     x      n points on a line. Each comes from N(−μ, σ²) or N(+μ, σ²), with probability ½ each
     mu     the unknown mean μ
     r      the responsibility of the side +μ for a point: 1 / (1 + exp(−2 μ x / σ²))
     ELBO   Σ_k q_k log (p(x, k | μ) / q_k), a mean over the points: a parabola in μ for every guess q

   The guess is always r at some place `from`; there the bound touches the log-likelihood. tests/browser compares the
   numbers with NumPy. */

const [SAME, MOST_CLIMBS] = [5e-4, 200]; // EM has arrived when a round moves μ by less: its three decimals stay
const PLACES = 361; // of μ, at which curves are drawn
const LEAST = 34; // pixels for the numbers beside an axis, so that μ is in the same place in both pictures

/** log p(x | μ), the mean over the points. */
function likelihoodAt(mu, { points, sigma }) {
  const joint = (x, side) => log(0.5) + logDensity([x], [side * mu], [[sigma]]);
  return sum(points.map((x) => logSumExp([joint(x, -1), joint(x, 1)]))) / points.length;
}

/** The bound for the responsibilities at `from`: {top, peak, curvature}; it is top − curvature · (μ − peak)². */
function boundFrom(from, { points, sigma }) {
  const n = points.length;
  const right = points.map((x) => 1 / (1 + exp((-2 * from * x) / sigma ** 2)));
  // Σ_k q_k log N(x | ±μ, σ²) is quadratic in μ: its linear part has the mean of q₊ x − q₋ x.
  const peak = sum(points.map((x, i) => (2 * right[i] - 1) * x)) / n;
  const square = sum(points.map((x) => x * x)) / n;
  const entropy = sum(right.map((r) => -xLogX(r) - xLogX(1 - r))) / n;
  const top = log(0.5) - 0.5 * log(2 * PI * sigma ** 2) + entropy - (square - peak ** 2) / (2 * sigma ** 2);
  return { top, peak, curvature: 1 / (2 * sigma ** 2) };
}

/** The model as a mixture. */
function twoSides(mu, { sigma }) {
  return { weights: [0.5, 0.5], means: [[-mu], [mu]], covariances: [[[sigma ** 2]], [[sigma ** 2]]] };
}

function xLogX(value) {
  return value > 0 ? value * log(value) : 0;
}

function boundAt(mu, { top, peak, curvature }) {
  return top - curvature * (mu - peak) ** 2;
}

/** Where EM goes from mu: every M-step goes to the peak of the bound. */
function climb(mu, model) {
  const places = [mu];
  for (;;) {
    const last = places.at(-1);
    const { peak } = boundFrom(last, model);
    places.push(peak);
    if (abs(peak - last) < SAME || places.length > MOST_CLIMBS) return places;
  }
}

class BoundClimber extends Live {
  static begin(given) {
    const [left, right] = rangeWithMargin([...given.points, ...given.limits], 0.05);
    const places = range(PLACES).map((i) => left + ((right - left) * i) / (PLACES - 1));
    return { ...given, range: [left, right], hill: places.map((mu) => [mu, likelihoodAt(mu, given)]) };
  }

  static sceneOf(state) {
    const places = climb(state.mu, state);
    const bounds = places.map((mu) => boundFrom(mu, state));
    const frames = framesOf(places);
    const heights = frames.map(([m, e]) => [likelihoodAt(places[m], state), boundAt(places[m], bounds[e])]);
    return {
      ...state,
      state,
      points: state.points.map((x) => [x]),
      frames,
      captions: frames.map((_, at) => climbCaption(places, frames, heights, at)),
      planes: [
        { bounds, mixtures: places.map((mu) => ({ means: [[mu]] })) },
        {
          name: "strip",
          ylabel: "density",
          xlabel: "points, and the two densities at −μ and μ",
          mixtures: places.map((mu) => twoSides(mu, state)),
          ellipses: [],
          histogram: [],
          top: 0.45 / state.sigma, // at μ = 0 the sum of both is 0.4 / σ
          below: 0.4,
          range: state.range,
          least: LEAST,
        },
      ],
      curve: {
        x: range(frames.length),
        xlabel: "step",
        ylabel: "mean over the points",
        grow: true,
        abyss: Infinity, // the start is the reader's: it is always shown
        lines: ["log-likelihood", "bound"].map((name, k) => ({ name, values: heights.map((pair) => pair[k]) })),
      },
    };
  }

  picture(canvas, scene, spec) {
    return new (spec.bounds ? Hill : Line)(canvas, scene, spec);
  }

  build(root, scene, style) {
    super.build(root, scene, style);
    this.eButton = this.button("E: make the bound touch", () => this.take(true));
    this.mButton = this.button("M: go to its maximum", () => this.take(false));
    this.legend.append(...legendItems(scene.curve.lines));
    this.addControls([this.eButton, this.mButton, this.makeUndo()]);
  }

  update() {
    super.update();
    disable(this.eButton, this.touches || this.b === this.last);
    disable(this.mButton, !this.touches || this.b === this.last);
  }

  /** Whether the bound touches the log-likelihood at μ, as after an E-step. */
  get touches() {
    const [m, e] = this.indices;
    return m === e;
  }

  /** Take the next step, if it is an E-step (true) or an M-step (false): a change, which undo takes back. */
  take(isE) {
    if (this.b === this.last) return;
    if (this.touches === isE) {
      this.caption.textContent = isE ? "The bound touches here already: M goes to its maximum." : "The bound is highest here: E makes it touch.";
      return;
    }
    this.change({}, isE ? "E-step" : "M-step", this.b);
    this.step(1);
  }

  /** A climb is shown from its start. */
  put(state, frame = 0) {
    super.put(state, frame);
  }

  get shown() {
    return this.state;
  }

  /** Only in the first picture can μ be dragged. */
  listen(canvas, p) {
    (p ? Player : Live).prototype.listen.call(this, canvas, p);
  }

  /** Above the dip between the hills. */
  get invitingAt() {
    return this.plane.box.top + 16;
  }

  // ── The handle: μ ───────────────────────────────────────────────────────────────────────────────

  /** A mouse takes μ from everywhere; a finger beside it scrolls the page. */
  grab([px], reach) {
    return reach < FINGER || abs(px - this.plane.px(this.mu)) <= reach ? this.selected : null;
  }

  get jumps() {
    return true;
  }

  /** Where μ is in the frame on the page. */
  get mu() {
    return this.means[0][0];
  }

  get selected() {
    return "μ";
  }

  pointOf() {
    return [this.mu, 0];
  }

  move(_, [mu]) {
    this.change({ mu }, "μ moved");
  }

  tap(point) {
    this.move(null, point);
  }

  get stride() {
    const [left, right] = this.scene.limits;
    return (right - left) / 64;
  }

  keys(p) {
    return {
      ...super.keys(p),
      ArrowLeft: () => this.nudge(-1, 0),
      ArrowRight: () => this.nudge(1, 0),
      e: () => this.take(true),
      m: () => this.take(false),
    };
  }
}

/** The log-likelihood of every μ, a bound below it, and the place where EM is. */
class Hill extends Panel {
  constructor(canvas, scene, spec) {
    const [left, right] = scene.limits;
    const heights = scene.hill.filter(([mu]) => left <= mu && mu <= right).map(([, height]) => height);
    const [low, high] = [min(...heights), max(...heights)];
    const limits = [...scene.range, low - 0.45 * (high - low), high + 0.15 * (high - low)];
    super(canvas, { limits, least: LEAST, xlabel: "μ", ylabel: "mean log-likelihood" });
    Object.assign(this, { scene, spec });
  }

  draw(look, a, b, t) {
    this.begin(look);
    const { ctx, scene, spec } = this;
    const [from, to] = [a, b].map((frame) => scene.frames[frame]);
    const mu = between(...[from, to].map(([m]) => spec.mixtures[m].means[0][0]), t);
    const bound = (place) => between(...[from, to].map(([, e]) => boundAt(place, spec.bounds[e])), t);
    const [top, bottom] = [likelihoodAt(mu, scene.state), bound(mu)];
    this.clipped(() => {
      this.drawGap(mu, bottom, top);
      this.casedLine(scene.hill, look.ink, 2.4);
      ctx.setLineDash(DASHES[1]);
      this.casedLine(scene.hill.map(([place]) => [place, bound(place)]), look.ink);
      ctx.setLineDash([]);
      for (const [k, height] of [top, bottom].entries()) {
        this.mark(MARKERS[k], [mu, height], 6, look.paper, look.ink);
      }
    });
  }

  /** A pale line at μ, for the hand, and a thick one from the bound up to the log-likelihood. */
  drawGap(mu, bottom, top) {
    const { look, limits } = this;
    this.path([[mu, limits[2]], [mu, limits[3]]]);
    this.stroke(look.pale, 1, 0.6);
    this.path([[mu, bottom], [mu, top]]);
    this.stroke(look.component(5), 5);
    const height = this.py(bottom) - this.py(top);
    if (height > 16) this.write("gap", this.px(mu) + 10, this.py(bottom) - height / 2, "left", "middle");
  }

  /* There are no points to point at. */
  nearest() {
    return -1;
  }

  towards() {
    return -1;
  }

  placesOf() {
    return ""; // the caption says where μ is
  }
}

/** What a step did to the bound and to the log-likelihood. */
function climbCaption(places, frames, heights, at) {
  const [m, e] = frames[at];
  const [top, bottom] = heights[at];
  const mu = `μ = ${decimal(places[m], 3)}`;
  if (!at) return `${mu}. The bound touches the log-likelihood, ${decimal(top, 4)}.`;
  const [topBefore, bottomBefore] = heights[at - 1];
  const rise = byText(bottom - bottomBefore);
  const rises = at === frames.length - 1 ? "nothing changes any more" : `the bound rises by ${rise} and touches again`;
  if (m === e) return `E-step ${m}: ${rises}. ${mu} stays.`;
  if (abs(places[m] - places[m - 1]) < SAME) return `M-step ${m}: the bound is highest where μ already is. EM stays at ${mu}.`;
  const gap = decimal(top - bottom, 4);
  const opens = Number(gap) ? `a gap of ${gap} opens` : "no visible gap opens";
  return `M-step ${m}: ${mu}. The bound rises by ${rise}, the log-likelihood by ${byText(top - topBefore)}; ${opens}.`;
}

function byText(rise) {
  return rise < 5e-5 ? "less than 0.0001" : decimal(rise, 4);
}
