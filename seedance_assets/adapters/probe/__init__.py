"""Measures clips: one decode of picture and sound, bounded, in processes that may die."""

from seedance_assets.adapters.probe.limits import ProbeLimits
from seedance_assets.adapters.probe.opening import InputPicture, check_picture
from seedance_assets.adapters.probe.pass_over import Probe, probe
from seedance_assets.adapters.probe.pool import ProbePool
from seedance_assets.adapters.probe.single import frame_picture

__all__ = [
    "InputPicture",
    "Probe",
    "ProbeLimits",
    "ProbePool",
    "check_picture",
    "frame_picture",
    "probe",
]
