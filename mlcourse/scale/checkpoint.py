"""Checkpoints: what a fit has reached, in a file that survives the process.

A file is written to a neighbour first, and then takes its place in one step, so that there is always a whole one,
whenever the process or the machine stops.
"""

import json
import os
from collections.abc import Mapping
from hashlib import blake2b
from numbers import Real
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from sklearn.base import BaseEstimator

from mlcourse.gaussians import CovarianceType
from mlcourse.scale.data import Data
from mlcourse.scale.packages import version
from mlcourse.typing import Array

FREE = {"verbose", "verbose_interval", "warm_start", "copy_x"}  # parameters that no result depends on
HEADER = "fit"


class Checkpoint:
    """The checkpoint file of one fit. It refuses to continue another one."""

    def __init__(
        self, path: str | os.PathLike[str], model: BaseEstimator, data: Data, n_starts: int, start: str
    ) -> None:
        if not isinstance(path, str | os.PathLike):
            raise TypeError(f"checkpoint={path!r} must be the path of a file.")
        self.path = Path(path)
        if not self.path.parent.is_dir():
            raise FileNotFoundError(
                f"checkpoint={str(path)!r}: there is no folder {self.path.parent}. Create it first."
            )
        # The last run of several may have ended at another number of rounds.
        free = FREE | {"max_iter"} if n_starts == 1 else FREE
        rows, weights = data.summary.fingerprint
        self.fit = {
            "estimator": type(model).__name__,
            "version of mlcourse": version(),
            "shape": f"{data.shape[0]} × {data.shape[1]} {data.dtype}",
            "blocks": digest(np.array([block.n_rows for block in data.rows.blocks])),
            "rows": rows,
            "weights": weights,
            "start": start,
            **{name: told(value) for name, value in model.get_params().items() if name not in free},
        }

    def load(self) -> dict[str, Array] | None:
        """Read what was saved; None if there is no file yet.

        Raises ValueError if it is not a checkpoint, or one of a fit with other data or parameters.
        """
        try:
            with np.load(self.path, allow_pickle=False) as file:
                saved = {name: file[name] for name in file.files}
            fit = dict(json.loads(str(saved.pop(HEADER))))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
            raise ValueError(
                f"checkpoint={str(self.path)!r} is a file, but not a checkpoint, or not a whole one. It was not"
                " changed. Give another name, or delete it to start over."
            ) from error
        for name in {**self.fit, **fit}:
            if fit.get(name) != self.fit.get(name):
                raise ValueError(
                    f"checkpoint={str(self.path)!r} belongs to another fit; {name}: {fit.get(name)} there,"
                    f" {self.fit.get(name)} here. Give it a name of its own, or delete the file to start over."
                )
        return saved

    def save(self, reached: Mapping[str, Any]) -> None:
        """Write what was reached."""
        beside = self.path.with_name(f"{self.path.name}.{os.getpid()}.part")
        try:
            with beside.open("wb") as file:
                np.savez(file, allow_pickle=False, **{HEADER: np.array(json.dumps(self.fit)), **reached})
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, self.path)
        finally:
            beside.unlink(missing_ok=True)


def told(value: object) -> str:
    """Describe a parameter so that equal values give the same text, in any process."""
    if value is None or isinstance(value, str | bool | CovarianceType):
        return repr(value)
    if isinstance(value, Real):
        return repr(float(value)).removesuffix(".0")
    if isinstance(value, np.random.RandomState):
        return f"generator {digest(*saved_state(value.get_state()).values())}"
    if callable(value):
        return getattr(value, "__qualname__", type(value).__qualname__)
    array = np.asarray(value, dtype=np.float64)
    return f"array {array.shape} {digest(array)}"


def digest(*arrays: Array) -> str:
    """Digits that tell these arrays from others."""
    return blake2b(b"".join(array.tobytes() for array in arrays), digest_size=8).hexdigest()


def saved_state(state: Any) -> dict[str, Array]:
    """Return the state of a generator of random numbers as arrays; nothing if there is none."""
    return (
        {}
        if state is None
        else {"generator": state[1], "generator_place": np.array(state[2:], dtype=np.float64)}
    )


def state_of(saved: Mapping[str, Array]) -> Any:
    """Return the state of a generator of random numbers that was saved; None if there was none."""
    if "generator" not in saved:
        return None
    place, has_gauss, gauss = saved["generator_place"]
    return "MT19937", saved["generator"], int(place), int(has_gauss), float(gauss)
