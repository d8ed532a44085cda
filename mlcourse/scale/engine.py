"""Who works on the blocks: this process (`Here`) or the workers of a Dask cluster (`Cluster`).

Both `fold`: they add up what a function makes of every block, and the result has the same bits.
"""

import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from uuid import uuid4

from mlcourse.blas import one_blas_thread
from mlcourse.scale.formats import UnreadableRows
from mlcourse.scale.formats.dask import Partition
from mlcourse.scale.memory import memory_kept
from mlcourse.scale.packages import PACKAGE, needed, version
from mlcourse.scale.rows import Block, Piece, Rows
from mlcourse.scale.tree import TreeSum, both, tree_sum
from mlcourse.threads import on_this_thread_alone

T = TypeVar("T")

FAN_IN = 16  # how many sums a worker adds at once; a power of two, so that they are branches of the tree
TASKS_PER_THREAD = 16  # about: enough for an equal share, few enough for the scheduler


@dataclass(frozen=True)
class Work:
    """What is to be done with every block: function(shared, piece) for all of its pieces, added up."""

    name: str  # that a dashboard shows
    function: Callable[[Any, Piece], Any]
    shared: Any = None  # the same for all blocks, such as the parameters of this round
    every_row: bool = False  # or only those that have a weight?

    def of_block(self, block: Block) -> Any:
        """Do it for one block; None if the block has no rows for it."""
        total = None
        for piece in self.pieces(block):
            total = both(total, self.of_piece(piece))
        return total

    def of_piece(self, piece: Piece) -> Any:
        """Do it for one piece of a block."""
        return self.function(self.shared, piece)

    def pieces(self, block: Block) -> Iterator[Piece]:
        """Read what is needed of a block."""
        for piece in block.pieces():
            if self.every_row:
                yield piece
            elif len((some := piece.with_weight()).X):
                yield some


class Engine(Protocol):
    """Does the same work for every block."""

    def fold(self, work: Work, rows: Rows, advance: Callable[[int], object] | None = None) -> Any:
        """Add up the work of all blocks in the fixed tree; None if no block has rows for it.

        `advance` is called with numbers of rows done.
        """


def engine_for(client: Any = None) -> Engine:
    """Choose the engine: the cluster of `client`, or of the client that is active; if there is none, this process.

    A worker that is asked to fit a model does so alone: it cannot wait for others while it occupies a thread.
    """
    distributed = sys.modules.get("distributed")
    if client is None and distributed is not None and not inside_a_worker():
        try:
            client = distributed.default_client()
        except ValueError:  # there is none
            client = None
    return Here() if client is None else Cluster(client)


def inside_a_worker() -> bool:
    """Tell whether this thread runs a task of Dask."""
    try:
        sys.modules["distributed"].get_worker()
    except ValueError:
        return False
    return True


# ── One process ───────────────────────────────────────────────────────────────────────────────────


class Here:
    """This process: one block after the other, each shared by all cores, while the next one is read."""

    def fold(self, work: Work, rows: Rows, advance: Callable[[int], object] | None = None) -> Any:
        """Add up the work of all blocks in the fixed tree. See `Engine`."""
        tree: TreeSum[Any] = TreeSum()
        total = None
        with closing(read_ahead(self._pieces(work, rows))) as ready:
            for block, piece in ready:
                if piece is not None:
                    total = both(total, work.of_piece(piece))
                    continue
                tree.add(total)
                total = None
                if advance:
                    advance(block.n_rows or 0)
        return tree.total()

    def _pieces(self, work: Work, rows: Rows) -> Iterator[tuple[Block, Piece | None]]:
        """Read the pieces of all blocks; None ends a block."""
        for block in rows.blocks:
            for piece in work.pieces(block):
                yield block, piece
            yield block, None


def read_ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """Yield the same items; while the caller works on one, a thread fetches the next."""
    nothing: Any = object()
    with ThreadPoolExecutor(1, "mlcourse reader") as reader:
        following = reader.submit(next, items, nothing)
        while (item := following.result()) is not nothing:
            following = reader.submit(next, items, nothing)
            yield item


# ── A cluster ─────────────────────────────────────────────────────────────────────────────────────


