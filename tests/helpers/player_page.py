"""A page with one player: its properties, its frames, where its points are."""

import re

HTML = "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>A page</title></head><body>{}</body></html>"
COLORS = """(canvas) => {
  const { width, height } = canvas;
  if (!width || !height) return 0;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return new Set(new Uint32Array(data.buffer)).size;
}"""
# EM from theta, in the page: n steps, the first of them the start.
EM = """(X, theta, type, n) => {
  const steps = [judged(X, theta)];
  while (steps.length < n) steps.push(emRound(X, steps.at(-1).R, { type, regCovar: 1e-6 }));
  return steps.map(({ theta, lowerBound }) => ({ theta, lowerBound }));
}"""
TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def state(page, expression):
    """A property of the player on the page, such as `frame`."""
    return page.evaluate(f"document.querySelector('[data-mlcourse-player]').player.{expression}")


def settled(page, frame):
    page.wait_for_function(
        f"(({{frame, t}}) => frame === {frame} && t === 1)(document.querySelector('[data-mlcourse-player]').player)"
    )


def position(page, i):
    """Where point i is on the canvas."""
    return page.locator("[data-mlcourse-player]").evaluate(
        """({ player: { planes: [plane] } }, i) => {
          const [x, y] = plane.place(i);
          return { x: plane.px(x), y: plane.py(y) };
        }""",
        i,
    )


def numbers(text):
    """The numbers in a text, whose minus signs are true ones."""
    return [float(number.replace("−", "-")) for number in re.findall(r"−?[\d.]*\d", text)]


def ink(page):
    """The pixels of the first plane, as a data URL."""
    return page.locator("canvas.plane").first.evaluate("(canvas) => canvas.toDataURL()")


TEXTS = """({ player }, panel) => {
  const { ctx } = player[panel] ?? player.planes[0];
  const texts = [];
  const write = ctx.fillText;
  ctx.fillText = (text, ...rest) => {
    texts.push(text);
    write.call(ctx, text, ...rest);
  };
  player.draw();
  ctx.fillText = write;
  return texts;
}"""


def texts(page, panel):
    """What the player writes on a panel."""
    return page.locator("[data-mlcourse-player]").evaluate(TEXTS, panel)
