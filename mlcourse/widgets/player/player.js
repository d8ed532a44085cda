/* The player: a sequence of frames to step, play or slide through, by mouse or keyboard. */

const STEP_MS = 1200; // from one frame to the next at speed 1: the first half moves, the second is for reading
const SPEEDS = [0.5, 1, 2, 4, 8];
const STILL = 5; // a press that moves further than this is no click, in pixels

class Player {
  constructor(host, scene, style) {
    this.host = host;
    this.scene = scene;
    this.drawn = 0; // number of pictures drawn so far, for the benchmark
    [this.chosen, this.chosenIn] = [-1, 0]; // the point that is described, and the plane it was chosen in
    this.pinned = false; // whether it stays chosen when the pointer goes elsewhere
    this.held = null; // what the reader holds, in scenes where something can be held: { point } or { mean }
    host.player = this;
    this.build(host.attachShadow({ mode: "open" }), scene, style);
    this.show(scene);
    this.watchPage();
  }

  // ── The elements of the page ────────────────────────────────────────────────────────────────────────────────────

  build(root, scene, style) {
    this.canvases = scene.planes.map((spec) => element("canvas", { class: `plane ${spec.name ?? ""}`, tabindex: 0, role: "application" }));
    this.side = scene.curve && element("canvas", { class: "curve", role: "img" });
    this.legend = element("ul", { class: "legend" });
    this.weights = scene.weights && element("div", { class: "weights", role: "img" });
    this.caption = spoken("caption");
    this.reading = spoken("reading");
    const { sliderName } = scene;
    this.slider = element("input", { type: "range", "aria-label": sliderName });
    this.first = this.button("First", () => this.jump(this.origin), "⇤ First");
    this.back = this.button("Back", () => this.step(-1), "← Back");
    this.playButton = this.button("Play", () => (this.playing ? this.pause() : this.play()));
    this.forward = this.button("Step", () => this.step(1), "Step →");
    this.speed = element("select", { "aria-label": "speed" });
    this.speed.append(...SPEEDS.map((speed) => new Option(`${speed}×`, speed, false, speed === 1)));
    this.controls = row([
      this.first,
      this.back,
      this.playButton,
      this.forward,
      box("wide", [
        labelled(sliderName, this.slider),
        labelled("speed", this.speed),
      ]),
    ]);
    const note = element("p", { class: "note" }, [scene.note]);
    const planes = box(`planes count${scene.planes.length}`, this.canvases);
    const main = box("main", [planes, this.caption, this.controls]);
    const shares = scene.weights && element("p", { class: "shares", "aria-hidden": true }, [scene.weights]);
    const beside = [this.side, this.legend, shares, this.weights, this.reading, note];
    this.section = element("section", { class: "player", role: "group", "aria-label": scene.label, tabindex: -1 }, [
      box("stage", [main, box("beside", beside.filter(Boolean))]),
      keyTable(scene.keys),
    ]);
    root.append(element("style", {}, [style]), this.section);
    on(this.section, "keydown", (event) => act(event, this.keyAnywhere(event)));
    on(this.slider, "input", () => this.jump(Number(this.slider.value)));
    if (this.side) on(this.side, "click", ({ offsetX }) => this.curve.empty || this.jump(this.curve.frameAt(offsetX)));
    this.canvases.forEach((canvas, p) => {
      this.listen(canvas, p);
    });
  }

  /** A button with a name and, around the same name, perhaps a sign. */
  button(name, action, text = name) {
    const button = element("button", { type: "button", "aria-label": name }, [text]);
    on(button, "click", action);
    return button;
  }

