"""Model inversion: objective x prior x search x selection, and the published attacks as recipes."""
