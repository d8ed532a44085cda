"""What a round of EM costs on many machines: on paper, and simulated with measured times and real messages.

    python -m benchmarks.cluster_model          about three minutes on a quiet machine

Symbols
-------
n, d, K    number of rows, features, components (full covariances, float32 rows, sums in float64)
W          number of workers, each with one core
B          number of blocks
F          how many sums a worker adds at once (`FAN_IN` of `mlcourse.scale.engine`)

Every worker takes one branch of the tree, B / W blocks. Then F sums at a time are sent to the worker that has the
first of them, which adds them, until one is left. What is measured here: the E-step on a block, and how long it takes
to pack, unpack and add statistics of this size. What is assumed: the network and the disks of `Machine`.
"""

import pickle
import sys
import time
from math import ceil, log
from typing import NamedTuple

import numpy as np

from mlcourse.gaussians import CovarianceType
from mlcourse.mixture import Mixture, Statistics
from mlcourse.mixture.steps import Round
from mlcourse.scale.engine import FAN_IN, groups
from mlcourse.scale.tree import tree_sum

BLOCK_ROWS = 2**18  # 64 MiB of 64 features in float32


class Machine(NamedTuple):
    """What is assumed about the machines of a cluster."""

    disk: float = 500e6  # bytes per second that a worker reads
    network: float = 1.25e9  # bytes per second between two of them: 10 Gbit/s
    latency: float = 1e-3  # seconds for each message: the scheduler's part included


class Plan(NamedTuple):
    """The size of the problem."""

    n: float = 1e12
    d: int = 64
    K: int = 256
    W: int = 1000

    @property
    def bytes_read(self) -> float:
        return 4 * self.n * self.d

    @property
    def multiply_adds(self) -> float:
        """d² for each distance by a triangular factor (NumPy multiplies whole matrices), d²/2 for each scatter."""
        return 1.5 * self.n * self.K * self.d**2

    @property
    def message(self) -> int:
        """Bytes of one set of statistics: Nₖ, first moments, scatters."""
        return 8 * self.K * (1 + self.d + self.d**2)

    @property
    def depth(self) -> int:
        """How often sums are sent on, one after the other."""
        return ceil(log(self.W, FAN_IN))


class Costs(NamedTuple):
    """Seconds, measured here on one core."""

    blocks: np.ndarray  # the E-step on a block of `BLOCK_ROWS`, several times
    add: float  # to pack, unpack and add one message


# ── Measured ──────────────────────────────────────────────────────────────────────────────────────


def example(plan: Plan) -> tuple[Mixture, np.ndarray]:
    """A mixture of this size, and a block of rows drawn from it."""
    rng = np.random.default_rng(0)
    mu = rng.normal(0, 2, (plan.K, plan.d)).astype(np.float32)
    factors = np.broadcast_to(np.eye(plan.d, dtype=np.float32), (plan.K, plan.d, plan.d)).copy()
    weights = np.full(plan.K, 1 / plan.K, dtype=np.float32)
    X = mu[rng.integers(plan.K, size=BLOCK_ROWS)]
    X += rng.standard_normal(X.shape, dtype=np.float32)
    return Mixture(weights, mu, factors, factors, CovarianceType.named("full")), X


def measure(plan: Plan, repeat: int) -> tuple[Costs, Statistics]:
    """Time the E-step on a block, and messages. Returns the statistics too."""
    theta, X = example(plan)
    one_round = Round.of(theta, X.min(axis=0), X.max(axis=0))
    seconds = []
    for _ in range(repeat):
        start = time.perf_counter()
        statistics = one_round.statistics(X).astype(np.float64)
        seconds.append(time.perf_counter() - start)
    total, packed = statistics + statistics, pickle.dumps(statistics, protocol=5)
    start = time.perf_counter()
    for _ in range(10):
        total += pickle.loads(pickle.dumps(pickle.loads(packed), protocol=5))
    return Costs(np.array(seconds), (time.perf_counter() - start) / 10), statistics


