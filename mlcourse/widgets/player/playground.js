/* The playground: the reader adds and moves points, pulls at the means, and EM follows. */

const GROUP = 30; // points in a new group
const [SETTLED, MOST_ROUNDS] = [1e-6, 500]; // EM has converged when a round gains less
const REMEMBERED = 100; // rounds, while something is held
const [ORIGINAL, EDITED] = ["original points", ""];
const FRESH = { round: 1, gained: 0 }; // gained: by the rounds of EM before

class Playground extends Live {
  static begin(given) {
    const { points, K } = given;
    return inView(settled(started({ ...given, original: { points, K }, data: ORIGINAL })));
  }

  static sceneOf(state) {
    const { steps } = state;
    const [xlabel, ylabel] = state.preset ? ["feature 1", "feature 2"] : state.features;
    const frames = framesOf(steps);
    return {
      ...state,
      state,
      frames,
      planes: [
        {
          xlabel,
          ylabel,
          limits: state.limits,
          mixtures: steps.length ? steps.map(({ theta }) => theta) : [{ weights: [], means: [], covariances: [] }],
          ellipses: [1, 2],
          trails: true,
          numbers: true,
          rivalName: "k-means",
        },
      ],
      curve: {
        x: frames.map(([, e]) => steps[e]?.round ?? 0),
        leastWidth: 4,
        xlabel: "round of EM",
        ylabel: state.likelihood,
        leastHeight: 1e-3,
        grow: true,
        mark: state.told?.held && steps[state.told.at].round,
        markName: "your change",
        lines: [{ values: frames.map(([, e]) => steps[e]?.lowerBound ?? null) }],
      },
    };
  }

  // ── The elements of the page ────────────────────────────────────────────────────────────────────

  build(root, scene, style) {
    super.build(root, scene, style);
    this.data = this.menu([ORIGINAL, ...Object.keys(PRESETS)], (data) => this.load(data));
    this.data.append(new Option("your points", EDITED));
    this.data.lastChild.hidden = true;
    this.components = this.menu([1, 2, 3, 4, 5, 6], (K) => this.restart({ K: Number(K) }, counted(Number(K), "component")));
    this.type = this.menu(Object.keys(CONSTRAIN), (type) => this.restart({ type }, `type ${type}`));
    this.compare = element("input", { type: "checkbox" });
    on(this.compare, "change", () => this.update());
    on(this.canvases[0], "dblclick", ({ offsetX, offsetY }) => this.remove(this.grab([offsetX, offsetY], REACH)?.point));
    const rare = row([
      labelled("points", this.data),
      this.button("Add a group", () => this.addGroup()),
      this.button("Clear", () => this.edit([], "points cleared")),
      labelled("covariance type", this.type),
      element("label", {}, [this.compare, "what k-means would do"]),
    ]);
    this.addControls([
      labelled(this.say("components"), this.components),
      this.button("New start", () => this.restart({ seed: this.state.seed + 1 })),
      this.makeUndo(),
      folded("More: data, type, k-means", rare),
    ]);
  }

  /** While something is held, points or a mean change between the rounds: no line joins their values. */
  curveOf(spec) {
    return super.curveOf(this.holding ? { ...spec, mark: Infinity } : spec);
  }

  captionAt(frame) {
    const { state } = this;
    const [m, e] = this.scene.frames[frame];
    if (this.holding && state.steps.length) return holdingText(state, this.held);
    if (m === e && m === state.told?.at) return toldText(state);
    return captionOf(state, [m, e], this.rival);
  }

