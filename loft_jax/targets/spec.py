"""A target by its name: `module.py:name`, or the address of a server on this machine."""

import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from flax import nnx

from loft_jax.errors import InputError, one_line
from loft_jax.targets.base import Target

ADDRESSES = ("http://", "https://")
KINDS = (
    "a Flax NNX module, a JAX function from pictures to logits, a PyTorch module or a "
    "loft_jax.targets.base.Target"
)


def load_spec(text: str, *, size: int, channels: int, class_names: tuple[str, ...]) -> Target:
    """The model that a user names, as a target.

    A file is run: it is the user's own code. Its folder is searched for what it imports.

    Args:
        text: "path/model.py:net", where net is a Flax NNX module, a JAX function, a PyTorch module
            or a `Target`; or "http://127.0.0.1:8000/predict", see `HttpTarget`.
        size: side of its pictures in pixels.
        channels: of its pictures.
        class_names: one name a class.

    Raises:
        InputError: if there is no such file or name, it fails on a picture, or gives another number
            of classes.
    """
    kind: dict[str, Any] = {"size": size, "channels": channels, "class_names": class_names}
    if text.startswith(ADDRESSES):
        from loft_jax.targets.http import HttpTarget

        return HttpTarget(text, **kind)
    path, _, name = text.rpartition(":")
    if not path.endswith(".py") or not name:
        msg = f"`MODEL` must be FILE.py:NAME or http://127.0.0.1:PORT/PATH, got {text}"
        raise InputError(msg)
    return _target_of(_named(_imported(Path(path)), name, path), name, kind)


def _imported(path: Path) -> ModuleType:
    if not path.is_file():
        msg = f"`MODEL` must name a Python file, got {path}, which is none"
        raise InputError(msg)
    # A name of its own: a user's file may be called jax.py.
    name = f"_model_of_the_user_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    # A script may leave at its end.
    except (Exception, SystemExit) as error:
        msg = f"`MODEL` must name a file that imports, got {type(error).__name__} from {path}: "
        raise InputError(msg + one_line(error)) from error
    finally:
        sys.path.pop(0)
    return module


def _named(module: ModuleType, name: str, path: str) -> Any:
    if hasattr(module, name):
        return getattr(module, name)
    there = [other for other, value in vars(module).items() if _is_own_model(module, other, value)]
    msg = f"`MODEL` must name an object in {path} ({', '.join(there) or 'no model is there'}), got "
    raise InputError(msg + name)


def _is_own_model(module: ModuleType, name: str, value: Any) -> bool:
    elsewhere = inspect.isfunction(value) and value.__module__ != module.__name__
    return not (name.startswith("_") or elsewhere or _maker(value) is None)


def _target_of(found: Any, name: str, kind: dict[str, Any]) -> Target:
    if isinstance(found, Target):
        _check_kind(found, name, kind)
        return found
    make = _maker(found)
    if make is None:
        a_class = " (make one, and name that)" if isinstance(found, type) else ""
        msg = f"`MODEL` must be {KINDS}, got {name}, a {type(found).__name__}{a_class}"
        raise InputError(msg)
    return make(found, **kind)


def _maker(found: Any) -> Callable[..., Target] | None:
    """What makes a target of such an object; None for what is no model."""
    if isinstance(found, type) or not (callable(found) or isinstance(found, Target)):
        return None
    if isinstance(found, nnx.Module):
        from loft_jax.targets.module import ModuleTarget

        return ModuleTarget
    # Who has a PyTorch module has imported it.
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(found, torch.nn.Module):
        from loft_jax.targets.pytorch import TorchTarget

        return TorchTarget
    from loft_jax.targets.function import FunctionTarget

    return FunctionTarget


def _check_kind(target: Target, name: str, kind: dict[str, Any]) -> None:
    own = {"size": target.size, "channels": target.channels, "classes": target.classes}
    asked = {
        "size": kind["size"],
        "channels": kind["channels"],
        "classes": len(kind["class_names"]),
    }
    if own != asked:
        told = [", ".join(f"{key} {value}" for key, value in one.items()) for one in (asked, own)]
        msg = f"`MODEL` must be a target of {told[0]}, got {name} of {told[1]}"
        raise InputError(msg)
