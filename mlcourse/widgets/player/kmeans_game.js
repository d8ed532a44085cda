/* A game: the reader places and drags the centres of k-means, and tries to reach an inertia as low as twenty runs do. */

const STARTS = 20; // of k-means++
const SHOW = "Show the twenty runs";
const LEVEL = 1 + 1e-6; // inertias that differ by less are the same

class KMeansGame extends Live {
  static begin({ centers, ...given }) {
    return { ...given, centers, steps: centers.length ? [byHand(given.points, centers)] : [] };
  }

  static sceneOf(state) {
    const { steps, K } = state;
    const frames = steps.length ? steps.flatMap(({ rule }, i) => (rule ? [[i, i - 1], [i, i]] : [[i, i]])) : [[0, -1]];
    const inertias = frames.map(([i, e]) => (steps.length ? inertia(state.points, steps[i].centers, steps[e].labels) : null));
    const values = inertias.map((value, at) => (steps[frames[at][0]]?.centers.length === K ? value : null));
    const complete = values.lastIndexOf(null) + 1; // the frame of the first complete set of centres
    return {
      ...state,
      state,
      frames,
      origin: originOf(steps, frames),
      captions: frames.map((frame, at) => gameCaption(state, frame, inertias[at])),
      planes: [
        {
          xlabel: "feature 1",
          ylabel: "feature 2",
          limits: widened(limitsOf(state), steps.flatMap(({ centers }) => centers)),
          mixtures: steps.length ? steps.map(({ centers }) => ({ weights: [], means: centers })) : [{ weights: [], means: [] }],
          ellipses: [],
          numbers: true,
          rivalName: "best of the twenty",
        },
      ],
      curve: {
        x: range(frames.length).map((at) => max(at - complete, 0)),
        leastWidth: 4,
        xlabel: "step",
        ylabel: "inertia",
        waiting: "Begins with the last centre",
        grow: true,
        lines: [{ values }],
      },
    };
  }

  picture(canvas, scene, spec) {
    return new Residuals(canvas, scene, spec);
  }

  build(root, scene, style) {
    super.build(root, scene, style);
    this.rivalsButton = this.button(SHOW, () => this.toggleRivals());
    this.restartButton = this.button("Start over", () => this.startOver());
    this.score = spoken("score");
    this.addControls([
      this.makeUndo(),
      this.restartButton,
      this.rivalsButton,
    ]);
    this.reading.before(this.score);
  }

  update() {
    super.update();
    const complete = this.means.length === this.state.K;
    this.section.classList.toggle("early", !complete);
    disable(this.restartButton, !this.state.before);
    disable(this.rivalsButton, !complete && !this.showing);
    if (!this.holding) this.keepBest();
    this.score.textContent = scoreText(this.best, this.showing && this.rivals);
    this.rivalsButton.textContent = this.showing ? SHOW.replace("Show", "Hide") : SHOW;
    this.rivalsButton.ariaLabel = this.rivalsButton.textContent;
  }

  /** Remember the lowest inertias: of centres that the reader put down, and of k-means from there. */
  keepBest() {
    this.best ??= { hand: Infinity, kmeans: Infinity };
    const { steps, frames, curve } = this.scene;
    const value = curve.lines[0].values[this.b];
    const { rule } = steps[this.indices[0]] ?? {};
    if (value === null || (rule && this.b < this.last)) return;
    const who = rule ? "kmeans" : "hand";
    this.best[who] = min(this.best[who], value);
  }

  get meanName() {
    return "centre";
  }

  get rival() {
    return this.showing && this.rivals[0].centers;
  }

  get origin() {
    return this.scene.origin;
  }

  get playName() {
    return "Run k-means";
  }

  get canPlay() {
    return this.canStep || this.last > this.origin;
  }

  get canStep() {
    return super.canStep || this.canRun;
  }

  /** Whether k-means goes on from here: from centres of the reader, the last of which is placed. */
  get canRun() {
    return this.b === this.last && this.means.length === this.state.K && !this.state.steps.at(-1).rule;
  }

  // ── k-means ──────────────────────────────────────────────────────────────────────────────────────

