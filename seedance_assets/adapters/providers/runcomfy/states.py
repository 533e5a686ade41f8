"""The service's words for the state of a generation, and ours.

The same word means different things in two places: on /status, `completed` only says that the work
is over (a failed generation shows it too); on /result it says success. So there are two tables.
"""

from collections.abc import Mapping
from types import MappingProxyType

from seedance_assets.core.generation import GenerationState

_EVERYWHERE = {
    "in_queue": GenerationState.IN_QUEUE,
    "pending": GenerationState.IN_QUEUE,  # this and the next three: accepted by official clients
    "waiting": GenerationState.IN_QUEUE,
    "starting": GenerationState.IN_PROGRESS,
    "processing": GenerationState.IN_PROGRESS,
    "in_progress": GenerationState.IN_PROGRESS,
    "failed": GenerationState.FAILED,
    "cancelled": GenerationState.CANCELLED,
    "canceled": GenerationState.CANCELLED,
}
_SUCCESS = ("completed", "succeeded", "success", "succeed", "successful", "complete", "done",
            "finished")  # fmt: skip
_FAILURE = ("fail", "failure", "error", "errored", "expired", "timeout", "timed_out", "rejected",
            "aborted", "nsfw", "blocked", "content_filtered")  # fmt: skip

# Words of other services. On /status they only say that it is time to read the result.
STATUS_WORDS: Mapping[str, GenerationState] = MappingProxyType(
    _EVERYWHERE | dict.fromkeys((*_SUCCESS, *_FAILURE), GenerationState.COMPLETED)
)
RESULT_WORDS: Mapping[str, GenerationState] = MappingProxyType(
    _EVERYWHERE
    | dict.fromkeys(_SUCCESS, GenerationState.SUCCEEDED)
    | dict.fromkeys(_FAILURE, GenerationState.FAILED)
)


def state_from(word: object, words: Mapping[str, GenerationState]) -> GenerationState:
    """Our state for the service's word, in any case; `UNKNOWN` for anything else."""
    if not isinstance(word, str):
        return GenerationState.UNKNOWN
    plain = word.strip().lower().replace("-", "_").replace(" ", "_")
    return words.get(plain, GenerationState.UNKNOWN)


def word_for_state(document: Mapping[str, object]) -> object:
    """The word for the state in an answer; some services call it otherwise than `status`."""
    names = ("status", "state", "task_status")
    return next((document[name] for name in names if document.get(name)), None)
