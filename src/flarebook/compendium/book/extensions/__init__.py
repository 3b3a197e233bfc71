"""What the book adds to Sphinx: MathML, links to the glossary, figures in the index, roles, several processes."""
