"""Pictures from a folder that holds one folder of picture files for each class."""

import struct
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from loft_jax.data.dataset import Dataset
from loft_jax.data.resize import check_size, fit_square, to_channels
from loft_jax.errors import InputError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".pgm")
_FORMATS = ("PNG", "JPEG", "WEBP", "PPM")  # Pillow's PPM plugin reads PGM
_UNREADABLE = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError,
    MemoryError, NotImplementedError, struct.error,
    Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip
"""What Pillow raises on files that are damaged, cut short, or claim an absurd number of pixels."""


def load_folder(path: Path, size: int | None = None, *, skip_unreadable: bool = False) -> Dataset:
    """The data set in `path/<class>/<picture>`, classes and pictures in order of their names.

    Reads PNG, JPEG, WebP and PGM; hidden files and files of other types are ignored. Gray if every
    picture is stored as gray, else RGB. The camera's orientation (EXIF) is applied, transparency
    dropped, 16-bit gray reduced to 8 bits.

    Args:
        path: the folder.
        size: side in pixels; each picture is cut to its largest centred square and resized
            (bicubic, antialiased). None keeps pictures that are all square and of one size.
        skip_unreadable: leave out files that cannot be read (`Dataset.skipped` lists them).

    Raises:
        InputError: if the folder holds no class folders or a class has fewer than 2 pictures;
            listing the files that cannot be read; if sizes differ and `size` is None.
    """
    check_size(size)
    class_folders = _class_folders(path)
    pictures: list[np.ndarray] = []
    labels: list[int] = []
    unreadable: list[str] = []
    for label, folder in enumerate(class_folders):
        for file in _picture_files(folder):
            try:
                picture = _read(file, size)
            except _UNREADABLE as error:
                unreadable.append(f"{file} ({_one_line(error)})")
                continue
            _check_shape(picture, pictures, file, size)
            pictures.append(picture)
            labels.append(label)
    if unreadable and not skip_unreadable:
        raise InputError(_unreadable_sentence(unreadable))
    return Dataset(
        name=path.resolve().name,
        images=_stack(pictures),
        labels=np.array(labels, np.int32),
        class_names=tuple(folder.name for folder in class_folders),
        skipped=tuple(unreadable),
    )


def _class_folders(path: Path) -> list[Path]:
    if not path.is_dir():
        msg = f"{path} must be a folder of class folders, got no folder"
        raise InputError(msg)
    try:
        entries = sorted(path.iterdir(), key=lambda entry: entry.name)
        folders = [entry for entry in entries if _visible(entry) and entry.is_dir()]
    except OSError as error:
        msg = f"{path} must be a folder that can be read, got: {error.strerror}"
        raise InputError(msg) from error
    if len(folders) < 2:
        msg = f"{path} must hold at least 2 folders, one for each class, got {len(folders)}"
        raise InputError(msg)
    if not any(_picture_files(folder) for folder in folders):
        msg = f"{path} must hold pictures ({' '.join(SUFFIXES)}) in its class folders, got none"
        raise InputError(msg)
    return folders


def _picture_files(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    except OSError as error:
        msg = f"{folder} must be a folder that can be read, got: {error.strerror}"
        raise InputError(msg) from error
    return [entry for entry in entries if _visible(entry) and entry.suffix.lower() in SUFFIXES]


def _visible(entry: Path) -> bool:
    return not entry.name.startswith(".")


def _read(file: Path, size: int | None) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # damaged metadata around good pixels
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(file, formats=_FORMATS) as opened:
            picture = ImageOps.exif_transpose(_eight_bits(opened))
    if size is not None:
        picture = fit_square(picture, size)
    array = np.asarray(picture)
    return array[..., None] if array.ndim == 2 else array


def _eight_bits(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):  # 16-bit gray, which Pillow's convert would clip
        values = np.asarray(picture).astype(np.int64)
        return Image.fromarray(((values * 255 + 32767) // 65535).astype(np.uint8))
    return picture.convert("L" if picture.mode in ("1", "L", "LA", "La") else "RGB")


def _check_shape(
    picture: np.ndarray, earlier: list[np.ndarray], file: Path, size: int | None
) -> None:
    height, width = picture.shape[:2]
    if height != width:
        msg = f"{file} is {width}x{height}, not square: give --size to cut and resize pictures"
        raise InputError(msg)
    if size is None and earlier and earlier[0].shape[0] != height:
        before = earlier[0].shape[0]
        msg = f"{file} is {width}x{height} and others are {before}x{before}: give --size to "
        msg += "resize them all"
        raise InputError(msg)


def _stack(pictures: list[np.ndarray]) -> np.ndarray:
    if not pictures:  # all skipped: the data set's own check names the empty classes
        return np.zeros((0, 1, 1, 1), np.uint8)
    channels = max(picture.shape[2] for picture in pictures)
    return np.stack([to_channels(picture[None], channels)[0] for picture in pictures])


def _unreadable_sentence(unreadable: list[str]) -> str:
    shown = ", ".join(unreadable[:10])
    more = f" and {len(unreadable) - 10} more" if len(unreadable) > 10 else ""
    files = "1 file" if len(unreadable) == 1 else f"{len(unreadable)} files"
    return f"{files} cannot be read: {shown}{more}; mend or remove, or give --skip-unreadable"


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
