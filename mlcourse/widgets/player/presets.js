/* Data sets for the playground, the same at every visit: the number of components to start with, and
   a maker that places point number i, in a square from −1 to 1. */

const PRESET_SIZE = 150;
const PRESETS = {
  "three groups": [3, (i, noise) => [
    [-0.7, 0, 0.75][i % 3] + noise(0.16),
    [-0.45, 0.65, -0.3][i % 3] + noise(0.16),
  ]],
  "two moons": [2, (i, noise, random) => {
    const turn = PI * random();
    const side = i % 2 ? 1 : -1;
    return [side * (0.32 - 0.62 * cos(turn)) + noise(0.06), side * (0.2 - 0.62 * sin(turn)) + noise(0.06)];
  }],
  "a ring around a blob": [2, (i, noise, random) => {
    const turn = 2 * PI * random();
    return i % 3 ? [0.85 * cos(turn) + noise(0.06), 0.85 * sin(turn) + noise(0.06)] : [noise(0.15), noise(0.15)];
  }],
  "long and tilted": [2, (i, noise) => {
    const [along, across] = [noise(0.36), noise(0.07) + (i % 2 ? 0.22 : -0.22)];
    return [(along - across) * Math.SQRT1_2, (along + across) * Math.SQRT1_2];
  }],
  "one group only": [3, (_, noise) => [noise(0.3), noise(0.3)]],
};

/** The points of a preset, and the number of components to start with. */
function presetOf(name) {
  const [K, place] = PRESETS[name];
  const random = seededRandom(7);
  const noise = (spread) => spread * standardNormal(random);
  return { K, points: range(PRESET_SIZE).map((i) => place(i, noise, random)) };
}

function middleOf([left, right, bottom, top]) {
  return [(left + right) / 2, (bottom + top) / 2];
}

/** One number from N(0, 1), by the Box–Muller transform (1958). */
function standardNormal(random) {
  return sqrt(-2 * log(1 - random())) * cos(2 * PI * random());
}
