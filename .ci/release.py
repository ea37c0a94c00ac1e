# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a release writes, and what has to be true before; it tags nothing and publishes nothing.

python .ci/release.py check VERSION        say every reason why this version cannot be released; write nothing
python .ci/release.py write FOLDER NOTES [VERSION]
                                           write version and changelog in a copy of the repository, and the notes of the
                                           release; without VERSION, of the one that galaxy.yml announces
python .ci/release.py take FOLDER          take over what was written in that copy
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
VERSION = re.compile(r"\d+\.\d+\.\d+")
DEVELOPMENT = "-dev"  # what the version of galaxy.yml ends with between two releases


def problems(version: str) -> Iterator[str]:
    """Yield every reason why this version cannot be released from this checkout."""
    changed = git("status", "--porcelain")
    if changed:
        yield f"there are changes that are not committed; commit or remove them:\n{changed}"
    before = releases(ROOT)
    if not VERSION.fullmatch(version):
        yield f"{version!r} is not a version with three numbers; say, for instance, make release VERSION=1.0.0"
    elif version in before or git("tag", "--list", version, f"v{version}"):
        yield f"{version} is released already; choose a higher version"
    elif before and number(version) < max(map(number, before)):
        yield f"{version} is lower than {max(before, key=number)}, which is released; choose a higher version"
    if not fragments(ROOT):
        yield "changelogs/fragments says nothing that users would notice, so there is nothing to release"


def write(folder: Path, notes: Path, version: str | None) -> None:
    """Write version and changelog in a copy of the repository, and its notes to a file outside of it."""
    announced = load(folder / "galaxy.yml")["version"]
    if version is None and announced.endswith(DEVELOPMENT) and fragments(folder):
        version = announced.removesuffix(DEVELOPMENT)
    if version is None and not announced.endswith(DEVELOPMENT) and announced not in releases(folder):
        sys.exit(f"galaxy.yml says {announced}, and the changelog has no such release: use make release")
    if version is not None:
        galaxy = folder / "galaxy.yml"
        galaxy.write_text(re.sub(r"(?m)^version: .*$", f"version: {version}", galaxy.read_text(encoding="utf-8")))
        subprocess.run(["antsibull-changelog", "release", "--version", version], cwd=folder, check=True)
    if releases(folder):
        latest = ("generate", "--only-latest", "--output-format", "md", "--output", str(notes.resolve()))
        subprocess.run(["antsibull-changelog", *latest], cwd=folder, check=True)


def take(folder: Path) -> None:
    """Take over version and changelog from the copy, and the fragments' end."""
    for name in ("galaxy.yml", "CHANGELOG.md"):
        shutil.copyfile(folder / name, ROOT / name)
    shutil.rmtree(ROOT / "changelogs")
    shutil.copytree(folder / "changelogs", ROOT / "changelogs", ignore=shutil.ignore_patterns(".plugin-cache.yaml"))
    (ROOT / "changelogs/fragments").mkdir(exist_ok=True)


def fragments(folder: Path) -> list[str]:
    """Return the names of the changelog fragments that say something to users."""
    files = sorted((folder / "changelogs/fragments").glob("*.y*ml"))
    return [file.name for file in files if any(load(file).get(name) for name in load(file) if name != "trivial")]


def releases(folder: Path) -> list[str]:
    """Return the versions that the changelog has."""
    file = folder / "changelogs/changelog.yaml"
    return list(load(file)["releases"]) if file.is_file() else []


def number(version: str) -> tuple[int, ...]:
    """Return a version as something to compare."""
    return tuple(map(int, version.split(".")))


def load(file: Path) -> dict[str, Any]:
    """Return what a YAML file holds."""
    return yaml.safe_load(file.read_text(encoding="utf-8")) or {}


def git(*words: str) -> str:
    """Return what git says of this checkout."""
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.rstrip()


def main(action: str = "", *words: str) -> int:
    """Do what the arguments say; return the exit code."""
    if action == "check" and len(words) <= 1:
        found = list(problems(*words or [""]))
        for problem in found:
            print(f"release: {problem}", file=sys.stderr)
        return 1 if found else 0
    if action == "write" and len(words) in {2, 3}:
        write(Path(words[0]), Path(words[1]), words[2] if len(words) > 2 else None)
        return 0
    if action == "take" and len(words) == 1:
        take(Path(words[0]))
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
