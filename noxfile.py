# Copyright (c) 2026, The epinio.registries contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every check of the collection; `nox -l` lists them, and `make test` runs them all."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import nox

ROOT = Path(__file__).parent.resolve()
sys.path.insert(0, str(ROOT))

from tests.go_builds import Unavailable, build_once, build_program, cache_directory  # noqa: E402
from tests.newest_python import PROGRAMS, VERSION  # noqa: E402

NAMESPACE, NAME = "epinio", "registries"
BUILD = ROOT / "build"
OLDEST_TARGET = "3.9"  # the oldest Python that a module runs on, as in tests/config.yml
OLDEST_TARGETS = ("module_export_registries", "role_export_registries", "ways_in")
OLDEST_ACCEPTANCE = ("tests/acceptance/test_onboarding.py",)  # vaulted values are others since ansible-core 2.19
BRANCH_COVERAGE = 95  # percent of plugins/, by unit tests


#: Releases of the PyPI package `ansible`, by a collection and its version that they hold; Galaxy is not needed.
ANSIBLE_WITH = {
    ("kubernetes.core", "2.4.0"): "9.0.1",
    ("kubernetes.core", "6.6.0"): "14.5.0",
    ("awx.awx", "24.6.1"): "13.8.0",
    ("community.sops", "2.4.0"): "13.8.0",
}


class Stack(NamedTuple):
    """Versions that are tested together."""

    python: str
    core: str
    lowest: bool = False

    @property
    def requirements(self) -> tuple[str, ...]:
        """What pip installs."""
        return f"ansible-core~={self.core}.0", *(lowest_libraries(self.python) if self.lowest else ("kubernetes",))

    @property
    def kubernetes_core(self) -> str:
        """The release of the collection that we need."""
        return "2.4.0" if self.lowest else "6.6.0"

    def __str__(self) -> str:
        return f"{self.core}-py{self.python}{'-lowest' * self.lowest}"


def lowest_libraries(python: str) -> list[str]:
    """Return the lowest version of every library that requirements.txt allows for a Python, as pip takes them."""
    text = (ROOT / "requirements.txt").read_text()
    lines = re.findall(r"""(?m)^(\w+)>=([\d.]+)(?:; python_version >= "([\d.]+)")?$""", text)
    asked = {name: version for name, version, newer in lines if not newer or _numbers(newer) <= _numbers(python)}
    return [f"{name}=={version}" for name, version in asked.items()]


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]


OLDEST = Stack("3.11", "2.16", lowest=True)
OLDEST_CORE = Stack("3.11", "2.16")
NEWEST = Stack("3.12", "2.21")
#: The lowest and the newest of every library on the oldest and the newest ansible-core, and what lies between.
UNIT = [
    OLDEST,
    OLDEST_CORE,
    Stack("3.13", "2.20"),
    Stack("3.12", "2.21", lowest=True),
    NEWEST,
    Stack(VERSION, "2.21"),
]
SANITY = [Stack("3.11", "2.19"), Stack("3.12", "2.20"), NEWEST]

nox.options.default_venv_backend = "uv"
nox.options.download_python = "auto"
nox.options.reuse_venv = "yes"
nox.options.allow_parallel = True  # what sessions write is their own

# ansible-test and uv want real interpreters, not pyenv's shims; a user's own cluster is not for tests.
_pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
os.environ["PATH"] = os.pathsep.join(
    [
        *map(str, sorted(_pyenv.glob("versions/3.*/bin"), reverse=True)),
        *(folder for folder in os.environ["PATH"].split(os.pathsep) if folder != str(_pyenv / "shims")),
        str(PROGRAMS),
    ]
)
for _name in [name for name in os.environ if name.startswith("K8S_AUTH_") or name == "KUBECONFIG"]:
    del os.environ[_name]
for _name in {"EPINIO_TEST_KUBECONFIG", "EPINIO_TEST_KUBECTL", "KUBEBUILDER_ASSETS"} & os.environ.keys():
    os.environ[_name] = str(Path(os.environ[_name]).expanduser().absolute())  # sessions change their folder


