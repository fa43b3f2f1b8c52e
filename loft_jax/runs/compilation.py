"""Compiling: how long it took, and keeping what it made."""

import jax
import platformdirs


class CompileClock:
    """Adds up compile time from the moment it is made."""

    def __init__(self) -> None:
        self.seconds = 0.0
        jax.monitoring.register_event_duration_secs_listener(self._listen)

    def _listen(self, event: str, duration_secs: float, **_: object) -> None:
        # The three phases of jit; their sub-phases are reported under other names.
        if event in (
            "/jax/core/compile/jaxpr_trace_duration",
            "/jax/core/compile/jaxpr_to_mlir_module_duration",
            "/jax/core/compile/backend_compile_duration",
        ):
            self.seconds += duration_secs


def keep_compiled_programs() -> None:
    """Keep compiled programs in the user's cache folder for the next run of the same program.

    Where JAX's own settings (JAX_COMPILATION_CACHE_DIR) name a folder, they decide what is kept.
    """
    if jax.config.jax_compilation_cache_dir:  # pyright: ignore[reportAttributeAccessIssue]
        return
    folder = platformdirs.user_cache_path("loft_jax") / "compiled"
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