  /** At the end of a run there is nothing to play, since EM has converged. */
  get canPlay() {
    return this.playing || this.canStep;
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

  /** A change is complete: the caption tells of it. The rounds of EM from here are played if EM was playing. */
  drop() {
    const { state, last, held } = this;
    super.drop();
    const n = state.steps.length;
    this.put(settled({ ...state, told: n && { at: n - 1, held }, converged: !n }), last);
    if (this.goesOn) this.play();
  }

  // ── Changes ─────────────────────────────────────────────────────────────────────────────────────

  /** EM goes on from the mixture on the page, and needs no step before it. */
  get shown() {
    const before = super.shown;
    return { ...before, steps: before.steps.slice(-1), told: null };
  }

  /** Start EM anew, with changed options. It stands at its start. */
  restart(changes, what = "new start") {
    this.rival = null;
    this.change(started({ ...this.shown, ...changes }), what);
    this.put(settled(this.state), 0);
  }

  /** Start EM anew on the original points or on a preset, in a view that fits them; no point or mean stays chosen. */
  load(data) {
    this.chooseMean(-1);
    const preset = data !== ORIGINAL;
    const given = preset ? presetOf(data) : this.state.original;
    this.restart({ ...given, data, preset }, data);
    this.put(inView(this.state), 0);
  }

  /** Change the points; EM goes on from where it is. */
  edit(points, what, chosen = -1) {
    [this.chosen, this.mean] = [chosen, -1];
    this.change(continued({ ...this.shown, points, data: EDITED }), what);
    this.drop();
  }

  tap(point) {
    const { points } = this.state;
    this.edit([...points, point], `point ${points.length} added`, points.length);
  }

  /** Move a point or a mean. While it is held, the rounds since it was taken are kept. */
  move(handle, to) {
    const { point = -1, mean = -1 } = handle;
    const what = `${nameOf(handle)} moved`;
    const state = this.dragging ? { ...this.state, steps: this.state.steps.slice(-REMEMBERED) } : this.shown;
    [this.chosen, this.mean] = [point, mean];
    if (mean < 0) {
      this.change(continued({ ...state, points: state.points.with(point, to), data: EDITED }), what);
    } else {
      const { theta } = state.steps.at(-1);
      this.change(continued(state, { ...theta, means: theta.means.with(mean, to) }), what);
    }
    this.follow();
  }

  /** Components that have only seen the points before could stay on a few of them for ever, so EM starts anew. */
  addGroup() {
    const { points } = this.state;
    const random = seededRandom(1000 + points.length);
    const [left, right, bottom, top] = this.plane.limits;
    const center = [[left, right], [bottom, top]].map((ends) => between(...ends, 0.15 + 0.7 * random()));
    const spread = 0.06 * (top - bottom);
    const group = range(GROUP).map(() => center.map((value) => value + spread * standardNormal(random)));
    this.restart({ points: [...points, ...group], data: EDITED }, "group added");
  }

  // ── Handles: points and means ───────────────────────────────────────────────────────────────────

  grab(place, reach) {
    const point = this.plane.nearest(...place, reach);
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
    return {
      ...super.keys(p),
      ...Object.fromEntries(digits),
      n: () => this.tap(middleOf(this.plane.limits)),
      Delete: () => this.remove(this.chosen),
    };
  }

  /** Remove point i; say why nothing happens if no point is chosen. */
  remove(i) {
    const { points } = this.state;
    if (points[i]) this.edit(points.toSpliced(i, 1), `point ${i} removed`);
    else this.caption.textContent = this.say("Only points can be removed.");
  }
}

// ── EM on a state ────────────────────────────────────────────────────────────────────────────────

/** The state with EM at a random start. */
function started(state) {
  const { points, K, type, seed } = state;
  const enough = points.length > K;
  const theta = enough ? randomStart(points, K, type, seededRandom(seed)) : null;
  return { ...state, steps: enough ? [{ ...judged(points, theta), ...FRESH }] : [], converged: !enough };
}

/** The state in a view that fits its points and the start of EM. */
function inView(state) {
  return { ...state, limits: limitsOf(state, state.steps[0]?.theta) };
}

/** The state with its last step made anew, for changed points or a changed mixture; without a step, a start. */
function continued(state, theta = state.steps.at(-1)?.theta) {
  const { points, steps, K } = state;
  if (!theta || points.length <= K) return started(state);
  const { round, gained } = steps.length > 1 ? steps.at(-1) : FRESH;
  const step = { ...judged(points, theta), round, gained };
  if (!Number.isFinite(step.lowerBound)) return started(state);
  return { ...state, steps: [...steps.slice(0, -1), step], converged: false };
}

/** The state after one more round of EM. A component that is held by its mean stays: alone it would soon be empty. */
function afterRound(state, held = null) {
  const { points, steps } = state;
  const last = steps.at(-1);
  let next = emRound(points, last.R, state);
  if (held?.mean >= 0) next = judged(points, withComponent(held.mean, last.theta, next.theta));
  const gain = next.lowerBound - last.lowerBound;
  if (!(abs(gain) >= SETTLED) || steps.length > MOST_ROUNDS) return { ...state, converged: true };
  return { ...state, steps: [...steps, { ...next, round: last.round + 1, gained: last.gained + gain }] };
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
function holdingText(state, held) {
  const { steps, converged } = state;
  const last = steps.at(-1);
  const others = converged ? "have caught up" : "follow";
  if (held.mean >= 0) return `You hold component ${held.mean} with its weight and shape; the others ${others}. ${holdText(state, last)}.`;
  return `You hold ${nameOf(held)}, and EM ${converged ? "has caught up" : "follows"}. Round ${last.round}: ${gainText(state, last)}.`;
}

/** What the reader did, and what came of holding something. */
function toldText(state) {
  const { steps, what, told: { at, held } } = state;
  const next = at < steps.length - 1 ? "Press Play: EM follows." : "EM has converged.";
  if (!held) return `${what[0].toUpperCase()}${what.slice(1)}. ${next}`;
  if (held.mean >= 0) return `You let go of component ${held.mean}. ${holdText(state, steps[at])}. ${next}`;
  return `You moved ${nameOf(held)}: other points, so the curve starts again. Since then, ${gainText(state, steps[at])}. ${next}`;
}

/** What EM alone has done since points were moved: the likelihoods of different points cannot be compared. */
function gainText({ likelihood }, { gained }) {
  return `EM has added ${decimal(gained, 4)} to the ${likelihood}`;
}

/** How the likelihood has changed since a mean was taken, as the four decimals of both show it. */
function holdText({ before: { steps, at }, likelihood }, now) {
  const [from, to] = [steps[(at + 1) >> 1], now].map(({ lowerBound }) => lowerBound.toFixed(4));
  if (from === to) return `The ${likelihood} stays at ${trueMinus(to)}`;
  const how = Number(to) > from ? `The ${likelihood} rises` : `Your hold, not EM, lowers the ${likelihood}`;
  return `${how} from ${trueMinus(from)} to ${trueMinus(to)}`;
}

/** What a step did, and how k-means would group the points. */
function captionOf({ points, steps, K, converged, likelihood }, [m, e], rival) {
  if (e < 0) return `Too few points for EM: place ${K + 1 - points.length} more.`;
  const [before, { theta, R, lowerBound, round }] = [steps[m - 1], steps[m]];
  if (m > e) {
    const paths = theta.means.map((mean, k) => sqrt(squaredDistance(mean, before.theta.means[k])));
    const longest = max(...paths);
    return `M-step ${round - 1}: component ${paths.indexOf(longest)} moves most, its mean by ${significant(longest, 2)}.`;
  }
  const n = before ? R.filter((shares, i) => argmax(shares) !== argmax(before.R[i])).length : R.length;
  const what = before ? `${n ? counted(n, "point") : "no point"} ${n > 1 ? "get" : "gets"} a new likeliest component` : "every point takes the colours of its components";
  const height = rival ? "" : `; ${likelihood} ${decimal(lowerBound, 4)}`; // else, three lines on a small screen
  const texts = [`E-step ${round}: ${what}${height}.`];
  if (converged && m === steps.length - 1) texts.push(m < MOST_ROUNDS ? "EM has converged." : "EM stops here.");
  if (rival) texts.push(differenceText(R.map(argmax), assign(points, rival)));
  return texts.join(" ");
}

/** How many points change their group, when the groups are numbered so that as few as possible do. */
function differenceText(ours, theirs) {
  const groups = range(max(...ours, ...theirs) + 1);
  const table = groups.map((k) => groups.map((l) => ours.filter((label, i) => label === k && theirs[i] === l).length));
  return `k-means would group ${ours.length - agreement(table)} of ${ours.length} points differently.`;
}

/** The largest sum of one number per row, each from another column. There are at most 6! ways. */
function agreement([row, ...rows], taken = []) {
  if (!row) return 0;
  return max(...row.map((count, l) => (taken.includes(l) ? 0 : count + agreement(rows, [...taken, l]))));
}
