/* Shapes in the plane, in units of the data: ellipses, round numbers for axes. */

/** Points on the ellipse of `std` standard deviations around `mean`: L maps the unit circle to it, with L Lᵀ = Σ. */
function ellipsePoints(mean, covariance, std, corners = 90) {
  const [[a], [b, c]] = choleskyFactor(covariance);
  return range(corners).map((i) => {
    const turn = (2 * PI * i) / corners;
    const [u, v] = [std * cos(turn), std * sin(turn)];
    return [mean[0] + a * u, mean[1] + b * u + c * v];
  });
}

/** Round numbers from low to high, about `count` of them, but at least two: one alone shows no scale. */
function ticks(low, high, count = 5) {
  const rough = (high - low) / count;
  const power = 10 ** floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const first = Math.ceil(low / step);
  const last = floor(high / step + 1e-9);
  if (last <= first && count < 9) return ticks(low, high, count + 1);
  return range(max(last - first + 1, 0)).map((i) => Number(((first + i) * step).toPrecision(12)));
}

/** The number between low and high that is nearest to a value. */
function clamped(value, low, high) {
  return max(low, min(high, value));
}

/** (1 − t) · one + t · other, for numbers and for arrays of any depth. */
function between(one, other, t) {
  return Array.isArray(one) ? one.map((value, i) => between(value, other[i], t)) : one + t * (other - one);
}
