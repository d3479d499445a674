"""A GPU that is at hand for minutes: blocks of work, the most valuable first, that go on where they stopped.

`resnet-labs gpu` runs them. What is done is read from the results lines, and from nothing else.
"""
