"""Execution of notebooks: parameters, papermill, dependencies."""
