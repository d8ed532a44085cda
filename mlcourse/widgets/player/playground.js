/* The playground: the reader adds and moves points, pulls at the means, and EM follows. */

const MAX_COMPONENTS = 6;
const GROUP = 30; // points in a new group
const [SETTLED, MOST_ROUNDS] = [1e-6, 500]; // EM has converged when a round gains less
const REMEMBERED = 100; // rounds, while something is held
const [ORIGINAL, EDITED] = ["original points", ""];

class Playground extends Live {
  static begin(given) {
    return settled(started({ ...given, original: given.points, data: ORIGINAL, limits: limitsOf(given) }));
  }

  static sceneOf(state) {
    const { steps } = state;
    const [xlabel, ylabel] = state.preset ? ["x", "y"] : state.features;
    const frames = framesOf(steps);
    return {
      ...state,
      state,
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
        leastWidth: 4,
        xlabel: "round of EM",
        ylabel: "mean log-likelihood",
        leastHeight: 1e-3,
        grow: true,
        marks: state.released ? [steps[state.released.at].round] : [],
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
    this.compare.addEventListener("change", () => this.update());
    const rare = element("div", { class: "controls" }, [
      labelled("points", this.data),
      this.button("Add a group", () => this.edit([...this.state.points, ...this.newGroup()], -1, "Add a group")),
      this.button("Clear", () => this.edit([], -1, "Clear")),
      labelled("covariance type", this.type),
      element("label", {}, [this.compare, "what k-means would do"]),
    ]);
    this.addControls([
      labelled("components", this.components),
      this.button("New start", () => this.restart({ seed: this.state.seed + 1 }, "New start")),
      this.makeUndo(),
      element("details", {}, [element("summary", {}, ["More: data, type, k-means"]), rare]),
    ]);
  }

  captionAt(frame) {
    const { state } = this;
    const [m, e] = this.scene.frames[frame];
    if (this.holding && state.steps.length) return holdingText(state, nameOf(this.held));
    if (m === e && m === state.released?.at) return releasedText(state);
    return captionOf(state, [m, e], this.rival);
  }

  undone(what) {
    const step = this.state.steps[this.indices[0]];
    return `Undone: back to ${what ? "the picture before" : "round"} ${what || (step?.round ?? 0)}.`;
  }

  /** At the end of a run there is nothing to play, since EM has converged. */
  get canPlay() {
    return this.playing || this.b < this.last;
  }

  update() {
    const { state } = this;
    this.rival = this.compare.checked && state.steps.length ? kmeansBeside(state, this.rival) : null;
    super.update();
    this.data.value = state.data;
    this.components.value = state.K;
    this.type.value = state.type;
  }

  get meanName() {
    return "mean of component";
  }

  /** After the place of a mean: what is still to come. */
  get outlook() {
    const rounds = this.state.steps.length - 1 - this.indices[0];
    return rounds > 0 ? `; from here, EM takes ${counted(rounds, "round")}` : "";
  }

  // ── EM, live ────────────────────────────────────────────────────────────────────────────────────

  /** Take a round of EM per picture while something is held. */
  follow() {
    if (this.following) return;
    this.following = true;
    const tick = () => {
      this.following = this.holding && this.host.isConnected;
      if (!this.following) return;
      if (!this.state.converged) this.put(afterRound(this.state, this.held));
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  /** A change is complete. The rounds of EM from here are ready; they are played if EM was playing. */
  drop() {
    const { state, last, held } = this;
    super.drop();
    const released = held && state.steps.length && { at: state.steps.length - 1, name: nameOf(held) };
    this.put(settled({ ...state, released, converged: !state.steps.length }), last);
    if (this.goesOn) this.play();
  }

  // ── Changes ─────────────────────────────────────────────────────────────────────────────────────

  /** EM goes on from the mixture on the page, and needs no step before it. */
  get shown() {
    const before = super.shown;
    return { ...before, steps: before.steps.slice(-1), released: null, what: "" };
  }

  /** Start EM anew, with changed options. It stands at its start. */
  restart(changes, name = "that choice") {
    this.rival = null;
    this.change(started({ ...this.shown, ...changes, what: name }));
    this.goesOn = false;
    this.drop();
  }

  load(data) {
    const { original, limits } = this.state;
    this.restart({ data, preset: data !== ORIGINAL, points: data === ORIGINAL ? original : presetPoints(data, limits) });
  }

  /** Change the points; EM goes on from where it is. */
  edit(points, chosen = -1, name = "") {
    [this.chosen, this.mean] = [chosen, -1];
    this.change(continued({ ...this.shown, points, data: EDITED, what: name }));
    this.drop();
  }

  tap(point) {
    this.edit([...this.state.points, point], this.state.points.length);
  }

  /** Move a point or a mean. While it is held, the rounds since it was taken are kept. */
  move({ point = -1, mean = -1 }, to) {
    const state = this.dragging ? { ...this.state, steps: this.state.steps.slice(-REMEMBERED) } : this.shown;
    [this.chosen, this.mean] = [point, mean];
    if (mean < 0) {
      this.change(continued({ ...state, points: state.points.with(point, to), data: EDITED }));
    } else {
      const { theta } = state.steps.at(-1);
      this.change(continued(state, { ...theta, means: theta.means.with(mean, to) }));
    }
    this.follow();
  }

  newGroup() {
    const random = seededRandom(1000 + this.state.points.length);
    const [left, right, bottom, top] = this.planes[0].limits;
    const center = [[left, right], [bottom, top]].map(([low, high]) => between(low, high, 0.15 + 0.7 * random()));
    const spread = 0.06 * (top - bottom);
    return range(GROUP).map(() => center.map((value) => value + spread * standardNormal(random)));
  }

  // ── Handles: points and means ───────────────────────────────────────────────────────────────────

  grab(place, reach) {
    const point = this.planes[0].nearest(...place, reach);
    return super.grab(place, reach) ?? (point >= 0 ? { point } : null);
  }

  get selected() {
    return super.selected ?? (this.state.points[this.chosen] ? { point: this.chosen } : null);
  }

  pointOf(handle) {
    return this.state.points[handle.point] ?? super.pointOf(handle);
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
      Delete: () => points[this.chosen] && this.edit(points.toSpliced(this.chosen, 1)),
    };
  }
}

// ── EM on a state ────────────────────────────────────────────────────────────────────────────────

/** The state with EM at a random start. */
function started(state) {
  const { points, K, type, seed } = state;
  const enough = points.length > K;
  const theta = enough ? randomStart(points, K, type, seededRandom(seed)) : null;
  return { ...state, steps: enough ? [{ ...judged(points, theta), round: 1 }] : [], converged: !enough };
}

/** The state with its last step made anew, for changed points or a changed mixture; without a step, a start. */
function continued(state, theta = state.steps.at(-1)?.theta) {
  const { points, steps, K } = state;
  if (!theta || points.length <= K) return started(state);
  const step = { ...judged(points, theta), round: steps.length > 1 ? steps.at(-1).round : 1 };
  if (!Number.isFinite(step.lowerBound)) return started(state);
  return { ...state, steps: [...steps.slice(0, -1), step], converged: false };
}

/** The state after one more round of EM. A component that is held by its mean stays: alone it would soon be empty. */
function afterRound(state, held = null) {
  const { points, steps } = state;
  const last = steps.at(-1);
  let next = emRound(points, last.R, state);
  if (held?.mean >= 0) {
    next = judged(points, withComponent(held.mean, last.theta, next.theta));
  }
  const gain = Math.abs(next.lowerBound - last.lowerBound);
  if (!(gain >= SETTLED) || steps.length > MOST_ROUNDS) return { ...state, converged: true };
  return { ...state, steps: [...steps, { ...next, round: last.round + 1 }] };
}

/** Mixture theta with component k as it was before. */
function withComponent(k, before, theta) {
  const keep = (name) => theta[name].with(k, before[name][k]);
  const rest = (1 - before.weights[k]) / (1 - theta.weights[k]);
  const weights = theta.weights.map((weight, j) => (j === k ? before.weights[k] : weight * rest));
  return { weights, means: keep("means"), covariances: keep("covariances") };
}

/** The state after all rounds of EM. */
function settled(state) {
  while (!state.converged) state = afterRound(state);
  return state;
}

/** Where Lloyd's algorithm ends: it starts at the means of EM, and goes on from its own centres when points move. */
function kmeansBeside({ points, steps, K }, before) {
  const start = before?.length === K ? before : steps[0].theta.means;
  return lloyd(points, start).at(-1).centers;
}

// ── In words ─────────────────────────────────────────────────────────────────────────────────────

function nameOf({ point, mean }) {
  return mean >= 0 ? `the mean of component ${mean}` : `point ${point}`;
}

/** What goes on while something is held. */
function holdingText({ steps, converged }, name) {
  const { round, lowerBound } = steps.at(-1);
  const now = `${converged ? "has settled" : "goes on"}: round ${round}, mean log-likelihood ${decimal(lowerBound, 4)}`;
  return `While you hold ${name}, EM ${now}. Moving it can lower this number.`;
}

/** What came of holding something. */
function releasedText({ steps, before, released: { at, name } }) {
  const [then, now] = [before.steps[(before.at + 1) >> 1], steps[at]].map(({ lowerBound }) => decimal(lowerBound, 4));
  const next = at < steps.length - 1 ? "Press Play to go on." : "EM has converged.";
  return `You let go of ${name} in round ${steps[at].round} (dotted line): mean log-likelihood ${now}, before ${then}. ${next}`;
}

/** What a step did, and how k-means would group the points. */
function captionOf({ points, steps, K, converged }, [m, e], rival) {
  if (e < 0) return `Place more than ${K} points: EM needs more points than components.`;
  const [before, { theta, R, lowerBound, round }] = [steps[m - 1], steps[m]];
  if (m > e) {
    const paths = theta.means.map((mean, k) => Math.sqrt(squaredDistance(mean, before.theta.means[k])));
    const longest = Math.max(...paths);
    return `M-step ${round - 1}: component ${paths.indexOf(longest)} moves most, its mean by ${significant(longest, 2)}.`;
  }
  const n = before ? R.filter((shares, i) => likeliest(shares) !== likeliest(before.R[i])).length : R.length;
  const what = before ? `${n ? counted(n, "point") : "no point"} ${n > 1 ? "get" : "gets"} a new likeliest component` : "every point gets its responsibilities";
  const likelihood = rival ? "" : `; mean log-likelihood ${decimal(lowerBound, 4)}`; // else, three lines on a small screen
  const texts = [`E-step ${round}: ${what}${likelihood}.`];
  if (converged && m === steps.length - 1) texts.push(m < MOST_ROUNDS ? "EM has converged." : "EM stops here.");
  if (rival) texts.push(differenceText(R.map(likeliest), assign(points, rival)));
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
