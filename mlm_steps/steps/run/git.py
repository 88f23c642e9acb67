"""Ask git about a folder, without settings of a repository that can run a program.

A run that has nothing to do starts no program: `head_state` reads the files of git itself.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

__all__ = ["blob_hashes", "changed_files", "commit_of", "git", "head_state", "root_of", "settings_of"]

COMMAND = ("git", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never", "--literal-pathspecs")
"""The git command, without the settings of a repository that can run a program."""
PATIENCE = 10.0
"""Seconds after which a git command is stopped, since the history of a repository may be long."""
_ENTRY = re.compile(
    r"(?:120000|100\d{3}) ([0-9a-f]+) \d\t([^\0]*)\0"
    r"  ctime: \d+:\d+\n  mtime: (\d+):(\d+)\n[^\0]*?  size: (\d+)\t"
)
_ADDRESS = re.compile(r"^(?P<scheme>https?|ssh|git)://(?:[^@/]*@)?(?P<rest>[^?#\s]+)")
_SHORT_ADDRESS = re.compile(r"^(?:[\w.-]+@)?(?P<host>[\w.-]+\.\w+):(?P<path>[^?#\s]+)$")


def git(folder: Path, *words: str) -> str:
    """Return the output of git in a folder; return an empty text if git is not installed or fails."""
    import subprocess

    environment = {**os.environ, "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(  # noqa: S603 (fixed words and paths)
            [*COMMAND, *words], cwd=folder, env=environment, capture_output=True, timeout=PATIENCE,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return os.fsdecode(done.stdout).strip("\n ") if done.returncode == 0 else ""


def root_of(folder: Path) -> Path | None:
    """Return the top folder of the repository that holds a folder; None if there is none."""
    return next((up for up in (folder, *folder.parents) if (up / ".git").exists()), None)


def head_state(folder: Path) -> str | None:
    """Return a text that differs whenever the commit of the repository differs; None without a repository.

    It is read from the files of git: ``HEAD``, and the file of its branch or the file of all branches.
    """
    root = root_of(folder)
    if root is None:
        return None
    try:
        return _head(root / ".git")
    except (OSError, ValueError):
        return None


def _head(place: Path) -> str:
    if place.is_file():  # a work tree or a submodule
        place = place.parent / place.read_text().partition("gitdir:")[2].strip()
    head = (place / "HEAD").read_text().strip()
    if not head.startswith("ref:"):
        return head
    name, shared = head.partition(":")[2].strip(), place / "commondir"
    common = place / shared.read_text().strip() if shared.is_file() else place
    for folder in (place, common):
        if (folder / name).is_file():
            return f"{head} {(folder / name).read_text().strip()}"
    packed = (common / "packed-refs", common / "reftable" / "tables.list")
    content = b"".join(path.read_bytes() for path in packed if path.is_file())
    return f"{head} {hashlib.sha256(content).hexdigest()}"


def commit_of(folder: Path) -> str:
    """Return the hash of the commit of the repository that holds a folder; an empty text if there is none."""
    return git(folder, "rev-parse", "--verify", "--quiet", "HEAD") if root_of(folder) is not None else ""


def changed_files(root: Path, paths: Sequence[Path]) -> list[str]:
    """Return the files in the index of a repository, below some paths, that differ from its commit.

    A file with the size and the time of the index is unchanged; of others the content decides. Git itself
    reads no content here, since it would run the filters that the repository sets. The names are relative to
    the root.
    """
    inside = [str(path.relative_to(root)) for path in paths if path.is_relative_to(root)]
    if not inside:
        return []
    words = ("--cached", "-z", "--name-only", "--no-renames", "--ignore-submodules", "HEAD", "--", *inside)
    staged = {name for name in git(root, "diff-index", *words).split("\0") if name}
    written = git(root, "ls-files", "-z", "-s", "--debug", "--", *inside)
    index = Path(root, git(root, "rev-parse", "--git-path", "index"))
    newest = index.stat().st_mtime_ns if index.is_file() else 0
    entries = (_Indexed(*found.groups()) for found in _ENTRY.finditer(written))
    return sorted(staged | {each.name for each in entries if each.differs(root, newest)})


class _Indexed(NamedTuple):
    """One file of the index: hash, name, seconds and nanoseconds of its change, size; all as text."""

    sha: str
    name: str
    seconds: str
    nanoseconds: str
    size: str

    def differs(self, root: Path, newest: int) -> bool:
        """Return whether the file has another content; ``newest`` is the time of the index."""
        try:
            status = (root / self.name).stat(follow_symlinks=False)
            moment = int(self.seconds) * 10**9 + int(self.nanoseconds)
            if (status.st_mtime_ns, status.st_size) == (moment, int(self.size)) and moment < newest:
                return False
            return self.sha not in blob_hashes(_content(root / self.name))
        except OSError:
            return True


def _content(path: Path) -> bytes:
    """Return what git keeps of a file: its bytes, or the target of a link."""
    return os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()


def blob_hashes(content: bytes) -> set[str]:
    """Return the names that git gives to a content, by both kinds of hashes that it knows."""
    header = f"blob {len(content)}\0".encode()
    return {hashlib.new(kind, header + content).hexdigest() for kind in ("sha1", "sha256")}


def settings_of(folder: Path) -> dict[str, str]:
    """Return the name of the user and the address of the repository, as far as git knows them.

    Names and passwords are removed from an address, and the path of a local repository is left out.
    """
    found = dict(
        _settings(git(folder, "config", "-z", "--get-regexp", r"^(user\.name|remote\.origin\.url)$"))
    )
    address = _public(found.get("remote.origin.url", ""))
    named = {"name": found.get("user.name", ""), "repository": address}
    return {key: value for key, value in named.items() if value}


def _settings(text: str) -> Iterator[tuple[str, str]]:
    for entry in text.split("\0"):
        key, _, value = entry.partition("\n")
        yield key, value.strip()


def _public(address: str) -> str:
    """Return an address without a name and a password.

    >>> _public("https://ana:secret@example.org/lab/study.git"), _public("git@example.org:lab/study.git")
    ('https://example.org/lab/study.git', 'example.org:lab/study.git')
    >>> _public("/home/ana/study")
    ''
    """
    found = _ADDRESS.match(address)
    if found:
        return f"{found['scheme']}://{found['rest']}"
    found = _SHORT_ADDRESS.match(address)
    return f"{found['host']}:{found['path']}" if found else ""
