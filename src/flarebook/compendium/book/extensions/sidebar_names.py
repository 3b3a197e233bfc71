"""Sphinx extension: screen readers hear which pages a button of the sidebar opens, to which the theme gives no name."""

LATE = 900  # after the theme has put its functions into the context


def name_buttons(app, page, template, context, doctree):
    """Name the buttons of the theme's list of pages by the page above.  context: of the page; changed in place."""
    made = context.get("generate_toctree_html")

    def named(*args, **kwargs):
        soup = made(*args, **kwargs)
        for button in soup("summary"):
            button["aria-label"] = f"Pages below {button.find_parent('li').a.get_text().strip()}"
        return soup

    if made:
        context["generate_toctree_html"] = named


def setup(app):
    """Name the buttons of each page before it is written."""
    app.connect("html-page-context", name_buttons, priority=LATE)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
