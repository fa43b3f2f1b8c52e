"""A server on this machine as a target: pictures go there, scores or labels come back."""

import http.client
import io
import ipaddress
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import numpy as np
from jaxtyping import Float

from loft_jax.errors import InputError, one_line
from loft_jax.targets.base import Access
from loft_jax.targets.callback import CallbackTarget

SECONDS = 120
"""How long an answer may take."""
LONGEST = 2**28
"""Bytes of an answer that are read at most."""
NPY = "application/x-npy"


class HttpTarget(CallbackTarget):
    """A classifier behind an address of this machine, which is never left.

    It is sent POST requests whose body is a .npy file of float32 pictures [n h w ch] in [0, 1], at
    most 128 of them, and answers scores [n c] or class numbers [n]: a .npy file, or JSON, a list
    or an object with a list under "scores" or "labels". Proxies and redirects are not followed.

    Args:
        url: such as http://127.0.0.1:8000/predict.
        size: side of its pictures in pixels.
        channels: of its pictures.
        class_names: one name a class.
        access: "scores" or "label"; None finds out by asking about one gray picture, which is
            counted as a query.

    Raises:
        InputError: if the address is not of this machine, or nothing sensible answers there.
    """

    def __init__(
        self,
        url: str,
        *,
        size: int,
        channels: int,
        class_names: tuple[str, ...],
        access: Access | None = None,
    ):
        _check_local(url)
        self.url = url
        gray = np.full((1, size, size, channels), 0.5, np.float32)
        found = _access_of(asked(url, gray)) if access is None else access
        super().__init__(
            lambda images: asked(url, images),
            size=size, channels=channels, class_names=class_names, access=found,
        )  # fmt: skip
        self.count(int(access is None))

    @property
    def label(self) -> str:
        """The address."""
        return self.url


def asked(url: str, images: Float[np.ndarray, "n h w ch"]) -> np.ndarray:
    """What the server at this address answers to pictures.

    Raises:
        InputError: if it does not answer, answers with an error, or neither .npy nor JSON.
    """
    body = io.BytesIO()
    np.save(body, images, allow_pickle=False)
    request = urllib.request.Request(url, body.getvalue(), {"Content-Type": NPY}, method="POST")
    try:
        with _ON_THIS_MACHINE.open(request, timeout=SECONDS) as answer:
            said = answer.read(LONGEST)
    except (OSError, http.client.HTTPException) as error:
        msg = f"`{url}` must answer pictures of shape {images.shape}, got: {one_line(error)}"
        raise InputError(msg) from error
    return _read(url, said)


def _read(url: str, said: bytes) -> np.ndarray:
    try:
        if said.startswith(b"\x93NUMPY"):
            return np.load(io.BytesIO(said), allow_pickle=False)
        found = json.loads(said)
        if isinstance(found, dict):
            found = found["scores"] if "scores" in found else found["labels"]
        return np.asarray(found)
    # NumPy and json report what they cannot read by many types.
    except Exception as error:
        msg = (
            f"`{url}` must answer scores or labels as .npy or JSON, got {said[:40]!r} "
            f"({one_line(error)})"
        )
        raise InputError(msg) from error


def _access_of(said: np.ndarray) -> Access:
    return "label" if said.ndim == 1 and np.issubdtype(said.dtype, np.integer) else "scores"


def _check_local(url: str) -> None:
    try:
        parts = urllib.parse.urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local or not url.startswith("http://"):
        msg = f"`url` must be an address of this machine, such as http://127.0.0.1:8000, got {url}"
        raise InputError(msg)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect could lead pictures off this machine."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


_ON_THIS_MACHINE = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
