"""For authors: `build` makes notebooks and student copies from `labs/solutions/*.py`, `lint` reads a lab's source."""
