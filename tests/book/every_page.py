"""What holds of every interactive page; its module imports these tests and offers the fixture `file`."""

from axe_playwright_python.sync_playwright import Axe

SERIOUS = ("serious", "critical")
REACHABLE = "a[href], button, input, select, textarea, summary, [tabindex]"
LISTEN = """(reachable) => {
    const shown = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled && one.tabIndex >= 0;
    const stop = (one) => one.type !== "radio" || one.checked; // arrow keys lead to the others of a group
    const controls = [...document.querySelectorAll(reachable)].filter((one) => shown(one) && stop(one));
    const own = (one) => [...one.children, ...(one.type === "radio" ? one.labels : [])];
    const parts = (one) => [[one], [one, "::after"], ...own(one).map((part) => [part])];
    const look = (one) => parts(one).map((part) => {
        const { outlineStyle, outlineWidth, boxShadow, borderTop } = getComputedStyle(...part);
        return [outlineStyle === "none" ? "none" : outlineStyle + outlineWidth, boxShadow, borderTop].join();
    }).join();
    const before = new Map(controls.map((one) => [one, look(one)]));
    const name = (one) => one.id || one.getAttribute("aria-label") || one.textContent.trim() || one.outerHTML;
    const [waiting, unseen] = [new Set(controls), []];
    document.addEventListener("focusin", (event) => {
        const [one] = event.composedPath();
        const clear = [one, ...own(one)].some((part) => part.checkVisibility({ opacityProperty: true }));
        const marked = look(one) !== before.get(one) && clear;
        if (waiting.delete(one) && !marked) unseen.push(name(one));
    });
    const pointed = [...document.querySelectorAll("body *")].filter((one) =>
        ["pointer", "crosshair"].includes(getComputedStyle(one).cursor) && one.checkVisibility());
    const mouseOnly = pointed.filter((one) => !one.closest(`${reachable}, label`));
    window.walk = { waiting: () => [...waiting].map(name), unseen, mouseOnly: mouseOnly.map(name) };
    return controls.length;
}"""


def walk(page):
    """Press Tab until every control had the focus: names of those that had it not, without a mark, or ask for a mouse.

    Three lists of str, which are empty where the keyboard does what the mouse does.
    """
    page.add_style_tag(content="* { transition: none !important }")  # a mark that fades in is there at once
    n_controls = page.evaluate(LISTEN, REACHABLE)
    assert n_controls > 0
    for _ in range(5):
        for _ in range(n_controls // 4 + 3):  # scrolling boxes and the browser's own stops come on top
            page.keyboard.press("Tab")
        if not page.evaluate("walk.waiting().length"):
            break
    return page.evaluate("[walk.waiting(), walk.unseen, walk.mouseOnly]")


def serious(page, **options):
    """What axe-core finds on an open page, one line each, without what is minor."""
    found = Axe().run(page, options={"resultTypes": ["violations"], **options}).response["violations"]
    nodes = {one["id"]: [" ".join(map(str, node["target"])) for node in one["nodes"]] for one in found}
    return [f"{one['id']} at {nodes[one['id']][:3]}" for one in found if one["impact"] in SERIOUS]


def test_tab_reaches_every_control_and_shows_where_it_is(page):
    assert walk(page) == [[], [], []]


def test_the_head_forbids_every_request(page):
    policy = page.locator("meta[http-equiv='Content-Security-Policy']").get_attribute("content")
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'") and "http" not in policy


def test_page_fits_its_width_in_both_schemes_and_axe_finds_nothing_serious(resized):
    page, width = resized
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert width > 390 or not serious(page)  # the wide ones are looked at as they stand in the book
