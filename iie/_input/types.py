"""What callers may hand in where an array is wanted: all that NumPy converts, tuples included."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import ArrayLike as ArrayLike
else:
    # NumPy's own alias refuses tuples when it is checked at run time; `_checks` decides instead.
    ArrayLike = Any