class Cluster:
    """The workers of a Dask cluster: each takes a branch of the tree at a time, and branches are added by workers.

    Blocks go to the workers as recipes, and every worker reads its own. If a worker dies, Dask has others do what is
    lost again, with the same result.
    """

    def __init__(self, client: Any) -> None:
        self.client, self.delayed = client, needed("dask", "Clusters").delayed
        check_client(client)
        check_workers(client)

    def fold(self, work: Work, rows: Rows, advance: Callable[[int], object] | None = None) -> Any:
        """Add up the work of all blocks in the fixed tree. See `Engine`."""
        if not rows.blocks:
            return None
        shared = self.delayed(work, name=key(f"share_{work.name}"), traverse=False)
        of_dask = any(isinstance(block.recipe, Partition) for block in rows.blocks)
        # Partitions of Dask are computed before a task begins, and so are in memory at once. In other blocks, Dask
        # need not search for any.
        size, branch = (1, list) if of_dask else (self._blocks_of_a_branch(len(rows.blocks)), Branch)
        fold_later, add_later = self.delayed(fold_branch, pure=False), self.delayed(add_sums, pure=False)
        sums = [
            fold_later(shared, branch(blocks), dask_key_name=key(work.name))
            for blocks in groups(rows.blocks, size)
        ]
        while len(sums) > 1:
            sums = [add_later(parts, dask_key_name=key(f"add_{work.name}")) for parts in groups(sums, FAN_IN)]
        total = self._result(self.client.compute(sums[0]))
        if advance:
            advance(rows.n_rows or 0)
        return total

    def _blocks_of_a_branch(self, n_blocks: int) -> int:
        """How many blocks one task takes: a power of two."""
        wanted = max(1, n_blocks // (TASKS_PER_THREAD * self._n_threads()))
        return 1 << (wanted.bit_length() - 1)

    def _n_threads(self) -> int:
        return max(1, sum(self.client.nthreads().values()))

    def _result(self, future: Any) -> Any:
        """Wait for a future; if Ctrl-C comes, let the workers stop too."""
        try:
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            raise
        except UnreadableRows as error:
            error.add_note(
                "A worker of the cluster found this. Every worker must be able to read the same paths."
            )
            raise


class Branch(list[Block]):
    """Blocks that Dask takes as they are: it looks into lists, but not into their subclasses."""


def fold_branch(work: Work, blocks: Sequence[Block]) -> Any:
    """Add up the work of some blocks, on this thread alone: what one task of a worker does."""
    with on_this_thread_alone(), one_blas_thread(), memory_kept():
        return tree_sum(map(work.of_block, blocks))


def add_sums(sums: Sequence[Any]) -> Any:
    """Add the sums of branches. What a task is given belongs to Dask, so that what would be changed is copied."""
    return tree_sum(deepcopy(one) if number % 2 == 0 else one for number, one in enumerate(sums))


def groups(items: Sequence[T], size: int) -> list[list[T]]:
    """Cut a sequence into lists of `size`; the last one may be shorter."""
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


def key(name: str) -> str:
    """Return a key that no other task has. Dashboards show the part before the dash."""
    return f"{name}-{uuid4().hex}"


def check_client(client: Any) -> None:
    """Raise TypeError or RuntimeError if this is not a client of a running cluster."""
    if not hasattr(client, "scheduler_info"):
        raise TypeError(
            f"client={client!r} must be a dask.distributed.Client: make one with Client('tcp://…:8786') or Client()."
        )
    if client.status != "running":
        raise RuntimeError(f"The Dask client is {client.status}: connect a new one, Client(...).")


def check_workers(client: Any) -> None:
    """Raise RuntimeError that names the workers that lack this package, or have another version of it."""
    own = version()
    versions = client.run(eval, f"__import__('{PACKAGE}').__version__", on_error="return")
    if not versions:
        raise RuntimeError(
            "The Dask cluster has no workers: start some, or wait with client.wait_for_workers(1)."
        )
    odd = {worker: found for worker, found in versions.items() if found != own}
    if odd:
        worker, found = next(iter(odd.items()))
        what = (
            f"cannot import {PACKAGE} ({found})" if isinstance(found, Exception) else f"has version {found}"
        )
        more = f" (and {len(odd) - 1} more)" if len(odd) > 1 else ""
        raise RuntimeError(
            f"The worker {worker}{more} {what}, but this process has {PACKAGE} {own}: install the same version"
            f' there, with pip install "{PACKAGE}[scale]=={own}".'
        )
