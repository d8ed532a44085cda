/* Data sets for the playground, the same at every visit. Each maker places point number i, in a square from −1 to 1. */

const PRESET_SIZE = 150;
const PRESETS = {
  "three groups": (i, noise) => [
    [-0.7, 0, 0.75][i % 3] + noise(0.16),
    [-0.45, 0.65, -0.3][i % 3] + noise(0.16),
  ],
  "two moons": (i, noise, random) => {
    const turn = Math.PI * random();
    const side = i % 2 ? 1 : -1;
    return [0.32 * side - 0.62 * side * Math.cos(turn) + noise(0.06), 0.2 * side - 0.62 * side * Math.sin(turn) + noise(0.06)];
  },
  "a ring around a blob": (i, noise, random) => {
    const turn = 2 * Math.PI * random();
    return i % 3 ? [0.85 * Math.cos(turn) + noise(0.06), 0.85 * Math.sin(turn) + noise(0.06)] : [noise(0.15), noise(0.15)];
  },
  "long and tilted": (i, noise) => {
    const [along, across] = [noise(0.36), noise(0.07) + (i % 2 ? 0.22 : -0.22)];
    return [(along - across) * Math.SQRT1_2, (along + across) * Math.SQRT1_2];
  },
  "one group only": (_, noise) => [noise(0.3), noise(0.3)],
};

/** The points of a preset, in the middle of a rectangle. */
function presetPoints(name, limits) {
  const random = seededRandom(7);
  const noise = (spread) => spread * standardNormal(random);
  const [left, right, bottom, top] = limits;
  const scale = 0.42 * Math.min(right - left, top - bottom);
  const middle = middleOf(limits);
  return range(PRESET_SIZE).map((i) => PRESETS[name](i, noise, random).map((value, j) => middle[j] + scale * value));
}

function middleOf([left, right, bottom, top]) {
  return [(left + right) / 2, (bottom + top) / 2];
}

/** One number from N(0, 1), by the Box–Muller transform (1958). */
function standardNormal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
