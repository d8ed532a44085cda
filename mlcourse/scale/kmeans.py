"""`KMeans` for rows that need not fit in memory: the same Lloyd's algorithm, but the assignment walks over blocks.

If there are many rows, it starts by k-means‖: a few passes, each of which draws many rows at once with probability ∝
squared distance to the nearest row drawn before, and then k-means++ among these, each weighted by the rows that have
it as the nearest one.

Source: Bahmani, Moseley, Vattani, Kumar & Vassilvitskii (2012), "Scalable k-means++", VLDB 5. Here a pass draws a
fixed number of rows, without replacement, by a random key for each row: Efraimidis & Spirakis (2006), "Weighted
random sampling with a reservoir", Information Processing Letters 97.
"""

import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any, Self

import numpy as np
from sklearn.base import _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from mlcourse import kmeans
from mlcourse.kmeans.steps import (
    Sums,
    TopRows,
    assign,
    farthest,
    inertia_of,
    lloyd,
    relocate,
    squared_distance_to_own,
    sums_after_moves,
)
from mlcourse.scale.bar import RowBar
from mlcourse.scale.checkpoint import Checkpoint, saved_state, state_of
from mlcourse.scale.data import Data, check_enough, seed_from
from mlcourse.scale.engine import Work
from mlcourse.scale.results import Output, beyond_memory, folded, keep_columns, results, rows_for
from mlcourse.scale.rows import Piece
from mlcourse.scale.summary import check_rows
from mlcourse.typing import Array, Floats, Ints

PASSES = 5  # of k-means‖: the paper finds no gain in more
DRAWN_PER_CLUSTER = 2  # in each pass
ROUNDING = 1e-9  # relative: sums that differ by less are those of the same clustering


@dataclass
class Run:
    """One run of Lloyd's algorithm, and how far it has come."""

    centers: Floats  # of the next round
    n_iter: int = 0
    settled: bool = False
    judged: Floats | None = None  # the centres that the inertia belongs to
    inertia: float = np.inf
    sums: Sums | None = None  # over the clusters at the end

    def parts(self, name: str) -> dict[str, Any]:
        """Return what a checkpoint keeps of it."""
        parts = {
            "centers": self.centers,
            "n_iter": self.n_iter,
            "settled": self.settled,
            "inertia": self.inertia,
        }
        if self.judged is not None:
            parts["judged"] = self.judged
        if self.sums is not None:
            parts |= vars(self.sums)
        return {f"{name}_{key}": value for key, value in parts.items()}

    @classmethod
    def saved(cls, parts: dict[str, Array], name: str) -> Self | None:
        """Read a run from a checkpoint; None if it has none of this name."""
        parts = {
            key.removeprefix(f"{name}_"): value for key, value in parts.items() if key.startswith(f"{name}_")
        }
        if not parts:
            return None
        n_iter, settled, inertia = (parts[key].item() for key in ("n_iter", "settled", "inertia"))
        sums = Sums(*(parts[field.name] for field in fields(Sums))) if "weight" in parts else None
        return cls(parts["centers"], n_iter, settled, parts.get("judged"), inertia, sums)