  listen(canvas, p) {
    const nearest = ({ offsetX, offsetY }) => this.planes[p].nearest(offsetX, offsetY);
    let [under, pressed] = [-1, [0, 0]]; // in a dense place, a click must pin the point that the reader has read about
    on(canvas, "pointermove", (event) => {
      under = nearest(event);
      this.hover(under, p);
    });
    on(canvas, "pointerleave", () => this.hover(-1, p));
    canvas.onfocus = () => {
      if (!canvas.matches(":focus-visible")) return;
      for (const part of [this.section, canvas]) part.scrollIntoView({ block: "nearest" }); // at least the picture
    };
    on(canvas, "pointerdown", (event) => {
      pressed = [event.clientX, event.clientY];
      if (event.pointerType !== "mouse") under = nearest(event);
    });
    on(canvas, "click", (event) => {
      if (near(pressed, [event.clientX, event.clientY])) this.click(under, p);
    });
    on(canvas, "keydown", (event) => {
      act(event, this.keys(p)[nameOfKey(event)]);
    });
  }

  /** What the keys do while the picture has focus. */
  keys(p) {
    const look = (right, down) => () => this.choose(this.planes[p].towards(this.chosen, right, down), p);
    return {
      ArrowLeft: () => this.step(-1),
      ArrowRight: () => this.step(1),
      ArrowDown: look(0, 1),
      ArrowUp: look(0, -1),
      "⇧ArrowLeft": look(-1, 0),
      "⇧ArrowRight": look(1, 0),
      Enter: () => this.pin(this.chosen, p),
      Home: () => this.go(this.origin),
      End: () => this.go(this.last),
      " ": () => (this.playing ? this.pause() : this.play()),
    };
  }

  /** What a key does while anything in the player has focus, if it does anything. */
  keyAnywhere({ key }) {
    return key === "Escape" && this.chosen >= 0 && (() => this.pin(-1, 0));
  }

  /** Redraw when the size or the colours of the page change, and in light colours for a printer. */
  watchPage() {
    let printing = false;
    const redraw = () => {
      if (!this.host.isConnected) return; // until it is back on the page, its background is unknown
      const dark = !printing && isDark(this.host.parentElement ?? this.host);
      this.look = lookOf(dark, this.scene.palette);
      this.section.classList.toggle("dark", dark);
      this.draw();
    };
    on(window, "resize", redraw); // zooming changes the pixels of a player, and perhaps not its size
    for (const [event, starts] of [["beforeprint", true], ["afterprint", false]]) {
      on(window, event, () => {
        printing = starts;
        redraw();
      });
    }
    new ResizeObserver(redraw).observe(this.section);
    const observer = new MutationObserver(redraw); // a theme is an attribute: class, data-theme, data-jp-theme-light
    for (const node of [document.documentElement, document.body]) observer.observe(node, { attributes: true });
    on(DARK_PAGE, "change", redraw);
    redraw();
  }

  // ── The frames ───────────────────────────────────────────────────────────────────────────────────

  /** Show a scene, from its first frame or from another one. */
  show(scene, frame = 0) {
    this.scene = scene;
    this.last = scene.frames.length - 1;
    this.planes = scene.planes.map((spec, p) => this.picture(this.canvases[p], scene, spec));
    this.curve = scene.curve && this.curveOf(scene.curve);
    [this.a, this.b, this.t] = [frame, frame, 1];
    if (!scene.points[this.chosen]) this.pinned = false;
    this.update();
  }

  picture(canvas, scene, spec) {
    return new Plane(canvas, scene, spec);
  }

  curveOf(spec) {
    return new Curve(this.side, spec);
  }

  get frame() {
    return this.b;
  }

  /** The first picture: in scenes that the reader changes, the only one. */
  get plane() {
    return this.planes[0];
  }

  /** The indices of the mixture that is on the page, and of the one whose responsibilities are. */
  get indices() {
    return this.scene.frames[this.b];
  }

  /** The frame that a run starts from. */
  get origin() {
    return 0;
  }

  get playName() {
    return "Play";
  }

  get canPlay() {
    return this.last > 0;
  }

  get canStep() {
    return this.b < this.last;
  }

  /** Whether the texts change too often to be read aloud. */
  get busy() {
    return this.playing;
  }

