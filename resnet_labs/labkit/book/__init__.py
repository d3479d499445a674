"""How the book is made: its labs are executed once and kept, then pages, EPUB and PDF are built from them."""