class KMeans(kmeans.KMeans):
    """k-means clustering of rows that need not fit in memory.

    Parameters and attributes are those of `mlcourse.kmeans.KMeans`, and so are the results for an ordinary array.
    Wherever that takes an array, this also takes what `open_rows` takes: files, memory-mapped arrays, Zarr, Dask.
    Blocks of rows are read when they are needed: by this process, or by the workers of a Dask cluster if a client is
    active or given. Either way the results are the same to the last bit.

    With init="k-means++", many rows start by k-means‖. There is no `labels_` then: `predict` computes labels block by
    block.
    """

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: object = None,
        sample_weight: Any = None,
        *,
        checkpoint: str | os.PathLike[str] | None = None,
        client: Any = None,
    ) -> Self:
        """Cluster the rows of X.

        Parameters
        ----------
        X : array-like, or rows beyond memory as in `open_rows`
        y : ignored
        sample_weight : array-like of shape (n,) or name of a column, default all ones
        checkpoint : path, optional
            A file that is written after every round. If it exists, the fit goes on from there, and ends with the
            same centres, to the last bit, as if it had never been interrupted.
        client : dask.distributed.Client, optional
            The cluster that does the work; by default, that of the active client, if there is one.

        Raises
        ------
        UnreadableRows
            Names the file and row that is missing, cut off or not finite. The model is as it was before.
        ValueError
            As in `mlcourse.KMeans.fit`, and for a checkpoint of another fit.
        RuntimeError
            If a worker of the cluster lacks this package, or has another version.
        KeyboardInterrupt
            After Ctrl-C, once the attributes are set to the best clustering so far.
        """
        if not beyond_memory(X, checkpoint=checkpoint, client=client):
            return super().fit(X, y, sample_weight)
        data = Data.opened(X, sample_weight, client, bool(self.verbose))
        check_enough(data, "n_clusters", self.n_clusters)
        search = Search(
            None if checkpoint is None else Checkpoint(checkpoint, self, data, self._n_starts(), "new")
        )
        try:
            self._search(search, data)
        except KeyboardInterrupt:
            self._keep(search.better_of_both(), data)
            raise
        self._keep(search.best, data)
        found = len(np.unique(self.cluster_centers_, axis=0))
        if found < self.n_clusters:
            warnings.warn(
                f"Number of distinct clusters ({found}) found smaller than n_clusters ({self.n_clusters})."
                " Possibly due to duplicate points in X.",
                ConvergenceWarning,
                stacklevel=3,
            )
        return self

    def _keep(self, run: "Run | None", data: Data) -> None:
        """Set the attributes of a fitted model, if a run has come far enough."""
        if run is None or run.judged is None:
            return
        self.cluster_centers_, self.inertia_, self.n_iter_ = run.judged, run.inertia, run.n_iter
        self._n_features_out = self.n_clusters
        self.__dict__.pop("labels_", None)  # of an earlier fit to an array
        keep_columns(self, data.rows)

    def _search(self, search: "Search", data: Data) -> None:
        """Run Lloyd's algorithm from every start, and keep the best run."""
        tol = self.tol * data.summary.squares / (data.summary.weight * data.shape[1])
        random_state = check_random_state(self.random_state)
        if search.random_state is not None:
            random_state.set_state(search.random_state)
        if search.run is not None:  # an earlier call has begun it
            self._follow(search.run, search, data, tol)
        for number in range(search.number + 1, self._n_starts() + 1):
            search.number, search.run = number, Run(self._first_centers(data, random_state))
            search.random_state = random_state.get_state()
            search.note()
            self._follow(search.run, search, data, tol)

    def _follow(self, run: "Run", search: "Search", data: Data, tol: float) -> None:
        """Run Lloyd's algorithm until it ends, and judge its last centres."""
        name = f"Start {search.number} of {self._n_starts()}"
        rounds = 0 if run.settled else max(self.max_iter - run.n_iter, 0)
        with RowBar.over(name, data.shape[0], self.max_iter, run.n_iter, disable=not self.verbose) as bar:
            walk = Walk(data, bar.update)
            for step in islice(lloyd(walk.assign, run.centers), rounds):
                shift = float(((step.next_centers - step.centers) ** 2).sum())
                run.centers, run.n_iter, run.settled = step.next_centers, run.n_iter + 1, shift <= tol
                run.judged, run.inertia = step.centers, walk.inertia
                bar.next_round(f"inertia {walk.inertia:.6g}" + ", converged" * run.settled)
                search.note()
                if run.settled:
                    break
        judgement = data.fold("judge", judgement_of_piece, (run.centers, data.summary.mean))
        run.judged, run.sums, run.inertia = run.centers, judgement.sums, judgement.inertia
        search.best, search.run = search.better_of_both(), None

    # ── Where it starts ───────────────────────────────────────────────────────────────────────────

    def _first_centers(self, data: Data, random_state: np.random.RandomState) -> Floats:
        """The initial centres: (n_clusters, d)."""
        if not isinstance(self.init, str) and not callable(self.init):
            return self._given_centers(self.init, data)
        if callable(self.init) or data.fits_a_sample:  # as in memory
            X, w = data.sample(random_state)
            return self._start(X, np.ones(len(X), X.dtype) if w is None else w, random_state)
        if self.init == "random":
            return drawn(data, self.n_clusters, None, random_state)
        return kmeans_parallel(data, self.n_clusters, random_state)

    # ── Using the clusters ────────────────────────────────────────────────────────────────────────

    def fit_predict(self, X: Any, y: object = None, sample_weight: Any = None) -> Any:
        """Fit to the rows of X and return their labels: (n,) int32."""
        return self.fit(X, sample_weight=sample_weight).predict(X)

    def predict(self, X: Any, *, out: Output = None, client: Any = None) -> Any:
        """Find the nearest centre for every row: (n,) int32. See `results` for rows beyond memory."""
        if not beyond_memory(X, out=out, client=client):
            return super().predict(X)
        return results(self, "predict", X, ["label"], out, client)

    def transform(self, X: Any, *, out: Output = None, client: Any = None) -> Any:
        """Compute the distance from every row to every centre: (n, K). See `results` for rows beyond memory."""
        if not beyond_memory(X, out=out, client=client):
            return super().transform(X)
        return results(self, "transform", X, list(self.get_feature_names_out()), out, client)

    def score(self, X: Any, y: object = None, sample_weight: Any = None) -> float:
        """Return minus the inertia of X about the fitted centres: higher is better."""
        if not beyond_memory(X):
            return super().score(X, y, sample_weight)
        rows = rows_for(self, X, sample_weight)
        shared = (self.cluster_centers_, rows.names)
        return -float(folded(Work("inertia", checked_inertia_of_piece, shared), rows))


