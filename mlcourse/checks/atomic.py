"""Write files such that nothing is ever half written."""

import os
from pathlib import Path


def write_atomically(path: Path, content: str | bytes, durable: bool = True) -> None:
    """Write a file so that readers find the complete old file or the complete new one, even if this run is killed.

    Text is written as UTF-8, with its own line ends. The file's folder is created. Raises OSError.

    Parameters
    ----------
    path : Path
    content : str or bytes
    durable : bool
        Whether to return only once it is on the disk, which takes a few milliseconds. Otherwise, a power cut may
        leave an empty file: only for what can be made again.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")  # two kernels may write the same file
    with draft.open("wb") as file:
        file.write(content.encode("utf-8") if isinstance(content, str) else content)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    os.replace(draft, path)
