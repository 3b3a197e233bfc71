"""The book: stage prose and executed notebooks, fill the generated tables, build, and check the pages."""