  /** Add the rounds of Lloyd's algorithm to the frames. */
  addRun() {
    const { steps } = this.shown;
    const rounds = lloyd(this.state.points, this.means).slice(1);
    const here = this.scene.frames.findIndex(([, e]) => e === steps.length - 1);
    const further = rounds.map((step) => ({ ...step, rule: "Lloyd" }));
    this.change({ steps: [...steps, ...further] }, "k-means from your centres", here);
  }

  play() {
    if (this.canRun) this.addRun();
    super.play();
  }

  step(by) {
    if (by > 0 && this.canRun) this.addRun();
    super.step(by);
  }

  /** The twenty runs are hidden: they would give the answer away. */
  startOver() {
    this.showing = false;
    this.change({ steps: KMeansGame.begin(this.state).steps }, "start over");
  }

  toggleRivals() {
    const { points, K } = this.state;
    this.rivals ??= kmeansPlusPlusRuns(points, K);
    this.showing = !this.showing;
    this.update();
  }

  // ── Handles: the centres ────────────────────────────────────────────────────────────────────────

  /** The next centre, as long as one is missing. */
  get next() {
    const mean = this.means.length;
    return mean < this.state.K ? { mean } : null;
  }

  /** Put a centre somewhere, the next one for the first time. A drag is one move. */
  move({ mean }, to) {
    [this.chosen, this.mean] = [-1, mean];
    const { steps } = this.shown;
    const before = this.dragging ? steps.slice(0, -1) : steps;
    const now = byHand(this.state.points, this.means.toSpliced(mean, 1, to));
    const what = this.dragging ? this.state.what : `centre ${mean} ${this.means[mean] ? "moved" : "added"}`;
    this.change({ steps: [...before, now] }, what);
  }

  /** The centre stands where it was put. */
  drop() {
    super.drop();
    this.update();
  }

  /** Place the next centre. */
  tap(point) {
    const handle = this.next;
    if (handle) this.move(handle, point);
    else this.caption.textContent = `All ${this.state.K} are placed: move one.`;
  }

  /** Choose the centre before or after the chosen one, in turn; without one, the first. */
  chooseCenter(by) {
    const n = this.means.length;
    this.chooseMean(this.mean >= 0 && n ? (this.mean + by + n) % n : min(0, n - 1));
  }

  /** While centres are missing there are no steps: the arrows say which keys do something. */
  keys(p) {
    const hint = () => {
      this.caption.textContent = "W, A, S, D move a centre, N places one.";
    };
    return {
      ...super.keys(p),
      ...(this.next && { ArrowLeft: hint, ArrowRight: hint }),
      ArrowDown: () => this.chooseCenter(1),
      ArrowUp: () => this.chooseCenter(-1),
      n: () => this.tap(freePlace(this.scene.points, this.means)),
    };
  }
}

/** Cells with a line from every point to its centre. */
class Residuals extends Cells {
  draw(look, ...now) {
    this.now = now;
    super.draw(look, ...now);
  }

  drawPoints(styles, chosen, pinned) {
    const { scene, ctx, look } = this;
    const centers = this.mixtureAt(...this.now).means;
    const R = this.sharesOf(scene.frames[this.now[1]][1]);
    centers.forEach((center, k) => {
      ctx.beginPath();
      scene.points.forEach(([x, y], i) => {
        if (!R?.[i][k]) return;
        ctx.moveTo(this.px(x), this.py(y));
        ctx.lineTo(this.px(center[0]), this.py(center[1]));
      });
      this.stroke(outline(look.component(k), look), 0.8, 0.45);
    });
    super.drawPoints(styles, chosen, pinned);
  }
}

/** A step of the game in which the reader put the centres somewhere, and every point chose the nearest. */
function byHand(X, centers) {
  return { centers, labels: assign(X, centers) };
}

/** The frame of the centres that the reader put down last: where k-means starts, or has started. */
function originOf(steps, frames) {
  const placed = steps.findLastIndex(({ rule }) => !rule);
  return frames.findIndex(([, e]) => e === placed);
}

/** Σᵢ ‖xᵢ − its centre‖². */
function inertia(X, centers, labels) {
  return sum(X.map((x, i) => squaredDistance(x, centers[labels[i]])));
}

/** The limits, as much wider on both sides as centres need it: so, a centre within the picture changes nothing. */
function widened(limits, centers) {
  return [0, 1].flatMap((j) => {
    const [low, high] = limits.slice(2 * j);
    const middle = (low + high) / 2;
    const half = max(high - middle, ...centers.map((center) => abs(center[j] - middle)));
    return [middle - half, middle + half];
  });
}

