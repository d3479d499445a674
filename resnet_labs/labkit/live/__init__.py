"""The book's live views: `measure` trains small networks and stores what is shown, `page` writes book/live.md from it.

Views need no kernel: a page holds their data, and book/_static/live.js draws what a reader chooses.
"""
