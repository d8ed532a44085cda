/* The playground: the reader adds and moves points, pulls at the means, and EM follows. */

const MAX_COMPONENTS = 6;
const GROUP = 30; // points in a new group
const ROUNDS_PER_SECOND = 40; // of EM, at speed 1
const MOST_PER_PICTURE = 4; // after a hiccup EM does not race
const [SETTLED, MOST_ROUNDS] = [1e-6, 500]; // EM has converged when a round gains less
const REMEMBERED = 100; // rounds, while something is held
const [ORIGINAL, EDITED] = ["original points", ""];

class Playground extends Live {
  static begin(given) {
    let state = started({ ...given, original: given.points, data: ORIGINAL });
    while (!state.converged) state = afterRound(state);
    const thetas = state.steps.map(({ theta }) => theta);
    const ellipses = thetas.flatMap(({ means, covariances }) => means.flatMap((mean, k) => ellipsePoints(mean, covariances[k], 2)));
    return { ...state, limits: limitsOf({ points: [...given.points, ...ellipses] }) };
  }

  static sceneOf(state) {
    const { steps, comparing } = state;
    const ghost = comparing && steps.length ? kmeansBeside(state) : null;
    const [xlabel, ylabel] = state.preset ? ["x", "y"] : state.features;
    const frames = framesOf(steps);
    return {
      ...state,
      state: { ...state, ghost },
      frames,
      weights: true,
      planes: [
        {
          title: "",
          xlabel,
          ylabel,
          limits: state.limits,
          mixtures: steps.length ? steps.map(({ theta }) => theta) : [{ weights: [], means: [], covariances: [] }],
          ellipses: [1, 2],
          trails: true,
          numbers: true,
        },
      ],
      curve: {
        x: frames.map(([, e]) => steps[e]?.round ?? 0),
        xlabel: "round of EM",
        ylabel: "mean log-likelihood",
        grow: true,
        lines: [{ values: frames.map(([, e]) => steps[e]?.lowerBound ?? null) }],
      },
    };
  }

  // ── The elements of the page ────────────────────────────────────────────────────────────────────

  build(root, scene, style) {
    super.build(root, scene, style);
    this.controls.before(this.note);
    this.data = this.menu([ORIGINAL, ...Object.keys(PRESETS)], (data) => this.load(data));
    this.data.append(new Option("your points", EDITED));
    this.data.lastChild.hidden = true;
    this.components = this.menu(range(MAX_COMPONENTS).map((k) => k + 1), (K) => this.restart({ K: Number(K) }));
    this.type = this.menu(Object.keys(CONSTRAIN), (type) => this.restart({ type }));
    this.compare = element("input", { type: "checkbox" });
    this.compare.addEventListener("change", () => {
      this.put({ ...this.state, comparing: this.compare.checked }, this.b);
    });
    this.addControls(
      [
        element("label", {}, ["components", this.components]),
        this.button("New start", () => this.restart({ seed: this.state.seed + 1 })),
        this.makeUndo(),
      ],
      "More: points, covariance type, k-means",
      [
        element("label", {}, ["points", this.data]),
        this.button("Add a group", () => this.edit([...this.state.points, ...this.newGroup()])),
        this.button("Clear", () => this.edit([])),
        element("label", {}, ["covariance type", this.type]),
        element("label", {}, [this.compare, "what k-means would do"]),
      ]
    );
    this.status = element("p", { class: "caption", "aria-live": "polite" });
    this.caption.after(this.status);
  }

  /** The E-steps are done already. */
  picture(canvas, scene, spec) {
    const plane = super.picture(canvas, scene, spec);
    plane.shares = new Map(scene.state.steps.map(({ R }, i) => [i, R]));
    return plane;
  }

  captionAt(frame) {
    return captionOf(this.state, this.scene.frames[frame]);
  }

  update() {
    super.update();
    const { data, K, type, comparing } = this.state;
    this.status.setAttribute("aria-live", this.playing ? "off" : "polite");
    this.status.textContent = statusOf(this.state, this.scene.frames[this.b][0], this.b === this.last);
    this.data.value = data;
    this.components.value = K;
    this.type.value = type;
    this.compare.checked = Boolean(comparing);
  }

  get meanName() {
    return "mean";
  }

  get rival() {
    return this.state.ghost;
  }

  get canPlay() {
    return super.canPlay || !this.state.converged;
  }

