"""Interactive pages: each one self-contained HTML file, filled from its parts and shown in a frame of the book."""
