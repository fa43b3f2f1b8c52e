"""A number and its interval."""

from typing import NamedTuple


class Interval(NamedTuple):
    """A mean and how far it may be off.

    Attributes:
        value: the mean over all classes, and over seeds where there are any.
        low: lower end of the interval, of 95 % unless said otherwise; None where a single class
            of a single seed leaves nothing that varies.
        high: upper end; likewise.
        n: number of classes behind it.
    """

    value: float
    low: float | None
    high: float | None
    n: int

    def within(self, least: float, most: float) -> "Interval":
        """The same, its ends no further than the number itself can be."""
        if self.low is None or self.high is None:
            return self
        return self._replace(low=max(self.low, least), high=min(self.high, most))
