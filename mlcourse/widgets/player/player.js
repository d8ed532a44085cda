/* The player: a sequence of frames to step, play or slide through, by mouse or keyboard. */

const STEP_MS = 800; // from one frame to the next at speed 1
const SPEEDS = [0.5, 1, 2, 4];
const KEYS = "Left and right arrows: step. Up and down arrows: choose a point. Space: play or pause.";

class Player {
  constructor(host, scene, style) {
    this.host = host;
    this.drawn = 0; // number of pictures drawn so far, for the benchmark
    [this.chosen, this.chosenIn] = [-1, 0]; // the point that is described, and the plane it was chosen in
    host.player = this;
    this.build(host.attachShadow({ mode: "open" }), scene, style);
    this.show(scene);
    this.watchPage();
  }

  // ── The elements of the page ────────────────────────────────────────────────────────────────────────────────────

  build(root, scene, style) {
    this.canvases = scene.planes.map(() => element("canvas", { class: "plane", tabindex: 0, role: "application" }));
    this.side = scene.curve && element("canvas", { class: "curve", role: "img" });
    this.legend = element("ul", { class: "legend" });
    this.weights = element("div", { class: "weights", role: "img" });
    this.caption = element("p", { class: "caption", "aria-live": "polite" });
    this.reading = element("p", { class: "reading", "aria-live": "polite" });
    this.slider = element("input", { type: "range", min: 0, step: 1, "aria-label": scene.sliderName ?? "frame" });
    this.playButton = this.button("Play", () => (this.playing ? this.pause() : this.play()));
    this.speed = element("select", { "aria-label": "speed" });
    for (const speed of SPEEDS) this.speed.append(new Option(`${speed}×`, speed, speed === 1, speed === 1));
    this.controls = element("div", { class: "controls" }, [
      this.button("Step back", () => this.step(-1), "◀"),
      this.playButton,
      this.button("Step forward", () => this.step(1), "▶|"),
      this.slider,
      this.speed,
    ]);
    const grid = element("div", { class: `planes count${scene.planes.length}` }, this.canvases);
    const beside = element("div", { class: "beside" }, [this.side, this.legend, this.weights].filter(Boolean));
    this.section = element("section", { class: "player", role: "group", "aria-label": scene.label }, [
      element("div", { class: scene.curve || scene.weights ? "stage" : "stage alone" }, [grid, beside]),
      this.caption,
      this.controls,
      this.reading,
      element("p", { class: "note" }, [scene.note]),
    ]);
    root.append(element("style", {}, [style]), this.section);
    this.slider.addEventListener("input", () => {
      const frame = Number(this.slider.value); // read before pause() resets the slider
      this.pause();
      this.go(frame);
    });
    this.canvases.forEach((canvas, p) => {
      this.listen(canvas, p);
    });
  }

  button(name, action, text = name) {
    const button = element("button", { type: "button", "aria-label": name, title: name }, [text]);
    button.addEventListener("click", action);
    return button;
  }

  listen(canvas, p) {
    canvas.addEventListener("pointermove", (event) => {
      const { left, top } = canvas.getBoundingClientRect();
      this.choose(this.planes[p].nearest(event.clientX - left, event.clientY - top), p);
    });
    canvas.addEventListener("pointerleave", () => this.choose(-1, p));
    canvas.addEventListener("keydown", (event) => {
      const action = this.keys(p)[event.key];
      if (!action) return;
      event.preventDefault();
      event.stopPropagation();
      action();
    });
  }

  /** What the keys do while the picture has focus. */
  keys(p) {
    const n = this.scene.points.length;
    return {
      ArrowLeft: () => this.step(-1),
      ArrowRight: () => this.step(1),
      ArrowDown: () => this.choose((this.chosen + 1) % n, p),
      ArrowUp: () => this.choose((Math.max(this.chosen, 0) + n - 1) % n, p),
      Home: () => this.go(0),
      End: () => this.go(this.last),
      " ": () => (this.playing ? this.pause() : this.play()),
    };
  }

  /** Redraw when the size or the colours of the page change. */
  watchPage() {
    const redraw = () => {
      this.look = lookOf(this.host.parentElement ?? this.host, this.scene.palette);
      this.section.classList.toggle("dark", this.look.paper[0] < 128);
      this.updateLegend();
      this.draw();
    };
    new ResizeObserver(redraw).observe(this.section);
    const attributes = { attributes: true, attributeFilter: ["class", "data-theme", "data-jp-theme-light", "theme"] };
    for (const node of [document.documentElement, document.body]) new MutationObserver(redraw).observe(node, attributes);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    redraw();
  }

  // ── The frames ───────────────────────────────────────────────────────────────────────────────────

  /** Show a scene, from its first frame. */
  show(scene) {
    this.scene = scene;
    this.last = scene.frames.length - 1;
    this.slider.max = this.last;
    this.planes = scene.planes.map((spec, p) => new Plane(this.canvases[p], scene, spec));
    this.curve = scene.curve && new Curve(this.side, scene.curve);
    [this.a, this.b, this.t] = [0, 0, 1];
    this.update();
  }

