"""Checkpoints: what a fit has reached, in a file that survives the process.

A file is written to a neighbour first, and then takes its place in one step, so that there is always a whole one,
whenever the process or the machine stops.
"""

import json
import os
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from mlcourse.scale.data import Data
from mlcourse.scale.packages import version
from mlcourse.typing import Array

FREE = {
    "max_iter",
    "verbose",
    "verbose_interval",
    "warm_start",
    "copy_x",
}  # parameters that no round depends on
HEADER = "fit"


class Checkpoint:
    """The checkpoint file of one fit. It refuses to continue another one."""

    def __init__(self, path: str | os.PathLike[str], model: BaseEstimator, data: Data) -> None:
        self.path = Path(path)
        self.fit = {
            "estimator": type(model).__name__,
            "version": version(),
            "data": f"{data.shape[0]} × {data.shape[1]} {data.dtype}, {data.summary.fingerprint}",
            **{name: told(value) for name, value in model.get_params().items() if name not in FREE},
        }
        if not self.path.parent.is_dir():
            raise FileNotFoundError(
                f"checkpoint={str(path)!r}: there is no folder {self.path.parent}. Create it first."
            )

    def load(self) -> dict[str, Array] | None:
        """Read what was saved; None if there is no file yet.

        Raises ValueError if it is not a checkpoint, or one of a fit with other data or parameters.
        """
        try:
            with np.load(self.path, allow_pickle=False) as file:
                saved = {name: file[name] for name in file.files}
            fit = json.loads(str(saved.pop(HEADER)))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError) as error:
            raise ValueError(
                f"checkpoint={str(self.path)!r} is a file, but not a checkpoint ({error}): nothing was changed. Give"
                " another name, or delete it."
            ) from error
        for name in {**self.fit, **fit}:
            if fit.get(name) != self.fit.get(name):
                raise ValueError(
                    f"checkpoint={str(self.path)!r} belongs to another fit: its {name} was {fit.get(name)}, but is"
                    f" {self.fit.get(name)} now. Give it a name of its own, or delete the file to start over."
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
    """Describe a parameter so that equal values give the same text."""
    if value is None or isinstance(value, str | int | float):
        return repr(value)
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return type(value).__name__ if isinstance(value, np.random.RandomState) else repr(value)
    return f"array {array.shape} {blake2b(array.tobytes(), digest_size=8).hexdigest()}"
