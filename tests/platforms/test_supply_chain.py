"""Dependencies: lower bounds above known vulnerabilities, and complete lock files."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "locks"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DEPLOYED = ("postgres", "parquet", "s3", "server")


def requirements(*extras: str) -> list[Requirement]:
    """The direct dependencies of the project and of some of its extras, without itself."""
    listed = [*PROJECT["project"]["dependencies"]]
    for extra in extras:
        listed += PROJECT["project"]["optional-dependencies"][extra]
    parsed = map(Requirement, listed)
    return [requirement for requirement in parsed if requirement.name != "seedance-assets"]


def pinned(lock: str) -> dict[str, list[Version]]:
    """The versions of each package in a lock file: more than one if Pythons differ."""
    found: dict[str, list[Version]] = {}
    for line in (LOCKS / lock).read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([a-z0-9-]+)==([^ ;]+)", line):
            found.setdefault(match[1], []).append(Version(match[2]))
    return found


def advisories() -> list[tuple[str, str, str]]:
    text = (LOCKS / "advisories.toml").read_text(encoding="utf-8")
    return [tuple(row) for row in tomllib.loads(text)["fixed"]]


@pytest.mark.parametrize(("package", "fixed", "advisory"), advisories())
def test_nothing_with_a_known_vulnerability_is_allowed_or_locked(
    package: str, fixed: str, advisory: str
) -> None:
    every_extra = PROJECT["project"]["optional-dependencies"]
    build = map(Requirement, PROJECT["build-system"]["requires"])

    for requirement in [*requirements(*every_extra), *build]:
        if canonicalize_name(requirement.name) == package:
            lowest = [Version(s.version) for s in requirement.specifier if s.operator == ">="]
            assert max(lowest) >= Version(fixed), advisory
    for lock in ("deploy.txt", "dev.txt"):
        assert all(version >= Version(fixed) for version in pinned(lock).get(package, [])), advisory


@pytest.mark.parametrize(
    ("lock", "extras"),
    [("deploy.txt", DEPLOYED), ("dev.txt", (*DEPLOYED, "test", "dev", "audit"))],
)
def test_a_lock_file_has_every_direct_dependency_within_its_bounds(
    lock: str, extras: tuple[str, ...]
) -> None:
    locked = pinned(lock)

    for requirement in requirements(*extras):
        versions = locked.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement} is missing: run .ci/lock"
        assert all(requirement.specifier.contains(version) for version in versions), requirement


@pytest.mark.parametrize("lock", ["deploy.txt", "dev.txt"])
def test_every_entry_of_a_lock_file_has_hashes_and_none_names_a_place(lock: str) -> None:
    text = (LOCKS / lock).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", text)[1:]

    assert len(entries) > 50
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert re.findall(r"//|--index|--find-links|file:", text) == []


def test_the_lock_files_agree() -> None:
    development = pinned("dev.txt")

    assert all(development[name] == versions for name, versions in pinned("deploy.txt").items())


def test_every_deployed_package_has_its_licence_listed() -> None:
    table = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `([^`]+)`", table, re.MULTILINE))

    assert told >= pinned("deploy.txt").keys()