  get frame() {
    return this.b;
  }

  /** Show a frame; a step to a neighbour is animated, unless the reader prefers reduced motion. */
  go(frame) {
    const target = Math.max(0, Math.min(this.last, frame));
    const moves = Math.abs(target - this.b) === 1 && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    [this.a, this.b, this.t] = [moves ? this.b : target, target, moves ? 0 : 1];
    this.elapsed = 0; // in steps, since this frame was requested
    this.update();
    if (moves) this.animate();
  }

  step(by) {
    this.pause();
    this.go(this.b + by);
  }

  play() {
    this.playing = true;
    this.update();
    this.go(this.b === this.last ? 0 : this.b + 1);
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
      this.elapsed += ((now - before) / STEP_MS) * Number(this.speed.value);
      before = now;
      if (this.t < 1) {
        this.t = Math.min(1, this.elapsed);
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
    const caption = this.scene.captions[this.b];
    this.caption.setAttribute("aria-live", this.playing ? "off" : "polite");
    this.caption.textContent = caption;
    this.slider.value = this.b;
    this.slider.setAttribute("aria-valuetext", caption);
    this.playButton.textContent = this.playing ? "❚❚" : "▶";
    this.playButton.setAttribute("aria-label", this.playing ? "Pause" : "Play");
    this.playButton.title = this.playing ? "Pause" : "Play";
    this.planes.forEach(({ spec }, p) => {
      const { means } = spec.mixtures[this.scene.frames[this.b][0]];
      const places = means.map((mean) => `(${mean.map((value) => value.toFixed(2)).join(", ")})`).join(" ");
      this.canvases[p].setAttribute("aria-label", [spec.title, caption, `Means at ${places}.`, KEYS].filter(Boolean).join(" "));
    });
    if (this.side) this.side.setAttribute("aria-label", this.describeCurve());
    this.read();
    this.draw();
  }

  describeCurve() {
    const { lines, ylabel } = this.scene.curve;
    const now = lines.map(({ name, values }) => `${name || ylabel} ${values[this.b] ?? "not yet known"}`);
    return `Curve of ${ylabel}. At this frame: ${now.join(", ")}.`;
  }

  draw() {
    if (!this.look) return;
    const eased = this.t * this.t * (3 - 2 * this.t);
    for (const plane of this.planes) plane.draw(this.look, this.a, this.b, eased, this.chosen);
    if (this.curve) this.curve.draw(this.look, this.a, this.b, eased);
    if (this.scene.weights) this.drawWeights(this.planes[0].mixtureAt(this.a, this.b, eased).weights);
    this.drawn += 1;
  }

  /** A legend for the curve, if it has several lines. */
  updateLegend() {
    const lines = this.curve && this.curve.spec.lines.length > 1 ? this.curve.spec.lines : [];
    this.legend.replaceChildren(
      ...lines.map(({ name }, k) => {
        const sign = element("span", { "aria-hidden": "true" }, [SIGNS[k % SIGNS.length]]);
        sign.style.color = css(this.outlineOf(k));
        return element("li", {}, [sign, ` ${name}`]);
      })
    );
  }

  /** One bar per component, as long as its weight. */
  drawWeights(weights) {
    if (this.weights.childElementCount !== weights.length) {
      this.weights.replaceChildren(...weights.map((_, k) => weightBar(k)));
    }
    this.weights.setAttribute("aria-label", `weights ${weights.map((weight) => weight.toFixed(2)).join(", ")}`);
    weights.forEach((weight, k) => {
      const [, track, number] = this.weights.children[k].children;
      track.firstChild.style.width = `${100 * weight}%`;
      track.firstChild.style.background = css(this.look.component(k));
      track.firstChild.style.borderColor = css(this.outlineOf(k));
      number.textContent = weight.toFixed(2);
    });
  }

  /** The colour of the outlines of component k. */
  outlineOf(k) {
    return outline(this.look.component(k), this.look);
  }

  /** Mark point i, and describe it with the mixture of plane p. */
  choose(i, p) {
    if (i === this.chosen) return;
    [this.chosen, this.chosenIn] = [i, p];
    this.read();
    this.draw();
  }

  read() {
    const known = this.chosen >= 0 && this.chosen < this.scene.points.length;
    this.reading.textContent = known ? this.planes[this.chosenIn].describe(this.chosen, this.b) : this.scene.hint;
  }
}

function weightBar(k) {
  const bar = element("div", { class: "bar" });
  return element("div", { class: "weight" }, [
    element("span", {}, [`π${subscript(k)}`]),
    element("div", { class: "track" }, [bar]),
    element("span", { class: "number" }),
  ]);
}

function subscript(k) {
  return String(k).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);
}

function element(name, attributes, children = []) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}