# ── On paper, and simulated ───────────────────────────────────────────────────────────────────────


def on_paper(plan: Plan, machine: Machine, costs: Costs) -> dict[str, float]:
    """Seconds of each part of a round."""
    blocks = plan.n / BLOCK_ROWS / plan.W  # of one worker
    sums = (FAN_IN - 1) * (plan.message / machine.network + machine.latency + costs.add)
    # A worker's time is a sum of many; the slowest of W is about √(2 log W) standard deviations above the mean.
    slowest = float(costs.blocks.std()) * (2 * blocks * log(plan.W)) ** 0.5
    return {
        "reading": plan.bytes_read / plan.W / machine.disk,
        "E-steps": blocks * float(costs.blocks.mean()),
        "slowest worker": slowest,
        "adding up": plan.depth * sums,
    }


def simulated(plan: Plan, machine: Machine, costs: Costs, statistics: Statistics, n_blocks: int) -> float:
    """Seconds of a round with `n_blocks`, event by event. Messages are real: packed, unpacked and added.

    Raises AssertionError if the sum differs from that of a single process in any bit.
    """
    rng = np.random.default_rng(1)
    size = n_blocks // plan.W
    branches = [float(rng.choice(costs.blocks, size).sum()) for _ in range(plan.W)]
    # Each branch has statistics of its own, so that an error of the tree would show.
    made = [statistics * float(scale) for scale in rng.lognormal(sigma=5, size=plan.W)]
    expected = tree_sum(part + part * 0.0 for part in made)
    finished = [(at, pickle.dumps(part, protocol=5)) for at, part in zip(branches, made)]
    while len(finished) > 1:
        finished = [arrived(parts, machine) for parts in groups(finished, FAN_IN)]
    at, packed = finished[0]
    total = pickle.loads(packed)
    assert total.scatter.tobytes() == expected.scatter.tobytes()
    return at


def arrived(parts: list[tuple[float, bytes]], machine: Machine) -> tuple[float, bytes]:
    """Send sums to the worker of the first one, one after the other over its network, and add them there."""
    free = parts[0][0]
    for at, packed in parts[1:]:
        free = max(free, at + machine.latency) + len(packed) / machine.network
    start = time.perf_counter()
    packed = pickle.dumps(tree_sum(pickle.loads(packed) for _, packed in parts), protocol=5)
    return free + time.perf_counter() - start, packed


def main() -> int:
    plan, machine = Plan(), Machine()
    costs, statistics = measure(plan, repeat=8)
    rate = plan.multiply_adds / plan.n * BLOCK_ROWS / costs.blocks.mean()
    print(f"{plan.n:.0e} rows × {plan.d}, K = {plan.K}, {plan.W} workers of one core each; a round:")
    print(f"  bytes read            {plan.bytes_read:.3g}, {plan.bytes_read / plan.W:.3g} by a worker")
    print(f"  multiply–adds         {plan.multiply_adds:.3g}, {plan.multiply_adds / plan.W:.3g} by a worker")
    print(
        f"  a message             {plan.message / 1e6:.1f} MB; all together {plan.message * plan.W / 1e9:.1f} GB"
    )
    print(f"  depth of the tree     {plan.depth} of {FAN_IN} sums each")
    print(
        f"measured here: {costs.blocks.mean():.2f} s for a block of {BLOCK_ROWS} rows, {rate / 1e9:.0f} G",
        end="",
    )
    print(f" multiply–adds per second; {1e3 * costs.add:.1f} ms to pack, unpack and add a message")
    for part, seconds in on_paper(plan, machine, costs).items():
        print(f"  {part:14} {seconds:10.1f} s")
    n_blocks = 10_000
    small = plan._replace(n=float(n_blocks * BLOCK_ROWS))
    paper = on_paper(small, machine, costs)
    found = simulated(small, machine, costs, statistics, n_blocks)
    computing = sum(paper.values()) - paper["reading"]
    print(
        f"simulated with {n_blocks} blocks, read in the background: {found:.2f} s; on paper {computing:.2f} s"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
