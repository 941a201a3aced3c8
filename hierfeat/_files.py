"""Files are written out of sight and put in their place whole, so that an interruption leaves no half of one."""

import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from hierfeat.errors import HierfeatError

_LFS = b"version https://git-lfs"
_HOST = re.sub(r"\W", "_", platform.node())


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a path to write to; what was written becomes `path` on success, and nothing is left on any failure.

    Raises
    ------
    HierfeatError
        If there can be no such file, before anything is written.

    Notes
    -----
    Under Linux the file has no name until it is whole, so that a process that is killed leaves nothing but an empty
    link. That, and what writers or systems leave that must have a name, lies in a hidden folder, which the next writer
    takes away.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "note.txt"
    >>> with replacing(target) as partial:
    ...     _ = partial.write_text("all of it")
    >>> target.read_text()
    'all of it'
    """
    target = Path(path)
    if target.is_dir():
        raise HierfeatError(f"expected a file to write, got the folder {target}")
    with ExitStack() as stack:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(target.parent)
            partial, finish = stack.enter_context(_unfinished(target))
        except OSError as error:
            raise HierfeatError(
                f"cannot write {target}: {error.strerror} ({error.filename}); choose another place"
            ) from error
        yield partial
        finish()


def write_text(path: str | Path, text: str) -> None:
    """Write `text` to `path`, whole or not at all."""
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_with(path: str | Path, write: Callable[[Path], object]) -> None:
    """Let ``write(partial)`` make the file that then becomes `path`."""
    with replacing(path) as partial:
        write(partial)


def write_together(folder: Path, writers: Mapping[str, Callable[[Path], object]]) -> None:
    """Write several files of one folder, and only when all are whole put them in their places, in this order.

    A writer may look at the files before it, under the names that it is given; see :class:`hierfeat.Result`.
    """
    with ExitStack() as stack:
        partials = {name: stack.enter_context(replacing(folder / name)) for name in reversed(list(writers))}
        for name, write in writers.items():
            write(partials[name])


def is_lfs_pointer(path: Path) -> bool:
    """Whether a file holds only the text by which git-lfs stands for it: a clone without git-lfs has these."""
    try:
        with path.open("rb") as file:
            return file.read(len(_LFS)) == _LFS
    except OSError:
        return False


@contextmanager
def _unfinished(target: Path) -> Iterator[tuple[Path, Callable[[], None]]]:
    """Where to write, and what to call when all is written."""
    room = target.parent / f".hierfeat-{_HOST}-{os.getpid()}-{os.urandom(4).hex()}"
    room.mkdir()
    partial = room / f"partial{target.suffix}"
    handle = _nameless(target.parent)

    def finish() -> None:
        if partial.is_symlink():
            whole = room / "whole"
            # a descriptor is passed so that the link is followed; the absolute path makes nothing else of it
            os.link(f"/proc/self/fd/{handle}", whole, src_dir_fd=handle, follow_symlinks=True)
            whole.replace(target)
        else:  # a hidden file from the start, or one that the writer put in place of the link
            partial.chmod(0o666 & ~_umask())
            partial.replace(target)

    try:
        if handle is None:
            partial.touch()
        else:
            partial.symlink_to(f"/proc/{os.getpid()}/fd/{handle}")
        yield partial, finish
    finally:
        shutil.rmtree(room, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def _nameless(folder: Path) -> int | None:
    """A file without a name, which ends with its process; None where the system has no such files."""
    if sys.platform != "linux" or not Path("/proc/self/fd").is_dir():
        return None
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666)
    except OSError:  # not every file system can
        return None


def _remove_abandoned(folder: Path) -> None:
    """Take away what killed writers left, if they ran on this machine."""
    for path in folder.glob(f".hierfeat-{_HOST}-*-*"):
        process = path.name.split("-")[-2]
        if process.isdecimal() and not _is_running(int(process)):
            shutil.rmtree(path, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _is_running(process: int) -> bool:
    if sys.platform == "win32":
        return True  # there is no harmless question there
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
