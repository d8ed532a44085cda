/* Expectation–maximisation in the page, for points on a line or in the plane.

   Symbols
     n, d, K   number of points, features, components
     X         n points, each d numbers
     theta     {weights: K numbers, means: K points, covariances: K matrices of d rows}
     L         lower triangular, L Lᵀ = Σ
     R         responsibilities: n rows of K numbers

   The equations of mlcourse/mixture/steps.py, in the same order. tests/browser compares the numbers of both. */

const { max, min, abs, sqrt, floor, exp, log, hypot, sin, cos, PI } = Math;

/** L of the covariance S; contains NaN if S is not positive definite. */
function choleskyFactor(S) {
  const L = S.map((row) => row.map(() => 0));
  for (let i = 0; i < S.length; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = S[i][j];
      for (let m = 0; m < j; m++) rest -= L[i][m] * L[j][m];
      L[i][j] = i === j ? sqrt(rest) : rest / L[j][j];
    }
  }
  return L;
}

/** log N(x | mean, L Lᵀ) = −½ (d log 2π + ‖y‖²) − Σ log Lᵢᵢ with L y = x − mean. */
function logDensity(x, mean, L) {
  let squared = 0;
  let logRoot = 0;
  const y = [];
  for (let i = 0; i < x.length; i++) {
    let rest = x[i] - mean[i];
    for (let j = 0; j < i; j++) rest -= L[i][j] * y[j];
    y.push(rest / L[i][i]);
    squared += y[i] * y[i];
    logRoot += log(L[i][i]);
  }
  return -0.5 * (x.length * log(2 * PI) + squared) - logRoot;
}

/** The function x → the K numbers log πₖ + log N(x | μₖ, Σₖ). */
function weightedLogDensity(theta) {
  const factors = theta.covariances.map(choleskyFactor);
  const logWeights = theta.weights.map(log);
  return (x) => factors.map((L, k) => logWeights[k] + logDensity(x, theta.means[k], L));
}

function logSumExp(values) {
  const peak = max(...values);
  return peak === -Infinity ? peak : peak + log(sum(values.map((value) => exp(value - peak))));
}

/** Mean log-likelihood of the points, and the responsibility of every component for each point. */
function eStep(X, theta) {
  const logJoint = weightedLogDensity(theta);
  let total = 0;
  const R = X.map((x) => {
    const joint = logJoint(x);
    const logLikelihood = logSumExp(joint);
    total += logLikelihood;
    return joint.map((value) => exp(value - logLikelihood));
  });
  return { lowerBound: total / X.length, R };
}

/* How each covariance type constrains the K scatter matrices S of components with N points each. */
const CONSTRAIN = {
  full: (S) => S,
  tied: (S, N) => {
    const shared = combine(S, N.map((Nk) => Nk / sum(N)));
    return S.map(() => shared);
  },
  diag: (S) => S.map((Sk) => Sk.map((row, i) => row.map((value, j) => (i === j ? value : 0)))),
  spherical: (S) =>
    S.map((Sk) => {
      const variance = sum(Sk.map((row, i) => row[i])) / Sk.length;
      return Sk.map((row, i) => row.map((_, j) => (i === j ? variance : 0)));
    }),
};

/** πₖ = Nₖ / n, μₖ = Σᵢ rᵢₖ xᵢ / Nₖ, Σₖ = the constraint of the type on Σᵢ rᵢₖ (xᵢ − μₖ)(xᵢ − μₖ)ᵀ / Nₖ, plus regCovar. */
function mStep(X, R, type, regCovar) {
  const components = range(R[0].length);
  const features = range(X[0].length);
  // An empty component divides by this, not by zero.
  const N = components.map((k) => 10 * Number.EPSILON + sum(R.map((row) => row[k])));
  const means = components.map((k) => features.map((j) => sum(X.map((x, i) => R[i][k] * x[j])) / N[k]));
  const S = components.map((k) => scatter(X, R, means[k], k, N[k]));
  const covariances = CONSTRAIN[type](S, N).map((Sk) =>
    Sk.map((row, i) => row.map((value, j) => (i === j ? value + regCovar : value)))
  );
  return { weights: N.map((Nk) => Nk / sum(N)), means, covariances };
}

/** Σᵢ rᵢₖ (xᵢ − mean)(xᵢ − mean)ᵀ / Nₖ. */
function scatter(X, R, mean, k, Nk) {
  return mean.map((_, a) =>
    mean.map((_, b) => sum(X.map((x, i) => R[i][k] * (x[a] - mean[a]) * (x[b] - mean[b]))) / Nk)
  );
}

/** One round of EM: the M-step from responsibilities R, then the E-step: {theta, lowerBound, R}. */
function emRound(X, R, { type, regCovar }) {
  return judged(X, mStep(X, R, type, regCovar));
}

/** A mixture with what the E-step says of it: {theta, lowerBound, R}. */
function judged(X, theta) {
  return { theta, ...eStep(X, theta) };
}

/** K different points as means, equal weights, and for each component the constrained covariance of all points, over K. */
function randomStart(X, K, type, random) {
  const rows = range(X.length);
  const means = range(K).map(() => X[rows.splice(floor(random() * rows.length), 1)[0]].slice());
  const whole = combine([mStep(X, X.map(() => [1]), type, 1e-6).covariances[0]], [1 / K]);
  return { weights: means.map(() => 1 / K), means, covariances: means.map(() => whole) };
}

/** The component with the largest share. */
function argmax(shares) {
  return shares.indexOf(max(...shares));
}

/** Numbers in [0, 1), the same for the same seed: mulberry32 (Ettinger, 2017). */
function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function sum(values) {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function range(n) {
  return Array.from({ length: n }, (_, i) => i);
}

/** Σ shareₖ · matrixₖ. */
function combine(matrices, shares) {
  return matrices[0].map((row, i) => row.map((_, j) => sum(matrices.map((M, k) => shares[k] * M[i][j]))));
}
