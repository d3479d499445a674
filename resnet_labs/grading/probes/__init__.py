"""One probe for each exercise: what it asks of an answer, and on which inputs. The verdict is made outside."""