class Search:
    """The runs of one fit, from all its starts, and how far they have come. It begins where its checkpoint ends."""

    def __init__(self, checkpoint: Checkpoint | None) -> None:
        self.checkpoint = checkpoint
        self.best: Run | None = None  # of the runs that have ended
        self.run: Run | None = None  # that has not
        self.number = 0  # of its start, from 1
        self.random_state: Any = None  # the state of the generator after that start
        saved = checkpoint.load() if checkpoint else None
        if saved is not None:
            self.number, self.random_state = int(saved["number"]), state_of(saved)
            self.run, self.best = Run.saved(saved, "run"), Run.saved(saved, "best")

    def better_of_both(self) -> Run | None:
        """Return the run with the lower inertia; of those with the same clustering, the earlier."""
        if self.best is None or self.run is None:
            return self.best or self.run
        better = self.run.inertia < self.best.inertia and not same_clustering(self.run.sums, self.best.sums)
        return self.run if better else self.best

    def note(self) -> None:
        """Save what was reached, if there is a checkpoint."""
        if self.checkpoint is not None:
            runs = (self.run.parts("run") if self.run else {}) | (
                self.best.parts("best") if self.best else {}
            )
            self.checkpoint.save({"number": self.number, **saved_state(self.random_state), **runs})


def same_clustering(a: Sums | None, b: Sums | None) -> bool:
    """Check whether two clusterings have the same sums, but for rounding and the order of the clusters."""
    if a is None or b is None:
        return False
    nearest = assign(a.offset, b.offset)
    if len(set(nearest)) < len(nearest):
        return False
    scale = np.abs(a.offset).max()
    return np.allclose(a.weight, b.weight[nearest], rtol=ROUNDING) and np.allclose(
        a.offset, b.offset[nearest], rtol=ROUNDING, atol=ROUNDING * scale
    )


# ── The assignment ────────────────────────────────────────────────────────────────────────────────


class Walk:
    """The first step of Lloyd's algorithm on all rows, as a function of the centres for `lloyd`."""

    def __init__(self, data: Data, advance: Callable[[int], object] | None = None) -> None:
        self.data, self.advance, self.rounds, self.inertia = data, advance, 0, np.inf

    def assign(self, c: Floats) -> tuple[Ints, Sums]:
        """Find the sums over the rows of each cluster; labels are not kept."""
        self.rounds += 1
        shared = (c, self.data.summary.mean)
        sums = self.data.fold(f"assign_{self.rounds}", sums_of_piece, shared, advance=self.advance)
        offsets, squares = c - sums.origin, self.data.summary.squares
        # ‖x − c‖² = ‖x − o‖² − 2 (x − o)·(c − o) + ‖c − o‖², summed over all rows
        cross = np.einsum("kj,kj->k", offsets, sums.weight[:, np.newaxis] * offsets - 2 * sums.offset)
        self.inertia = max(squares + float(cross.sum()), 0.0)
        n_empty = int(np.count_nonzero(sums.weight == 0))
        if n_empty:
            sums = relocate(sums, self.data.fold("farthest", farthest_of_piece, (c, n_empty)))
        return np.empty(0, dtype=np.int32), sums


