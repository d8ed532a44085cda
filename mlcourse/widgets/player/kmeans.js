/* Lloyd's algorithm in the page, as in mlcourse/kmeans, and the cells of its centres. Centres and points are lists of coordinates. */

function squaredDistance(x, y) {
  let total = 0;
  for (let j = 0; j < x.length; j++) total += (x[j] - y[j]) ** 2;
  return total;
}

/** The number of the nearest centre of each point. */
function assign(X, centers) {
  return X.map((x) => {
    let [best, closest] = [-1, Infinity];
    centers.forEach((center, k) => {
      const distance = squaredDistance(x, center);
      if (distance < closest) [best, closest] = [k, distance];
    });
    return best;
  });
}

/** The mean of the points of each centre; a centre without points stays where it is. */
function moved(X, centers, labels) {
  return centers.map((center, k) => {
    const own = X.filter((_, i) => labels[i] === k);
    return own.length ? center.map((_, j) => sum(own.map((x) => x[j])) / own.length) : center;
  });
}

/** Lloyd's algorithm from the given centres, until no point changes its centre: {centers, labels}[]. */
function lloyd(X, centers) {
  const steps = [{ centers, labels: assign(X, centers) }];
  for (;;) {
    const last = steps.at(-1);
    const next = moved(X, last.centers, last.labels);
    const labels = assign(X, next);
    steps.push({ centers: next, labels });
    if (labels.every((label, i) => label === last.labels[i])) return steps;
  }
}

// ── Cells: what is nearest to each centre ────────────────────────────────────────────────────────

/** The Voronoi cell of centre k in a rectangle: the rectangle, cut halfway to each other centre. */
function voronoiCell(centers, k, [left, right, bottom, top]) {
  const rectangle = [[left, bottom], [right, bottom], [right, top], [left, top]];
  return centers.reduce((cell, other, j) => (j === k ? cell : closerTo(centers[k], other, cell)), rectangle);
}

/** The borders between the cells, each once, as pairs of ends. The sides of the rectangle are none. */
function voronoiBorders(centers, limits) {
  return centers.flatMap((near, k) => {
    const cell = voronoiCell(centers, k, limits);
    const sides = cell.map((corner, i) => [corner, cell[(i + 1) % cell.length]]);
    const onBorder = (x) => (far) => abs(leadOf(near, far, x)) < 1e-9 * squaredDistance(near, far);
    return sides.filter((side) => centers.slice(k + 1).some(onBorder(between(...side, 0.5))));
  });
}

/** The part of a convex polygon that is closer to `near` than to `far` (Sutherland & Hodgman, 1974). */
function closerTo(near, far, polygon) {
  const kept = [];
  polygon.forEach((corner, i) => {
    const next = polygon[(i + 1) % polygon.length];
    const [here, there] = [corner, next].map((x) => leadOf(near, far, x));
    if (here >= 0) kept.push(corner);
    if (here * there < 0) kept.push(between(corner, next, here / (here - there)));
  });
  return kept;
}

/** How much closer x is to `near` than to `far`, in squared distance. */
function leadOf(near, far, x) {
  return squaredDistance(x, far) - squaredDistance(x, near);
}
