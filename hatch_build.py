"""What an installed checkout needs, which the released wheel leaves to the extra `networks`.

`pip install loft-iie` is the theory: NumPy and SciPy, some seconds. A checkout is for whoever
trains or develops, so `pip install -e .` brings the networks' libraries too.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CheckoutHook(BuildHookInterface):
    """Adds the extra `networks` to the dependencies of an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before a wheel is built; `version` is that of the wheel, such as editable."""
        if version == "editable":
            build_data["dependencies"] += self.metadata.core.optional_dependencies["networks"]
