"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# kernels compile in the first example
settings.register_profile("default", deadline=None)
settings.load_profile("default")
