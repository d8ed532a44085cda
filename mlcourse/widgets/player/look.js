/* Colours and markers: the palette comes from mlcourse.plotting; light or dark follows the page. */

const THEMES = {
  light: { paper: [255, 255, 255], ink: [34, 34, 34], pale: [107, 107, 107] },
  dark: { paper: [20, 22, 26], ink: [232, 232, 232], pale: [158, 158, 158] },
};

const DARK_PAGE = matchMedia("(prefers-color-scheme: dark)"); // where nothing paints a background

/** The colours for a dark or a light background. */
function lookOf(dark, palette) {
  return { ...THEMES[dark ? "dark" : "light"], component: (k) => fromHex(palette[k % palette.length]) };
}

/** Whether the first painted background behind an element is dark; if there is none, the reader's preference. */
function isDark(element) {
  for (let node = element; node; node = node.parentElement ?? node.getRootNode().host) {
    const painted = getComputedStyle(node).backgroundColor.match(/[\d.]+/g) ?? [0, 0, 0, 0];
    const [red, green, blue, alpha = 1] = painted.map(Number);
    if (alpha > 0) return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128;
  }
  return DARK_PAGE.matches;
}

function fromHex(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

function css(rgb, alpha = 1) {
  return `rgb(${rgb.map(Math.round).join(" ")} / ${alpha})`;
}

/** The colour of an outline: darker than its fill on a light background, lighter on a dark one. */
function outline(rgb, look) {
  return look.paper[0] > 128 ? rgb.map((value) => 0.6 * value) : between(rgb, [255, 255, 255], 0.35);
}

/**
 * The colours of the components, mixed by the sixth powers of their shares, so that a slight lead can be seen. From 0.85
 * of the maximal entropy log K on, grey takes the place of what all have in common, and leaves the hue of the leader.
 */
function blended(shares, look) {
  const K = shares.length;
  const powers = shares.map((share) => share ** 6);
  const sharp = powers.map((power) => power / sum(powers));
  const entropy = -sum(sharp.map((share) => share * log(share || 1))) / log(max(K, 2));
  const grey = clamped((entropy - 0.85) / 0.15, 0, 1);
  const weights = [...sharp.map((share) => share - grey / K), grey];
  return combine([...shares.map((_, k) => [look.component(k)]), [look.pale]], weights)[0];
}

/* The markers of mlcourse.plotting in order (o s ^ D v P X), as paths of radius r around (x, y). */
const polygon = (corners) => (ctx, x, y, r) => {
  corners.forEach(([u, v], i) => {
    ctx[i ? "lineTo" : "moveTo"](x + u * r, y + v * r);
  });
  ctx.closePath();
};
const rotated = (corners) => corners.map(([u, v]) => [(u - v) * Math.SQRT1_2, (u + v) * Math.SQRT1_2]);
const PLUS = [
  [-0.35, -1], [0.35, -1], [0.35, -0.35], [1, -0.35], [1, 0.35], [0.35, 0.35],
  [0.35, 1], [-0.35, 1], [-0.35, 0.35], [-1, 0.35], [-1, -0.35], [-0.35, -0.35],
];
const MARKERS = [
  (ctx, x, y, r) => {
    ctx.moveTo(x + r, y);
    ctx.arc(x, y, r, 0, 2 * PI);
  },
  polygon([[-0.88, -0.88], [0.88, -0.88], [0.88, 0.88], [-0.88, 0.88]]),
  polygon([[0, -1.1], [1.05, 0.85], [-1.05, 0.85]]),
  polygon([[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]]),
  polygon([[0, 1.1], [1.05, -0.85], [-1.05, -0.85]]),
  polygon(PLUS),
  polygon(rotated(PLUS)),
];
