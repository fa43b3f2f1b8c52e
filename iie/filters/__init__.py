"""Linear filters against each other: rank curves, reports on samples, designs."""
