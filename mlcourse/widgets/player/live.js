/* Scenes that the reader changes. Every change makes new frames in the page, and can be undone.

   A subclass has two static functions: `begin` turns what Python sent into a state, `sceneOf` turns a state into a scene
   of the player. States are never modified: each knows the one before, and the frame that was on the page, to which
   undo returns. */

const SOON = 1000; // milliseconds
const EDGE = 14; // pixels
const MOVE_KEYS = { w: [0, 1], a: [-1, 0], s: [0, -1], d: [1, 0] };

class Live extends Player {
  constructor(host, given, style) {
    super(host, new.target.sceneOf(new.target.begin(given)), style);
  }

  get state() {
    return this.scene.state;
  }

  /** The state without the steps that come after the frame on the page. */
  get shown() {
    return { ...this.state, steps: this.state.steps.slice(0, this.indices[0] + 1) };
  }

  /** Show a state at its last frame, or at another one. */
  put(state, frame = Infinity) {
    const scene = this.constructor.sceneOf(state);
    this.show(scene, min(frame, scene.frames.length - 1));
  }

  /** Change the state; `what` is what the reader did, such as "point 3 moved". A whole drag is one change, and so are quick moves by keys. */
  change(changes, what, frame) {
    if (!this.dragging) this.goesOn = this.playing;
    this.playing = false;
    const before = this.dragging || this.goingOn ? this.state.before : { ...this.state, at: this.b };
    this.put({ ...this.shown, ...changes, what, before }, frame);
  }

  /** Return to the state before the last change, with all its steps, and stay there until the reader goes on. */
  undo() {
    const { before, what } = this.state;
    if (!before || this.holding) return;
    this.playing = false;
    this.put(before, before.at);
    this.caption.textContent = this.say(`Undone: ${what}.`);
  }

  // ── Controls ─────────────────────────────────────────────────────────────────────────────────────

  /** Add a row of controls below those of the player. */
  addControls(more) {
    this.controls.after(row(more));
  }

  makeUndo() {
    this.undoButton = this.button("Undo", () => this.undo());
    return this.undoButton;
  }

  menu(values, action) {
    const select = element("select", {});
    select.append(...values.map((value) => new Option(value, value)));
    on(select, "change", () => action(select.value));
    return select;
  }

  update() {
    super.update();
    disable(this.undoButton, !this.state.before);
  }

  // ── Handles: what can be dragged, or moved with the keys ─────────────────────────────────────────

  /* A subclass defines
       move(handle, point)  put a handle elsewhere, in data units
       tap(point)           a press beside every handle
       meanName             what the means are called
       outlook              what to add to the place of a mean, if anything
       rival                the means of another solution, to be drawn too, if any
     if a press beside every handle makes another one,
       next                 that handle, before it is put anywhere, or null
     and, if there are other handles than the means,
       grab(place, reach)   the handle near a place on the canvas, or null
       selected             the handle that the keys move, or null
       pointOf(handle)      where it is */

  listen(canvas, p) {
    draggable(canvas, {
      grab: (place, reach) => this.grab(place, reach),
      make: () => this.next ?? null,
      jumps: this.jumps,
      over: (handle) => this.point(handle),
      drag: (handle, place) => {
        this.held = handle;
        this.move(handle, this.inside(this.plane.dataAt(...place)));
        this.dragging = true; // only now: the first movement is the change that undo takes back
      },
      drop: () => this.drop(),
      tap: (place) => this.tap(this.inside(this.plane.dataAt(...place))),
    });
    super.listen(canvas, p); // second, so that `hover` knows of a mean under the pointer
  }

  grab(place, reach) {
    const mean = this.plane.nearest(...place, reach, this.plane.signs);
    return mean >= 0 ? { mean } : null;
  }

  get selected() {
    return this.means[this.mean] ? { mean: this.mean } : null;
  }

  pointOf({ mean }) {
    return this.means[mean];
  }

  /** A handle is let go, or was moved by a key. */
  drop() {
    this.held = null;
    this.dragging = false;
  }

  get holding() {
    return this.held !== null;
  }

  /** The pointer is over a handle, or over none. */
  point(handle) {
    this.over = handle?.mean;
    this.read();
  }

  hover(i, p) {
    if (!this.holding) super.hover(this.over >= 0 ? -1 : i, p);
  }