  /** Show a frame; a step to a neighbour is animated, unless the reader prefers reduced motion. */
  go(frame) {
    const target = clamped(frame, this.origin, this.last);
    const moves = abs(target - this.b) === 1 && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    [this.a, this.b, this.t] = [moves ? this.b : target, target, moves ? 0 : 1];
    this.elapsed = 0; // in steps, since this frame was requested
    this.update();
    if (moves) this.animate();
  }

  /** Show a frame, and stay there. */
  jump(frame) {
    this.pause();
    this.go(frame);
  }

  step(by) {
    this.jump(this.b + by);
  }

  play() {
    if (!this.canPlay) return;
    this.playing = true;
    this.go(this.b === this.last ? this.origin : this.b + 1);
    this.animate();
  }

  pause() {
    this.playing = false;
    this.update();
  }

  /** Run the clock while something moves or is about to. */
  animate() {
    if (this.running) return;
    this.running = true;
    let before = performance.now();
    const tick = (now) => {
      this.elapsed += ((now - before) / STEP_MS) * this.speed.value;
      before = now;
      if (this.t < 1) {
        this.t = min(1, 2 * this.elapsed);
        this.draw();
      }
      if (this.playing && this.elapsed >= 1) {
        if (this.b < this.last) this.go(this.b + 1);
        else this.pause();
      }
      this.running = (this.t < 1 || this.playing) && this.host.isConnected;
      if (this.running) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  // ── What the page shows ───────────────────────────────────────────────────────────────────────────

  /** Update text, controls and picture to the current frame. */
  update() {
    const caption = this.say(this.captionAt(this.b));
    this.caption.ariaLive = this.busy ? "off" : "polite";
    this.caption.textContent = caption;
    Object.assign(this.slider, { min: this.origin, max: this.last, value: this.b });
    this.slider.ariaValueText = caption;
    this.playButton.textContent = this.playing ? "❚❚ Pause" : `▶ ${this.playName}`;
    this.playButton.ariaLabel = this.playing ? "Pause" : this.playName;
    disable(this.first, this.b <= this.origin);
    disable(this.back, this.b <= this.origin);
    disable(this.forward, !this.canStep);
    disable(this.playButton, !this.canPlay);
    this.planes.forEach((plane, p) => {
      const places = plane.placesOf(plane.spec.mixtures[this.indices[0]]);
      const keys = this.scene.keys.map(([key, does]) => `${key}: ${does}.`);
      const label = [plane.spec.title, caption, places, ...keys].filter(Boolean).join(" ");
      this.canvases[p].ariaLabel = this.say(label);
    });
    if (this.curve) this.side.ariaLabel = this.describeCurve();
    this.read();
    this.draw();
  }

  captionAt(frame) {
    return this.scene.captions?.[frame];
  }

  /** A text in the words of the scene: readers of the first lesson have not met all of ours. */
  say(text) {
    return this.scene.words.reduce((said, pair) => said.replaceAll(...pair), text);
  }

  describeCurve() {
    const { lines, ylabel } = this.scene.curve;
    const now = lines.map(({ name, values }) => `${name || ylabel} ${values[this.b] ?? "not yet known"}`);
    return `Curve of ${ylabel}. At this step: ${now.join(", ")}.`;
  }

  draw() {
    if (!this.look) return;
    const eased = this.t * this.t * (3 - 2 * this.t);
    for (const plane of this.planes) plane.draw(this.look, this.a, this.b, eased, this.chosen, this.pinned);
    if (this.curve) this.curve.draw(this.look, this.a, this.b, eased);
    if (this.scene.weights) this.drawWeights(this.plane.mixtureAt(this.a, this.b, eased).weights);
    this.drawn += 1;
  }

  /** One bar per component: as long as its weight, with the number of points whose likeliest component it is. */
  drawWeights(weights) {
    if (this.weights.childElementCount !== weights.length) {
      this.weights.replaceChildren(...weights.map((_, k) => weightBar(this.say(`π${subscript(k)}`))));
    }
    const labels = this.plane.labels(this.indices[1]);
    const held = this.held?.mean;
    const texts = weights.map((weight, k) => {
      const n = labels?.filter((label) => label === k).length;
      return decimal(weight, 2) + (k === held ? " · held" : labels ? ` · ${counted(n, "point")}` : "");
    });
    this.weights.ariaLabel = this.say(`${this.scene.weights}: ${texts.map((text, k) => `component ${k}: ${text}`).join(", ")}`);
    weights.forEach((weight, k) => {
      const [, track, number] = this.weights.children[k].children;
      track.firstChild.style.width = `${100 * weight}%`;
      track.firstChild.style.background = css(k === held ? this.look.pale : this.look.component(k));
      track.firstChild.style.borderColor = css(this.edge(k));
      number.textContent = texts[k];
    });
  }

  /** The colour of the outlines of component k. */
  edge(k) {
    return outline(this.look.component(k), this.look);
  }

  /** Mark point i, and describe it with the mixture of plane p. */
  choose(i, p) {
    [this.chosen, this.chosenIn] = [i, p];
    this.read();
    this.draw();
  }

  /** Choose point i, unless another one is pinned. */
  hover(i, p) {
    if (!this.pinned && i !== this.chosen) this.choose(i, p);
  }

  click(i, p) {
    this.pin(i, p);
  }

  /** Keep point i chosen; to pin it again, or none, releases it. */
  pin(i, p) {
    this.pinned = i >= 0 && !(this.pinned && i === this.chosen);
    this.choose(i, p);
  }

  read() {
    const known = this.chosen >= 0 && this.chosen < this.scene.points.length;
    const description = known && this.planes[this.chosenIn].describe(this.chosen, this.b);
    this.reading.textContent = this.say(known ? description + (this.pinned ? " (pinned)" : "") : this.scene.hint);
  }
}

function on(target, event, action, options) {
  target.addEventListener(event, action, options);
}

/** The name of a key among `keys`: ⇧ for Shift, but letters are the same with it; none for a key with Ctrl. */
function nameOfKey({ key, shiftKey, ctrlKey, metaKey, altKey }) {
  if (ctrlKey || metaKey || altKey) return "";
  return key.length > 1 ? (shiftKey ? "⇧" : "") + key : key.toLowerCase();
}

/** Answer a key with an action; without one, the key is the page's. */
function act(event, action) {
  if (!action) return;
  event.preventDefault();
  event.stopPropagation();
  action();
}

function near([x, y], [u, v]) {
  return hypot(x - u, y - v) < STILL;
}

/** What the keys do, folded: it needs no room, and nothing jumps. */
function keyTable(keys) {
  const rows = keys.map((texts) => element("tr", {}, texts.map((text) => element("td", {}, [text]))));
  return folded("Keys", element("table", {}, rows));
}

/** Something that is hidden until the reader asks for it by its name. */
function folded(name, content) {
  return element("details", { class: "note" }, [element("summary", {}, [name]), content]);
}

function weightBar(name) {
  return box("weight", [
    element("span", {}, [name]),
    box("track", [box("bar")]),
    element("span", { class: "number" }),
  ]);
}

function subscript(k) {
  return String(k).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);
}

/** Disable a button, or enable it; it keeps the focus, so that the keyboard need not find its way back. */
function disable(button, whether) {
  button.ariaDisabled = whether;
}

/** A row of controls. */
function row(controls) {
  return box("controls", controls);
}

function box(name, children = []) {
  return element("div", { class: name }, children);
}

/** A paragraph whose changes a screen reader reads aloud. */
function spoken(name) {
  return element("p", { class: name, "aria-live": "polite" });
}

function labelled(text, control) {
  return element("label", {}, [text, control]);
}

function element(name, attributes, children = []) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}
