"""What a sensor remembers from tick to tick: JSON that a person can read in the UI."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

Memory = TypeVar("Memory", bound=BaseModel)


def remembered(kind: type[Memory], cursor: str | None) -> Memory:
    """The memory that a cursor holds; an empty one if it was written by another version."""
    try:
        return kind.model_validate_json(cursor or "{}")
    except ValidationError:
        return kind()