  click(i, p) {
    if (this.over >= 0) this.chooseMean(this.over);
    else super.click(i, p);
  }

  get busy() {
    return super.busy || this.holding;
  }

  keys(p) {
    const moves = Object.entries(MOVE_KEYS).map(([key, [right, up]]) => [key, () => this.nudge(right, up)]);
    return { ...super.keys(p), ...Object.fromEntries(moves) };
  }

  keyAnywhere(event) {
    if (event.key.toLowerCase() === "z" && !event.shiftKey && (event.ctrlKey || event.metaKey)) return () => this.undo();
    if (/^(\S|Delete)$/.test(event.key) && event.target.localName !== "select") return this.keys(0)[nameOfKey(event)];
    if (event.key === "Escape" && this.mean >= 0) return () => this.chooseMean(-1);
    return super.keyAnywhere(event);
  }

  /** Choose a mean for the keys, instead of a point. */
  chooseMean(k) {
    this.mean = k;
    this.pin(-1, 0);
  }

  read() {
    super.read();
    const k = this.over ?? this.mean;
    const mean = this.means[k];
    if (mean && this.chosen < 0) this.reading.textContent = this.say(`${this.meanName} ${k} at ${placeText(mean)}${this.outlook ?? ""}`);
  }

  /** Move the selected handle by a key. Soon after the last such move of the same handle, it is no new change. */
  nudge(right, up) {
    const handle = this.selected;
    if (handle === null) return;
    const [now, name] = [performance.now(), JSON.stringify(handle)];
    const [x, y] = this.pointOf(handle);
    this.goingOn = this.nudged?.state === this.state && this.nudged.name === name && now - this.nudged.at < SOON;
    this.move(handle, this.inside([x + right * this.stride, y + up * this.stride]));
    this.drop();
    this.goingOn = false;
    this.nudged = { state: this.state, name, at: now };
  }

  /** How far a key moves a handle. */
  get stride() {
    const [, , bottom, top] = this.plane.limits;
    return (top - bottom) / 40;
  }

  /** The point nearest to a point of the plane at which the picture shows a whole sign, with its ring. */
  inside([x, y]) {
    const { plane } = this;
    const { left, top, width, height } = plane.box;
    const across = clamped(plane.px(x), left + EDGE, left + width - EDGE);
    return plane.dataAt(across, clamped(plane.py(y), top + EDGE, top + height - EDGE));
  }

  /** The means of the frame on the page. */
  get means() {
    return this.plane.spec.mixtures[this.indices[0]].means;
  }

  /** Where the picture says what the reader may do. */
  get invitingAt() {
    return this.plane.box.top + this.plane.box.height - 20;
  }

  // ── What is drawn over the picture ──────────────────────────────────────────────────────────────

  /** Draw another solution, a ring around the mean that the keys move, and at first what the reader may do. */
  draw() {
    const { plane } = this;
    plane.rival = this.rival;
    super.draw();
    if (!this.look) return;
    if (this.means[this.mean]) plane.drawRings(plane.signs[this.mean], [13]);
    if (!this.state.before && this.b === this.origin && !this.holding) drawInvitation(plane, this.say(this.scene.invite), this.scene.points, this.invitingAt);
  }
}

/** Say what the reader may do, in a frame at height y of the picture, where it hides the fewest points. */
function drawInvitation(plane, text, points, y) {
  const { ctx, box, look } = plane;
  ctx.font = FONT.replace("12", "bold 14");
  const half = ctx.measureText(text).width / 2;
  const hidden = (x) => points.filter(([u, v]) => abs(plane.px(u) - x) < half && abs(plane.py(v) - y) < 16).length;
  const places = [0.5, 1, 0].map((at) => box.left + between(half + 20, box.width - half - 14, at));
  const [x] = places.sort((one, other) => hidden(one) - hidden(other));
  for (const [rgb, pad] of [[look.ink, 14], [look.paper, 13]]) {
    ctx.fillStyle = css(rgb);
    ctx.fillRect(x - half - pad, y - pad, 2 * (half + pad), 2 * pad);
  }
  ctx.fillStyle = css(look.ink);
  plane.write(text, x, y, "center", "middle");
}

/** The frames of an algorithm of two steps that is shown from the end of the first round on. */
function framesOf(steps) {
  return steps.length ? steps.flatMap((_, i) => (i ? [[i, i - 1], [i, i]] : [[0, 0]])) : [[0, -1]];
}
