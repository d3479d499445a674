"""Grading a class: student notebooks from the solutions, and a folder of submissions to a gradebook."""
