"""Write files such that nothing is ever half written."""

import os
from pathlib import Path


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file so that readers find the complete old file or the complete new one, even if this run is killed.

    Text is written as UTF-8, with its own line ends. The file's folder is created. Raises OSError.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")  # two kernels may write the same file
    with draft.open("wb") as file:
        file.write(content.encode("utf-8") if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())  # otherwise a power cut may leave an empty file under the new name
    os.replace(draft, path)
