/* Lloyd's algorithm in the page, as in mlcourse/kmeans. Centres and points are lists of coordinates. */

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
