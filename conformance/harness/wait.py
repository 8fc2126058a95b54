"""Waiting for what must come, within a bound. Nothing in this suite waits for time to pass."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_SECONDS = 20.0
_LOOK_AGAIN_SECONDS = 0.01


def until(look: Callable[[], T], what: str, seconds: float = PATIENCE_SECONDS) -> T:
    """Looks until there is something true to see, and gives it."""
    end = time.monotonic() + seconds
    never = threading.Event()
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() >= end:
            raise TimeoutError(f"{what}: not within {seconds} seconds")
        never.wait(_LOOK_AGAIN_SECONDS)