def weights(piece: Piece) -> Floats:
    """Return the weights of some rows: (m,)."""
    return np.ones(len(piece.X), piece.X.dtype) if piece.w is None else piece.w


def sums_of_piece(shared: tuple[Floats, Floats], piece: Piece) -> Sums:
    """Assign some rows to the centres, and sum them up by cluster."""
    c, origin = shared
    return sums_with(assign(piece.X, c), c, origin, piece)


def sums_with(labels: Ints, c: Floats, origin: Floats, piece: Piece) -> Sums:
    """Sum up some rows by label."""
    return sums_after_moves(
        Sums.none(len(c), origin), piece.X, np.full_like(labels, -1), labels, weights(piece)
    )


@dataclass(frozen=True)
class Judgement:
    """What a run is judged by: the sums over its clusters, and its inertia."""

    sums: Sums
    inertia: float

    def __iadd__(self, other: "Judgement") -> "Judgement":
        sums = self.sums
        sums += other.sums
        return Judgement(sums, self.inertia + other.inertia)


def judgement_of_piece(shared: tuple[Floats, Floats], piece: Piece) -> Judgement:
    """Assign some rows to the centres once, for their sums and their inertia."""
    c, origin = shared
    labels = assign(piece.X, c)
    return Judgement(sums_with(labels, c, origin, piece), inertia_of(piece.X, c, labels, weights(piece)))


def farthest_of_piece(shared: tuple[Floats, int], piece: Piece) -> TopRows:
    """Find the rows that are farthest from their centres."""
    c, m = shared
    return farthest(piece.X, c, assign(piece.X, c), weights(piece), m)


def inertia_of_piece(c: Floats, piece: Piece) -> float:
    """Compute the inertia of some rows."""
    return inertia_of(piece.X, c, assign(piece.X, c), weights(piece))


def checked_inertia_of_piece(shared: tuple[Floats, tuple[str, ...] | None], piece: Piece) -> float:
    """Check some rows, and compute their inertia."""
    c, names = shared
    check_rows(piece, names)
    return inertia_of_piece(c, piece)


# ── k-means‖ ──────────────────────────────────────────────────────────────────────────────────────


def kmeans_parallel(data: Data, n_clusters: int, random_state: np.random.RandomState) -> Floats:
    """Choose centres by k-means‖: (n_clusters, d). See the top of the module."""
    candidates = drawn(data, 1, None, random_state)
    for _ in range(PASSES):
        more = drawn(data, DRAWN_PER_CLUSTER * n_clusters, candidates, random_state)
        candidates = np.unique(np.concatenate([candidates, more]), axis=0)
    owned = data.fold("weigh_candidates", owned_of_piece, candidates)
    if len(candidates) <= n_clusters:  # there are hardly more distinct rows
        return np.resize(candidates, (n_clusters, candidates.shape[1]))
    model = kmeans.KMeans(n_clusters, n_init=10, random_state=random_state)
    return model.fit(candidates, sample_weight=owned).cluster_centers_


def drawn(data: Data, m: int, candidates: Floats | None, random_state: np.random.RandomState) -> Floats:
    """Draw m rows with probability ∝ weight × squared distance to the nearest candidate; without any, ∝ weight."""
    return data.fold("draw_far_rows", drawn_of_piece, (m, candidates, seed_from(random_state))).X


def drawn_of_piece(shared: tuple[int, Floats | None, int], piece: Piece) -> TopRows:
    """Give each row with mass p the key log(u) / p, u uniform: the largest keys are those of a weighted draw."""
    m, candidates, seed = shared
    rng, w = piece.generator(seed), weights(piece)
    mass = w.astype(np.float64)
    if candidates is not None:
        mass *= squared_distance_to_own(piece.X, candidates, assign(piece.X, candidates))
    with np.errstate(divide="ignore"):
        keys = np.log(rng.uniform(size=len(mass))) / mass
    return TopRows.of(m, keys, piece.X, w, np.zeros(len(w), dtype=np.int32))


def owned_of_piece(candidates: Floats, piece: Piece) -> Floats:
    """Sum the weights of the rows that have each candidate as the nearest one."""
    owned = np.bincount(assign(piece.X, candidates), weights(piece), minlength=len(candidates))
    return owned.astype(np.float64)
