"""Measure clips: one bounded decode of picture and sound, in processes that may crash."""

from seedance_assets.adapters.probe.limits import ProbeLimits
from seedance_assets.adapters.probe.opening import InputPicture, check_picture
from seedance_assets.adapters.probe.pool import ProbePool
from seedance_assets.adapters.probe.single import frame_picture
from seedance_assets.adapters.probe.single_pass import Probe, probe

__all__ = [
    "InputPicture",
    "Probe",
    "ProbeLimits",
    "ProbePool",
    "check_picture",
    "frame_picture",
    "probe",
]
