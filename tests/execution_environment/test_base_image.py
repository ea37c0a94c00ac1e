# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where no image can be built, the reason is said; in CI that is a failure."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import base_image
from tests.go_builds import Unavailable

NO_ROOT = "only root can build an image"


@pytest.mark.parametrize(
    ("programs", "user", "reason"),
    [
        pytest.param([], 0, "buildah and debootstrap missing (Debian has packages of these names)", id="no programs"),
        pytest.param(["debootstrap"], 0, "buildah missing", id="no buildah"),
        pytest.param(["buildah"], 0, "debootstrap missing", id="no debootstrap"),
        pytest.param(["buildah", "debootstrap"], 1000, NO_ROOT, id="not root"),
    ],
)
def test_what_is_missing_is_said(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    programs: list[str],
    user: int,
    reason: str,
) -> None:
    for name in programs:
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: user)
    with pytest.raises(Unavailable) as raised:
        base_image.require()
    assert str(raised.value).startswith(reason)
    monkeypatch.delenv("CI", raising=False)
    assert base_image.main() == 0
    assert reason in capsys.readouterr().err
    monkeypatch.setenv("CI", "true")
    with pytest.raises(SystemExit) as ended:
        base_image.main()
    assert str(ended.value).startswith(reason)
