"""The lists of packages agree: bounds in pyproject.toml, environment.yml for conda, the exact pins."""

import tomllib

import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mlcourse.cli import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
*CONDA, BY_PIP = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
CONDA_NAMES = {"playwright-python": "playwright"}  # what conda-forge calls differently than PyPI
PINS = [Requirement(line) for line in (ROOT / "pins.txt").read_text("utf-8").splitlines()]


def requirements():
    """The version bounds of all packages that the course and its tests need, by name."""
    extras = PROJECT["optional-dependencies"].values()
    listed = PROJECT["dependencies"] + [need for extra in extras for need in extra]
    return {canonicalize_name(need.name): need.specifier for need in map(Requirement, listed)}


def test_conda_environment_has_the_same_bounds():
    listed = [*map(Requirement, CONDA), *map(Requirement, BY_PIP["pip"][1:])]
    assert set(CONDA_NAMES) <= {need.name for need in listed}
    assert not set(CONDA_NAMES.values()) & {need.name for need in listed}
    conda = {CONDA_NAMES.get(need.name, need.name): need.specifier for need in listed}
    assert str(conda.pop("python")) == PROJECT["requires-python"]
    assert str(conda.pop("pip")) == ""
    assert conda == requirements()


def test_conda_environment_installs_the_course():
    assert BY_PIP["pip"][0] == "-e ."


def test_build_tools_are_among_the_requirements():
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    assert {Requirement(tool).name for tool in build} <= set(requirements())


def test_pins_are_exact_and_within_the_bounds():
    for pin in PINS:
        assert [part.operator for part in pin.specifier] == ["=="], pin
        assert pin.url is None, pin
    for name, bounds in requirements().items():
        for python in ("3.11.0", "3.12.0", "3.14.0"):
            environment = default_environment() | {
                "python_full_version": python,
                "python_version": python[:4],
            }
            found = [
                pin
                for pin in PINS
                if pin.name == name and (not pin.marker or pin.marker.evaluate(environment))
            ]
            assert len(found) == 1, f"{name} on Python {python}: {found}"
            (version,) = (part.version for part in found[0].specifier)
            assert version in bounds, f"{found[0]} is outside {bounds}"