  // ── EM, live ────────────────────────────────────────────────────────────────────────────────────

  /** Take one round of EM after another, several per second, until it has converged or the reader pauses. */
  run() {
    if (this.state.converged) return;
    this.playing = true;
    this.elapsed = -Infinity; // the clock of the player waits
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) this.rounds(MOST_ROUNDS);
    if (this.flowing) return;
    this.flowing = true;
    let [before, due] = [performance.now(), 0];
    const tick = (now) => {
      due = Math.min(due + ((now - before) / 1000) * ROUNDS_PER_SECOND * Number(this.speed.value), MOST_PER_PICTURE);
      before = now;
      if (this.playing && due >= 1) this.rounds(Math.floor(due));
      due %= 1;
      this.flowing = this.playing && this.host.isConnected;
      if (this.flowing) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  /** Take n rounds of EM, or fewer if it converges, and show where they lead. */
  rounds(n) {
    let { state } = this;
    for (let i = 0; i < n && !state.converged; i++) state = afterRound(state, this.held);
    this.playing = !state.converged;
    this.put(state);
  }

  play() {
    if (this.state.converged || this.b < this.last) super.play();
    else this.run();
  }

  /** The mixture before the change is back, and stays until the reader presses Play. */
  undo() {
    super.undo();
    this.put({ ...this.state, comparing: this.compare.checked });
  }

  // ── Changes ─────────────────────────────────────────────────────────────────────────────────────

  /** EM goes on from the mixture on the page, and needs no step before it. */
  get shown() {
    const shown = super.shown;
    return { ...shown, steps: shown.steps.slice(-1), converged: shown.converged && this.b === this.last };
  }

  /** Start EM anew, with changed options. */
  restart(changes) {
    this.change(started({ ...this.state, ...changes, ghost: null }));
    this.run();
  }

  load(data) {
    const { original, limits } = this.state;
    this.restart({ data, preset: data !== ORIGINAL, points: data === ORIGINAL ? original : presetPoints(data, limits) });
  }

  /** Change the points; EM goes on from where it is. */
  edit(points, chosen = -1) {
    [this.chosen, this.mean] = [chosen, -1];
    this.change(continued({ ...this.shown, points, data: EDITED }));
    this.run();
  }

  tap(point) {
    this.edit([...this.state.points, point], this.state.points.length);
  }

  /** Move a point or a mean. While it is held, the curve keeps the rounds since it was taken. */
  move({ point = -1, mean = -1 }, to) {
    const { state } = this;
    const steps = this.held ? state.steps.slice(-REMEMBERED) : this.shown.steps;
    [this.chosen, this.mean] = [point, mean];
    if (mean < 0) {
      this.change(continued({ ...state, steps, points: state.points.with(point, to), data: EDITED }));
    } else {
      const { theta } = steps.at(-1);
      this.change(continued({ ...state, steps }, { ...theta, means: theta.means.with(mean, to) }));
    }
    this.run();
  }

  drop() {
    super.drop();
    this.put(continued(this.shown));
    this.run();
  }

  newGroup() {
    const random = seededRandom(1000 + this.state.points.length);
    const [left, right, bottom, top] = this.planes[0].limits;
    const center = [left + (0.15 + 0.7 * random()) * (right - left), bottom + (0.15 + 0.7 * random()) * (top - bottom)];
    const spread = 0.06 * (top - bottom);
    return range(GROUP).map(() => center.map((value) => value + spread * standardNormal(random)));
  }

  // ── Handles: points and means ───────────────────────────────────────────────────────────────────

  grab(place, reach) {
    const mean = this.nearestMean(place, reach);
    if (mean >= 0) return { mean };
    const point = this.planes[0].nearest(...place, reach);
    return point >= 0 ? { point } : null;
  }

  get selected() {
    if (this.means[this.mean]) return { mean: this.mean };
    return this.chosen >= 0 ? { point: this.chosen } : null;
  }

  pointOf({ point, mean }) {
    return mean >= 0 ? this.means[mean] : this.state.points[point];
  }

  choose(i, p) {
    if (i >= 0) this.mean = -1;
    super.choose(i, p);
  }

  keys(p) {
    const digits = this.means.map((_, k) => [k, () => this.chooseMean(k)]);
    const { points } = this.state;
    return {
      ...super.keys(p),
      ...Object.fromEntries(digits),
      n: () => this.tap(middleOf(this.scene.planes[0].limits)),
      Delete: () => this.chosen >= 0 && this.edit(points.toSpliced(this.chosen, 1)),
    };
  }
}

// ── EM on a state ────────────────────────────────────────────────────────────────────────────────

/** The state with EM at a random start. */
function started(state) {
  const { points, K, type, seed } = state;
  const enough = points.length > K;
  const theta = enough ? randomStart(points, K, type, seededRandom(seed)) : null;
  return { ...state, steps: enough ? [firstStep(points, theta)] : [], converged: !enough };
}

/** The state with its last step made anew, for changed points or a changed mixture; without a step, a start. */
function continued(state, theta = state.steps.at(-1)?.theta) {
  const { points, steps, K } = state;
  if (!theta || points.length <= K) return started(state);
  const step = { ...firstStep(points, theta), round: steps.length > 1 ? steps.at(-1).round : 1 };
  if (!Number.isFinite(step.lowerBound)) return started(state);
  return { ...state, steps: [...steps.slice(0, -1), step], converged: false };
}

/** The state after one more round of EM. A mean that is held does not move. */
function afterRound(state, held = null) {
  const { points, steps } = state;
  const last = steps.at(-1);
  let next = emRound(points, last.R, state);
  if (held?.mean >= 0) {
    const means = next.theta.means.with(held.mean, last.theta.means[held.mean]);
    next = judged(points, { ...next.theta, means });
  }
  const gain = Math.abs(next.lowerBound - last.lowerBound);
  if (!(gain >= SETTLED) || steps.length > MOST_ROUNDS) return { ...state, converged: true };
  return { ...state, steps: [...steps, { ...next, round: last.round + 1 }] };
}

function firstStep(points, theta) {
  return { ...judged(points, theta), round: 1 };
}

/** Where Lloyd's algorithm ends: it starts at the means of EM, and goes on from its own centres when points move. */
function kmeansBeside({ points, steps, K, ghost }) {
  const start = ghost?.length === K ? ghost : steps[0].theta.means;
  return lloyd(points, start).at(-1).centers;
}

// ── In words ─────────────────────────────────────────────────────────────────────────────────────

/** What a half step did. */
function captionOf({ steps, K }, [m, e]) {
  if (e < 0) return `Place more than ${K} points: EM needs more points than components.`;
  const [before, { theta, R, lowerBound, round }] = [steps[m - 1], steps[m]];
  if (m > e) {
    const paths = theta.means.map((mean, k) => Math.sqrt(squaredDistance(mean, before.theta.means[k])));
    const longest = Math.max(...paths);
    return `M-step ${round - 1}: mean ${paths.indexOf(longest)} moves most, by ${significant(longest, 2)}.`;
  }
  const n = before ? R.filter((shares, i) => likeliest(shares) !== likeliest(before.R[i])).length : R.length;
  const who = n > 1 ? `${n} points change their` : `${n ? "1" : "no"} point changes its`;
  const what = before ? `${who} likeliest component` : "every point gets its responsibilities";
  return `E-step ${round}: ${what}; mean log-likelihood ${decimal(lowerBound, 4)}.`;
}

function statusOf({ points, steps, converged, ghost }, shown, isLast) {
  if (!steps.length) return "";
  const texts = [`EM ${converged && isLast ? "has converged" : "is"} in round ${steps[shown].round}.`];
  if (ghost) texts.push(differenceText(steps.at(-1).R.map(likeliest), assign(points, ghost)));
  return texts.join(" ");
}

/** How many points change their group, when the groups are numbered so that as few as possible do. */
function differenceText(ours, theirs) {
  const groups = range(Math.max(...ours, ...theirs) + 1);
  const table = groups.map((k) => groups.map((l) => ours.filter((label, i) => label === k && theirs[i] === l).length));
  return `k-means would group ${ours.length - agreement(table)} of ${ours.length} points differently.`;
}

/** The largest sum of one number per row, each from another column. There are at most 6! ways. */
function agreement([row, ...rows], taken = []) {
  if (!row) return 0;
  return Math.max(...row.map((count, l) => (taken.includes(l) ? 0 : count + agreement(rows, [...taken, l]))));
}

function middleOf([left, right, bottom, top]) {
  return [(left + right) / 2, (bottom + top) / 2];
}