def on(*stacks: Stack) -> nox.Param:
    """Parametrize a session by stacks of versions."""
    return nox.parametrize("python,stack", [nox.param(stack.python, stack, id=str(stack)) for stack in stacks])


def kubernetes_core(stack: Stack) -> Path:
    """Return a collections folder that holds kubernetes.core alone."""
    return collection("kubernetes.core", stack.kubernetes_core)


def collection(name: str, version: str) -> Path:
    """Return a collections folder that holds one collection alone, from the cache or else from PyPI."""
    folder = cache_directory() / "collections" / f"{name}-{version}"
    return build_once(folder, lambda out: _unpack(name, ANSIBLE_WITH[name, version], out))


def _unpack(name: str, release: str, out: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(
            [
                *("uv", "tool", "run", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir"),
                *("--only-binary", ":all:", "--python-version", "3.12", "--dest", scratch, f"ansible=={release}"),
            ],
            check=True,
        )
        folder = f"ansible_collections/{name.replace('.', '/')}/"
        with zipfile.ZipFile(next(Path(scratch).glob("*.whl"))) as wheel:
            wheel.extractall(out, [member for member in wheel.namelist() if folder in member])


def link(stack: Stack) -> dict[str, str]:
    """Return the environment in which Ansible finds this checkout and kubernetes.core."""
    here = BUILD / "link" / "ansible_collections" / NAMESPACE / NAME
    here.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):  # another session's, or an earlier one's
        here.symlink_to(ROOT, target_is_directory=True)
    return {"ANSIBLE_COLLECTIONS_PATH": os.pathsep.join([str(BUILD / "link"), str(kubernetes_core(stack))])}


def stage(session: nox.Session, stack: Stack) -> Path:
    """Copy tracked and new files to a collections folder of the session's own, for tools that refuse a link."""
    collections = BUILD / "stage" / session.name / "ansible_collections"
    here = collections / NAMESPACE / NAME
    shutil.rmtree(here, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (here / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, here / name, follow_symlinks=False)
    # ansible-test goes up to the nearest .git: in a folder that git ignores it would find no file, and pass.
    subprocess.run(["git", "init", "--quiet", "."], cwd=here, check=True)
    other = collections / "kubernetes"
    other.unlink(missing_ok=True)
    other.symlink_to(kubernetes_core(stack) / "ansible_collections" / "kubernetes", target_is_directory=True)
    return here


#: Run a command with an API server; it may be followed by options.
WITH_CLUSTER = ("python", "-m", "tests.control_plane", "run")
#: The same with a registry.
WITH_REGISTRY = ("python", "-m", "tests.registries", "run")
#: Run a command while the guard refuses, in every namespace of that cluster, what it can.
WITH_GUARD = ("python", "-m", "tests.guard")


def at_home(session: nox.Session, *, fresh: bool = False) -> tuple[str, str]:
    """Run a command in a home of the session's own: ansible-test makes keys and environments there, unguarded."""
    home = BUILD / "home" / session.name
    if fresh:
        shutil.rmtree(home, ignore_errors=True)
    return str(ROOT / "tests/at_home"), str(home)


def ansible_test(session: nox.Session, *command: str, beside: Sequence[str] = ()) -> None:
    """Run ansible-test in a staged copy, `beside` servers, and fail where it passes without having tested anything."""
    at, home = at_home(session)
    fetch_pip(Path(home))
    words = (*beside, at, home, "ansible-test", *command, "--color", "no")
    output = str(session.run(*words, silent=True, external=True, env={"LC_ALL": "C.UTF-8"}))
    print(output)
    if "All targets skipped" in output:
        session.error("ansible-test found nothing to test")
    if f"on Python {OLDEST_TARGET} because it could not be found" in output and os.environ.get("CI"):
        session.error(f"Python {OLDEST_TARGET}, the oldest that a module runs on, is missing")


def fetch_pip(home: Path) -> None:
    """Spare ansible-test a download that many networks do not allow: its get-pip is one that uses nox's own pip."""
    stand_in = (
        "import subprocess, sys\n"
        "arguments = [a for a in sys.argv[1:] if a not in ('--no-setuptools', '--no-wheel')]\n"
        f"pip = [{sys.executable!r}, '-m', 'pip', '--python', sys.executable]\n"
        "subprocess.check_call([*pip, 'install', '--quiet', *arguments])\n"
    )
    cache = home / ".ansible/test/cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in ("24_2", "25_2"):  # of ansible-core 2.18 and 2.19, 2.20 and 2.21
        (cache / f"get_pip_{version}.py").write_text(stand_in)


# In this order `make test` runs them, three at a time: the long ones first.
@nox.session
@on(OLDEST, NEWEST)
def integration(session: nox.Session, stack: Stack) -> None:
    """ansible-test integration on a real API server: every target, guarded, with the newest versions."""
    session.install(*stack.requirements, "-r", "tests/integration/requirements.txt")
    targets = session.posargs or (() if stack == NEWEST else OLDEST_TARGETS)
    variables = ("--variables", "tests/integration/integration_config.yml", "--")
    with session.chdir(stage(session, stack)):
        guard = WITH_GUARD if stack == NEWEST else ()
        beside = (*WITH_CLUSTER, *variables, *guard, *WITH_REGISTRY, *variables)
        ansible_test(session, "integration", "--python", stack.python, *targets, beside=beside)


@nox.session
@on(OLDEST_CORE, NEWEST)
def acceptance(session: nox.Session, stack: Stack) -> None:
    """Whole runs of Ansible on a real API server, and the test rig itself; with the oldest ansible-core, a part."""
    if stack != NEWEST and session.posargs:
        session.skip("whoever names tests means the newest versions")
    session.install(*stack.requirements, "-r", "tests/acceptance/requirements.txt")
    arguments = session.posargs or (["tests/acceptance"] if stack == NEWEST else OLDEST_ACCEPTANCE)
    environment = link(stack)
    environment["ANSIBLE_COLLECTIONS_PATH"] += f"{os.pathsep}{collection('community.sops', '2.4.0')}"
    session.run(*WITH_CLUSTER, "--", "pytest", *arguments, env=environment)


@nox.session(python=NEWEST.python)
def awx(session: nox.Session) -> None:
    """The kit for AWX before AWX's own code, ansible-runner, and awx.awx with a stand-in for its API (pytest)."""
    session.install(*NEWEST.requirements, "-r", "tests/awx/requirements.txt")
    environment = link(NEWEST)
    environment["ANSIBLE_COLLECTIONS_PATH"] += f"{os.pathsep}{collection('awx.awx', '24.6.1')}"
    session.run(*WITH_CLUSTER, "--", "pytest", *(session.posargs or ["tests/awx"]), env=environment)


@nox.session(python=NEWEST.python)
def ee(session: nox.Session) -> None:
    """The execution environment: build it from its definition, and write a destination from inside it."""
    session.install(*NEWEST.requirements, "-r", "tests/execution_environment/requirements.txt")
    here, out = stage(session, NEWEST), BUILD / "ee"
    shutil.rmtree(out, ignore_errors=True)
    session.run("ansible-galaxy", "collection", "build", str(here), "--output-path", str(out))
    places = {"EE_COLLECTIONS": str(here.parents[2]), "EE_TARBALLS": str(out)}
    arguments = session.posargs or ["tests/execution_environment"]
    session.run(*WITH_CLUSTER, "--", "pytest", *arguments, env={**link(NEWEST), **places})


@nox.session(python=NEWEST.python)
def report(session: nox.Session) -> None:
    """The report of the audit in Chromium, and its gauges and alerts as Prometheus reads them."""
    session.install(NEWEST.requirements[0], "-r", "tests/report/requirements.txt")
    arguments = session.posargs or ["tests/report"]
    session.run("pytest", *arguments, env=link(NEWEST))


@nox.session
@on(*SANITY)
def sanity(session: nox.Session, stack: Stack) -> None:
    """ansible-test sanity, with nothing ignored."""
    session.install(stack.requirements[0])
    pythons = () if stack == NEWEST else ("--python", stack.python)  # the newest tries every Python that it finds
    with session.chdir(stage(session, stack)):
        ansible_test(session, "sanity", *pythons, *session.posargs)


@nox.session(python=NEWEST.python, default=False)
def faults(session: nox.Session) -> None:
    """Every fault between the collection and a real API server, and hundreds of kills; acceptance has a sample."""
    session.install(*NEWEST.requirements, "-r", "tests/acceptance/requirements.txt")
    arguments = ["tests/acceptance", "-m", "faults", "--full", *session.posargs]
    session.run(*WITH_CLUSTER, "--", "pytest", *arguments, env=link(NEWEST))
    session.log(f"see {BUILD}/faults.md")


@nox.session(python=NEWEST.python)
def lint(session: nox.Session) -> None:
    """Style, types, licenses, and the lint of Ansible, documentation, changelog and workflows."""
    session.install(*NEWEST.requirements, "-r", "tests/lint.txt")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("reuse", "lint", "--quiet")
    here = stage(session, NEWEST)
    with session.chdir(here.parents[2]):
        session.run(
            *("mypy", "--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(BUILD / "mypy")),
            *("-p", f"ansible_collections.{NAMESPACE}.{NAME}.plugins"),
            *("-p", f"ansible_collections.{NAMESPACE}.{NAME}.tests.control_plane"),
        )
    environment = link(NEWEST)
    session.run("ansible-lint", "--offline", "--profile", "production", env=environment)
    session.run("antsibull-changelog", "lint")
    session.run(
        *("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs=all"),
        *("--check-extra-docs-refs", "."),
        env=environment,
    )
    judge_workflows(session)


ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"


def judge_workflows(session: nox.Session) -> None:
    """What runs on GitHub: syntax and shell of workflows, what attackers could use, and the shape of forms."""
    session.run("zizmor", "--offline", "--no-progress", "--persona", "pedantic", ".github")
    for schema, *files in (
        ("dependabot", ".github/dependabot.yml"),
        ("github-issue-forms", ".github/ISSUE_TEMPLATE/bug.yml", ".github/ISSUE_TEMPLATE/idea.yml"),
        ("github-issue-config", ".github/ISSUE_TEMPLATE/config.yml"),
    ):
        session.run("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files)
    try:
        program = build_program(ACTIONLINT, "1.26") / "actionlint"
    except Unavailable as error:
        if os.environ.get("CI"):
            session.error(str(error))
        session.warn(f"{error}; workflows are not judged by actionlint")
        return
    session.run(str(program), external=True)


@nox.session
@on(*UNIT)
def unit(session: nox.Session, stack: Stack) -> None:
    """Unit tests, and with the newest versions their coverage."""
    session.install(*stack.requirements, "-r", "tests/unit/requirements.txt")
    environment = link(stack)
    if stack != NEWEST:
        environment["HYPOTHESIS_PROFILE"] = "sample"
    if stack != NEWEST or session.posargs:
        session.run("pytest", "tests/unit", *session.posargs, env=environment)
        return
    report = BUILD / "coverage.json"
    environment["COVERAGE_FILE"] = str(BUILD / ".coverage")
    session.run("pytest", "tests/unit", "--cov", "--cov-report=term", f"--cov-report=json:{report}", env=environment)
    totals = json.loads(report.read_text())["totals"]
    percent = 100 * totals["covered_branches"] / (totals["num_branches"] or 1)
    if percent < BRANCH_COVERAGE:
        session.error(f"unit tests cover {percent:.1f} % of the branches in plugins/, less than {BRANCH_COVERAGE} %")
    session.log(f"unit tests cover {percent:.1f} % of the branches in plugins/")


#: Inputs that `fuzz` has to generate at the least.
FUZZ_INPUTS = 20_000


@nox.session(python=NEWEST.python)
def fuzz(session: nox.Session) -> None:
    """Generated inputs for everything that reads what others wrote, and inputs of hostile sizes."""
    session.install(*NEWEST.requirements, "-r", "tests/fuzz/requirements.txt")
    arguments = session.posargs or ["tests/fuzz", f"--at-least={FUZZ_INPUTS}"]
    session.run("pytest", *arguments, env=link(NEWEST))


@nox.session(python=NEWEST.python, default=False)
def fuzz_nightly(session: nox.Session) -> None:
    """Twenty times the inputs of fuzz, then atheris: so many seconds for each decoder (600 if none are given)."""
    session.install(*NEWEST.requirements, "-r", "tests/fuzz/nightly.txt")
    environment = link(NEWEST)
    session.run("pytest", "tests/fuzz", f"--at-least={20 * FUZZ_INPUTS}", env={**environment, "FUZZ_TIMES": "20"})
    environment["PYTHONPATH"] = environment["ANSIBLE_COLLECTIONS_PATH"]  # without pytest, nothing else leads there
    session.run("python", "-m", "tests.fuzz.nightly", *(session.posargs or ["600"]), env=environment)


@nox.session(python=NEWEST.python)
def molecule(session: nox.Session) -> None:
    """The role through molecule, on a real API server and a real registry: check, converge, idempotence, verify."""
    session.install(*NEWEST.requirements, "-r", "tests/integration/requirements.txt", "molecule")
    arguments = session.posargs or ["test", "--all"]
    output = session.run(
        *WITH_CLUSTER, "--", *WITH_REGISTRY, "--", "molecule", *arguments, env=link(NEWEST), silent=True
    )
    print(output)
    if "no hosts matched" in str(output):  # it would pass
        session.error("molecule had no host to test on")


@nox.session(python=NEWEST.python, default=False)
def generate(session: nox.Session) -> None:
    """Write what documentation takes from elsewhere; unit tests find what is stale."""
    session.install(*NEWEST.requirements)
    paths = link(NEWEST)["ANSIBLE_COLLECTIONS_PATH"]  # without pytest, nothing else leads there
    session.run("python", "docs/generate.py", env={"PYTHONPATH": paths})


@nox.session(python=NEWEST.python)
def docs(session: nox.Session) -> None:
    """The documentation as HTML, in build/docs/html, and tests of it."""
    session.install(*NEWEST.requirements, "-r", "tests/site/requirements.txt")
    site = BUILD / "docs"
    (site / "rst").mkdir(parents=True, exist_ok=True)
    (site / "rst").chmod(0o755)  # antsibull-docs insists
    session.run(
        *("antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--cleanup", "everything"),
        *("--fail-on-error", "--dest-dir", str(site / "rst"), f"{NAMESPACE}.{NAME}"),
        env=link(NEWEST),
    )
    # antsibull-docs takes the pages alone.
    shutil.copytree("docs/docsite/rst/images", site / "rst/docsite/images", dirs_exist_ok=True)
    for folder, beside in {"sphinx/pages": site / "rst", "pictures": site / "pictures"}.items():
        shutil.copytree(ROOT / "docs" / folder, beside, dirs_exist_ok=True)
    session.run("sphinx-build", "-M", "html", str(site / "rst"), str(site), "-c", "docs/sphinx", "-W", "-q", "-j2")
    session.run("pytest", "tests/site", *session.posargs, env=link(NEWEST))
    session.log(f"see {site}/html/index.html")


@nox.session(python=NEWEST.python)
def package(session: nox.Session) -> None:
    """The release that galaxy.yml announces, as a rehearsal: written in a copy, built, imported, installed, used."""
    rehearse(session)


@nox.session(python=NEWEST.python, default=False)
def release(session: nox.Session) -> None:
    """What package does, for a version; leaves tarball, notes, version and changelog. It tags and publishes nothing."""
    session.install("PyYAML")
    version = "".join(session.posargs)
    session.run("python", ".ci/release.py", "check", version)
    here = rehearse(session, version)
    session.run("python", ".ci/release.py", "take", str(here))
    session.log(f"see {BUILD / session.name}, git diff, and CONTRIBUTING.md for what comes next")


def rehearse(session: nox.Session, *version: str) -> Path:
    """Make a release in a copy of this checkout, and return the copy: tarball and notes go to build/, for use."""
    session.install(*NEWEST.requirements, "-r", "tests/integration/requirements.txt", "-r", "tests/package.txt")
    here, out, installed = stage(session, NEWEST), BUILD / session.name, BUILD / "installed" / session.name
    for folder in (out, installed):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    beside = {"ANSIBLE_COLLECTIONS_PATH": str(kubernetes_core(NEWEST))}
    session.run("python", ".ci/release.py", "write", str(here), str(out / "NOTES.md"), *version, env=beside)
    session.run("ansible-galaxy", "collection", "build", str(here), "--output-path", str(out))
    [tarball] = out.glob("*.tar.gz")
    with session.chdir(out):  # it hides all collections but this one, not those on Python's own path
        paths = {
            "PYTHONPATH": str(kubernetes_core(NEWEST)),
            "GALAXY_IMPORTER_RUN_ANSIBLE_LINT": "false",  # the lint session does; here it has to end in three minutes
        }
        imported = str(session.run("python", "-m", "galaxy_importer.main", tarball.name, silent=True, env=paths))
    (out / "importer_result.json").unlink(missing_ok=True)
    print(imported)
    if re.search(r"(?m)^(ERROR|WARNING)", imported):  # it reports what it does not like, and succeeds
        session.error("galaxy-importer does not like the collection")
    collections = os.pathsep.join([str(installed), str(kubernetes_core(NEWEST))])
    environment = {"ANSIBLE_COLLECTIONS_PATH": collections}
    follow_readme(session, here, tarball, environment)
    session.run(*WITH_CLUSTER, "--", *WITH_REGISTRY, "--", *at_home(session, fresh=True), "demo/run", env=environment)
    return here


def follow_readme(session: nox.Session, here: Path, tarball: Path, environment: dict[str, str]) -> None:
    """Type the README's commands with ansible-core and nothing else: it says what else to install, and how."""
    empty = Path(session.create_tmp()).resolve()
    python = f"--python={empty}/venv"
    session.run(
        "uv", "venv", "--quiet", "--clear", "--seed", f"--python={NEWEST.python}", f"{empty}/venv", external=True
    )
    session.run("uv", "pip", "install", "--quiet", python, NEWEST.requirements[0], external=True)
    beginning = f'kubectl create namespace epinio && PATH={empty}/venv/bin:$PATH exec "$@"'
    session.run(
        *(*WITH_CLUSTER, "--", *at_home(session, fresh=True), "bash", "-c", beginning, "-"),
        *(sys.executable, "-m", "tests.readme", str(here / "README.md"), str(tarball), str(empty)),
        env=environment,
    )


@nox.session(default=False)
def demo(session: nox.Session) -> None:
    """A short show: a list of destinations becomes what Epinio reads."""
    stack = NEWEST if sys.version_info >= (3, 12) else Stack("3.11", "2.19")  # whatever Python there is
    session.install(*stack.requirements, "-r", "tests/integration/requirements.txt")
    session.run(*WITH_CLUSTER, "--", *WITH_REGISTRY, "--", "demo/run", env=link(stack))


@nox.session(python=NEWEST.python, default=False)
@nox.parametrize("what", ["one", "fleet"], ids=["one", "fleet"])
def benchmark(session: nox.Session, what: str) -> None:
    """Whole runs beside whole runs of what people use instead; the table goes to build/."""
    session.install(*NEWEST.requirements, "-r", "requirements.txt", "cryptography")
    session.run(*WITH_CLUSTER, "--", "python", "-m", "tests.benchmark", what, *session.posargs, env=link(NEWEST))


#: What sessions share, made once per machine; `make` names what a part needs.
SHARED = {
    "python": "tests.newest_python",
    "base-image": "tests.base_image",
    "api-server": "tests.control_plane",
    "registries": "tests.registries",
    "gitops": "tests.gitops",
}


@nox.session(venv_backend="none", default=False)
def prepare(session: nox.Session) -> None:
    """Fill the caches that sessions share: kubernetes.core, and those named, of SHARED."""
    for stack in (OLDEST, NEWEST):
        link(stack)
    for name in session.posargs:
        session.run(sys.executable, "-m", SHARED[name], "prepare")
