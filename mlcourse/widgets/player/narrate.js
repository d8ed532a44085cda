/* Captions in numbers: what each step of EM or of k-means has done. */

const NARRATORS = { em: emCaption, kmeans: kmeansCaption };

/** Of one plane: who changed and how the likelihood rose. Of several: the same numbers side by side. */
function emCaption({ frames, curve }, planes, frame) {
  const [shown, colored] = frames[frame];
  if (colored < 0) return "The start: no point has a component yet.";
  const isE = shown === colored;
  const head = isE ? `E-step ${colored + 1}` : `M-step ${shown}`;
  const likelihoods = curve.lines.map(({ values }) => [values[frame - 1], values[frame]]);
  if (planes.length > 1) {
    const each = (numbers) => numbers.map((number, p) => `${planes[p].spec.title} ${number}`).join(", ");
    if (!isE) return `${head}. Largest move of a mean: ${each(planes.map((plane) => size(moveOf(plane, shown).length)))}.`;
    const changes = () => each(planes.map((plane) => changesOf(plane, colored).total));
    const changed = colored ? ` Points with a new likeliest component: ${changes()}.` : "";
    return `${head}.${changed} Mean log-likelihood: ${each(likelihoods.map(([, now]) => decimal(now, 3)))}.`;
  }
  const [plane] = planes;
  if (!isE) return `${head}: ${moveText(plane, shown, "component", "its mean by")}; ${weightText(plane, shown)}.`;
  const first = (k, n) =>
    `every point gets its responsibilities; component ${k} is the likeliest for ${n}`;
  const [[before, now]] = likelihoods;
  const change = decimal(now - before, 4);
  if (before !== null && change.endsWith("0.0000") && !changesOf(plane, colored).total) {
    return `${head}: nothing changes any more; mean log-likelihood ${decimal(now, 4)}.`;
  }
  const gain = before === null ? "" : ` (${now < before ? "" : "+"}${change})`;
  return `${head}: ${changeText(plane, colored, "likeliest component", first)}; mean log-likelihood ${decimal(now, 4)}${gain}.`;
}

function kmeansCaption({ frames, curve }, [plane], frame) {
  const [shown, colored] = frames[frame];
  const { values } = curve.lines[0];
  const [before, now] = [values[frame - 1] ?? values[frame], values[frame]];
  const inertia = `inertia ${now < before ? `falls by ${size(before - now)} to ` : ""}${significant(now, 5)}`;
  if (shown > colored) return `Move ${shown}: ${moveText(plane, shown, "centre", "by")}; ${inertia}.`;
  const first = (k, n) =>
    `every point takes the colour of its nearest centre; centre ${k} gets the largest group, ${n} points`;
  const end = colored && !changesOf(plane, colored).total ? " k-means has converged." : "";
  return `Choose ${colored + 1}: ${changeText(plane, colored, "nearest centre", first)}; ${inertia}.${end}`;
}

/** How many points have another likeliest component than one step before, and the commonest change among them. */
function changesOf(plane, i) {
  const [before, after] = [plane.labels(i - 1), plane.labels(i)];
  return tally(after.flatMap((label, n) => (label === before[n] ? [] : [`from ${before[n]} to ${label}`])));
}

function changeText(plane, i, what, first) {
  if (!i) {
    const { key, times } = tally(plane.labels(0));
    return first(key, times);
  }
  const { total, key, times } = changesOf(plane, i);
  if (!total) return `no point changes its ${what}`;
  if (total === 1) return `1 point changes its ${what}, ${key}`;
  return `${total} points change their ${what}, ${times === total ? "all" : times} of them ${key}`;
}

/** How many keys there are, the commonest one, and how many times it is there. */
function tally(keys) {
  const counts = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  const [key, times] = Object.entries(counts).reduce((best, entry) => (entry[1] > best[1] ? entry : best), ["", 0]);
  return { total: keys.length, key, times };
}

/** The component k whose mean moves furthest in M-step i, and how far. */
function moveOf({ spec }, i) {
  const [before, after] = [spec.mixtures[i - 1].means, spec.mixtures[i].means];
  const lengths = after.map((mean, k) => hypot(...mean.map((value, j) => value - before[k][j])));
  const length = max(...lengths);
  return { k: lengths.indexOf(length), length };
}

function moveText(plane, i, what, by) {
  const { k, length } = moveOf(plane, i);
  return length > 0 ? `${what} ${k} moves most, ${by} ${size(length)}` : `no ${what} moves`;
}

function weightText(plane, i) {
  const { k } = moveOf(plane, i);
  const [before, after] = [i - 1, i].map((at) => decimal(plane.spec.mixtures[at].weights[k], 2));
  if (before === after) return `its weight stays at ${after}`;
  return `its weight ${after > before ? "grows" : "falls"} from ${before} to ${after}`;
}

/** A length for a sentence. */
function size(length) {
  return significant(length, 2);
}
