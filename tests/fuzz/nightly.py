# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decoders under atheris, which follows the branches that inputs take: `python -m tests.fuzz.nightly SECONDS`.

Each decoder gets so many seconds, in a process of its own. What it learns is kept in `build/fuzz` for the next night;
an input that breaks something is left there too, and given as a third argument it is tried alone:
`python -m tests.fuzz.nightly DECODER FILE`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_BUILD = Path(__file__).parents[2] / "build" / "fuzz"
#: Bytes of an input, MiB of memory, seconds for one input.
_LIMITS = ("-max_len=4096", "-rss_limit_mb=2048", "-timeout=5")


def _all(seconds: int) -> int:
    """Run each decoder in turn; return how many failed."""
    from tests.fuzz import hostile
    from tests.fuzz.decoders import DECODERS

    failed = []
    for name in DECODERS:
        corpus = _BUILD / name
        corpus.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(hostile.SEEDS.get(name, ())):
            (corpus / f"seed-{number}").write_bytes(seed)
        limits = [*_LIMITS, f"-max_total_time={seconds}"]
        command = [sys.executable, "-m", __spec__.name, name, *limits, f"-artifact_prefix={corpus}-", str(corpus)]
        print(f"{name}: {seconds} seconds", flush=True)
        if subprocess.run(command, check=False).returncode:
            failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else "no decoder failed")
    return len(failed)


def _one(name: str, arguments: list[str]) -> None:
    """Run one decoder until libFuzzer's arguments end it."""
    import atheris

    with atheris.instrument_imports(include=["ansible_collections.epinio.registries"]):
        from tests.fuzz.decoders import DECODERS
    atheris.Setup([name, *arguments], DECODERS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1].isdigit():
        sys.exit(_all(int(sys.argv[1])))
    _one(sys.argv[1], sys.argv[2:])