/** Greedy k-means++: each centre is the best of a few points drawn with probability ∝ squared distance. */
function kmeansPlusPlus(X, K, random) {
  const trials = 2 + floor(log(K));
  const centers = [X[floor(random() * X.length)]];
  let nearest = X.map((x) => squaredDistance(x, centers[0]));
  while (centers.length < K) {
    const candidates = range(trials).map(() => X[drawn(nearest, random)]);
    const after = candidates.map((y) => nearest.map((distance, i) => min(distance, squaredDistance(X[i], y))));
    const potentials = after.map(sum);
    const best = potentials.indexOf(min(...potentials));
    centers.push(candidates[best]);
    nearest = after[best];
  }
  return centers;
}

/** An index, drawn with probability in proportion to its mass. */
function drawn(masses, random) {
  let rest = random() * sum(masses);
  for (let i = 0; i < masses.length; i++) {
    rest -= masses[i];
    if (rest < 0) return i;
  }
  return masses.length - 1;
}

/** Lloyd's algorithm from several starts of k-means++, the best first: {centers, inertia}[]. */
function kmeansPlusPlusRuns(X, K) {
  const runs = range(STARTS).map((seed) => {
    const { centers, labels } = lloyd(X, kmeansPlusPlus(X, K, seededRandom(seed))).at(-1);
    return { centers, inertia: inertia(X, centers, labels) };
  });
  return runs.sort((one, other) => one.inertia - other.inertia);
}

/** The point that is farthest from every centre, where the key N places the next one. */
function freePlace(X, centers) {
  const away = X.map((x) => min(1e300, ...centers.map((center) => squaredDistance(x, center))));
  return X[away.indexOf(max(...away))];
}

// ── Texts ────────────────────────────────────────────────────────────────────────────────────────

function gameCaption({ steps, K }, [i, e], value) {
  const missing = K - (steps[i]?.centers.length ?? 0);
  if (missing === K) return `Place ${counted(K, "centre")}: click, or press N.`;
  if (missing) return `Place ${counted(missing, "more centre")}. Inertia so far: ${value.toFixed(2)}.`;
  const empty = range(K).filter((k) => !steps[e].labels.includes(k));
  const idle = empty.length ? ` No point is nearest to centre ${empty.join(" or ")}.` : "";
  const now = `Inertia ${value.toFixed(2)}.${idle}`;
  if (!steps[i].rule) return `Your centres. ${now}`;
  if (e < i) return `Every centre moves to the mean of its points. ${now}`;
  const changed = steps[i].labels.filter((label, at) => label !== steps[i - 1].labels[at]).length;
  if (!changed) return `No point changes its centre: k-means has converged. ${now}`;
  return `${counted(changed, "point")} ${changed === 1 ? "changes" : "change"} to a nearer centre. ${now}`;
}

function scoreText({ hand, kmeans }, rivals) {
  const mine = [[hand, "by hand"], [kmeans, "with k-means from there"]].filter(([value]) => value < Infinity);
  const texts = mine.map(([value, how]) => `${value.toFixed(2)} ${how}`);
  const yours = `Your lowest inertia: ${texts.join(", ") || "none yet"}.`;
  if (!rivals) return `${yours} Can you beat the best of twenty runs of k-means?`;
  const values = rivals.map((run) => run.inertia);
  const levelWith = (best) => values.filter((value) => value <= best * LEVEL && best <= value * LEVEL).length;
  const theirs = `Twenty runs of k-means: best ${values[0].toFixed(2)} (${counted(levelWith(values[0]), "time")}), worst ${values.at(-1).toFixed(2)}.`;
  const [byHand, further] = mine.map(([mine]) => values.filter((value) => value > mine * LEVEL).length);
  if (byHand === undefined) return `${yours} ${theirs}`;
  const more = further === undefined ? "" : `, ${further} with k-means`;
  const best = min(hand, kmeans);
  const level = levelWith(best);
  const ties = level ? `; ${level} ${level > 1 ? "are" : "is"} level` : "";
  const first = best <= values[0] * LEVEL ? `. None beats you${ties}` : "";
  return `${yours} ${theirs} You beat ${byHand} of them by hand${more}${first}.`;
}
