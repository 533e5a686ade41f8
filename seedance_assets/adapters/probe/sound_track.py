"""The sound of a clip, packet by packet: length and levels."""

import math
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.error import FFmpegError
from av.packet import Packet

from seedance_assets.adapters.probe.limits import ProbeLimits
from seedance_assets.core.errors import ClipRefused
from seedance_assets.core.measurement import AudioFacts

_DECODERS = "aac,mp3float,mp3,opus,libopus,ac3,eac3,alac,flac,pcm_s16le,pcm_s16be,pcm_s24le"
_FLOATS = frozenset({"flt", "fltp"})
_PLANES_SAFE = 2  # PyAV 18.1 reads past the planes of eight channels and more


class SoundTrack:
    """Decodes an audio stream and keeps sums; full scale is 1.0."""

    def __init__(self, stream: AudioStream, limits: ProbeLimits) -> None:
        self.stream = stream
        self._limits = limits
        self._to_float = AudioResampler(format="flt")
        self._rate_hz = self._channels = 0
        self._frames = 0
        self._peak = self._squares = 0.0
        self._values = 0
        self.errors = 0
        stream.codec_context.options = {"codec_whitelist": _DECODERS}

    def take(self, packet: "Packet[Any]") -> None:  # at run time no generic
        """Decode one packet. Raises `ClipRefused` for what no later packet can mend."""
        try:
            for frame in self.stream.decode(packet):
                self._hear(frame)
        except (FFmpegError, ValueError):
            self.errors += 1

    def _hear(self, frame: AudioFrame) -> None:
        channels, rate_hz = frame.layout.nb_channels, frame.sample_rate
        if channels > self._limits.max_channels:
            raise ClipRefused(f"it has more than {self._limits.max_channels} channels of sound")
        if not self._rate_hz:
            self._rate_hz, self._channels = rate_hz, channels
        if (rate_hz, channels) != (self._rate_hz, self._channels) or frame.is_corrupt:
            self.errors += 1
            return
        self._frames += frame.samples
        if self._frames > self._limits.max_audio_s * self._rate_hz:
            raise ClipRefused(f"it has more than {self._limits.max_audio_s:g} s of sound")
        self._weigh(self._samples(frame))

    def _samples(self, frame: AudioFrame) -> np.ndarray[Any, np.dtype[np.floating[Any]]]:
        if frame.format.name in _FLOATS and self._channels <= _PLANES_SAFE:
            return frame.to_ndarray().astype(np.float64)
        parts = [part.to_ndarray() for part in self._to_float.resample(frame)]
        return np.concatenate([part.ravel() for part in parts]).astype(np.float64)

    def _weigh(self, samples: np.ndarray[Any, np.dtype[np.floating[Any]]]) -> None:
        if not np.isfinite(samples).all():
            self.errors += 1
            samples = np.nan_to_num(samples, posinf=0.0, neginf=0.0)
        self._peak = max(self._peak, float(np.abs(samples).max(initial=0.0)))
        self._squares += float(np.square(samples).sum())
        self._values += samples.size

    def facts(self) -> AudioFacts:
        """What was measured; a track that gave nothing has a length of zero."""
        mean_square = self._squares / self._values if self._values else 0.0
        return AudioFacts(
            codec=self.stream.codec_context.name,
            sample_rate_hz=self._rate_hz,
            channels=self._channels,
            duration_s=round(self._frames / self._rate_hz, 6) if self._rate_hz else 0.0,
            decode_errors=self.errors,
            peak_dbfs=_decibels(self._peak),
            rms_dbfs=_decibels(math.sqrt(mean_square)),
        )


class UnreadableSound:
    """A sound track in a codec that cannot be decoded here: it is there, and that is all."""

    def facts(self) -> AudioFacts:
        """One error, so that the clip does not pass as intact."""
        return AudioFacts(
            codec="unknown",
            sample_rate_hz=0,
            channels=0,
            duration_s=0.0,
            decode_errors=1,
            peak_dbfs=None,
            rms_dbfs=None,
        )


def open_sound(
    container: av.container.InputContainer, limits: ProbeLimits
) -> SoundTrack | UnreadableSound | None:
    """The first sound track, or None for a silent file."""
    for stream in container.streams.audio:
        known = stream.codec_context is not None
        return SoundTrack(stream, limits) if known else UnreadableSound()
    return None


def _decibels(level: float) -> float | None:
    return round(20 * math.log10(level), 2) if level > 0 else None
