"""What the book adds to Sphinx: MathML, links to the glossary, descriptions, figures in the index, roles, processes."""
