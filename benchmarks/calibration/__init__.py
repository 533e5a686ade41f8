"""The calibration set: clips with graded faults, and innocent clips that resemble them.

All are drawn by code; no clip is kept in the repository. `benchmarks/agreement.py` measures them.
"""

from benchmarks.calibration.faults import seen_faults
from benchmarks.calibration.heard import sound_faults, sound_innocents
from benchmarks.calibration.innocents import innocents
from benchmarks.calibration.spec import CalibrationClip, write
from benchmarks.calibration.sudden import sudden_innocents

__all__ = ["CalibrationClip", "calibration_set", "write"]


def calibration_set() -> tuple[CalibrationClip, ...]:
    """Every clip, the faulty ones first; no two have one name."""
    return (
        *seen_faults(),
        *sound_faults(),
        *innocents(),
        *sound_innocents(),
        *sudden_innocents(),
    )
