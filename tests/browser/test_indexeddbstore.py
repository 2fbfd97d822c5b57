"""The copy of the photos that `web/client` keeps in IndexedDB."""

from typing import Any, Final

from playwright.sync_api import Page

FIRST: Final = {"cursor": None, "generation": 0, "isRestarting": False}


def state(cursor: str, generation: int = 0, *, restarting: bool = False) -> dict[str, Any]:
    return {"cursor": cursor, "generation": generation, "isRestarting": restarting}


def update(
    before: dict[str, Any], after: dict[str, Any], *upserted: str, deleted: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A step that adds photos by their IDs."""
    photos = [{"photo_id": photo_id} for photo_id in upserted]
    return {"before": before, "after": after, "upserted": photos, "deleted": list(deleted)}


def effect(*upserted: str, deleted: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"upserted": [{"photo_id": photo_id} for photo_id in upserted], "deleted": list(deleted)}


STEPS: Final = [
    (update(FIRST, state("1"), "a", "b", "c"), effect("a", "b", "c")),
    (update(FIRST, state("9"), "z"), None),
    (update(state("1"), state("2"), "a", "d", deleted=("b", "unknown")), effect("d", deleted=("b",))),
    (update(state("2"), state("", 1, restarting=True)), effect()),
    (update(state("", 1, restarting=True), state("3", 1, restarting=True), "a"), effect()),
    (update(state("3", 1, restarting=True), state("4", 1), "e", deleted=("d",)), effect("e", deleted=("d", "c"))),
]
"""Updates in turn, and their effects."""

APPLY: Final = """async ([name, updates]) => {
    const { IndexedDbStore, MemoryStore } = await import(new URL("client/index.js", location.href).href);
    const effects = [];
    for (const store of [new IndexedDbStore(name), new MemoryStore()])
        for (const update of updates) effects.push(await store.apply(update));
    return effects;
}"""

CONTENT: Final = """async (name) => {
    const { IndexedDbStore } = await import(new URL("client/index.js", location.href).href);
    const store = new IndexedDbStore(name);
    return [(await store.photos()).map(({ photo_id }) => photo_id), await store.load()];
}"""

WATCH: Final = """async (name) => {
    const { IndexedDbStore } = await import(new URL("client/index.js", location.href).href);
    window.effects = [];
    new IndexedDbStore(name).watch((effect) => window.effects.push(effect), new AbortController().signal);
}"""


def test_updates_have_the_effects_of_a_copy_in_memory(sign_in_page: Page) -> None:
    assert sign_in_page.evaluate(CONTENT, "copy") == [[], FIRST]
    effects = sign_in_page.evaluate(APPLY, ["copy", [step for step, _ in STEPS]])
    assert effects == [expected for _, expected in STEPS] * 2
    sign_in_page.reload()
    assert sign_in_page.evaluate(CONTENT, "copy") == [["a", "e"], state("4", 1)]
    assert sign_in_page.evaluate(CONTENT, "other") == [[], FIRST]


def test_other_tabs_are_notified(sign_in_page: Page) -> None:
    other = sign_in_page.context.new_page()
    other.goto(sign_in_page.url)
    other.evaluate(WATCH, "copy")
    sign_in_page.evaluate(APPLY, ["copy", [STEPS[0][0], STEPS[0][0], STEPS[2][0], STEPS[3][0]]])
    other.evaluate("""() => new Promise((resolve) => {
        const look = () => (effects.length === 2 ? resolve() : setTimeout(look, 20));
        look();
    })""")
    assert other.evaluate("effects") == [STEPS[0][1], STEPS[2][1]]


def test_a_cleared_copy_is_empty(sign_in_page: Page) -> None:
    sign_in_page.evaluate(APPLY, ["copy", [STEPS[0][0]]])
    clear = """async (name) => {
        const { IndexedDbStore } = await import(new URL("client/index.js", location.href).href);
        await new IndexedDbStore(name).clear();
    }"""
    sign_in_page.evaluate(clear, "copy")
    assert sign_in_page.evaluate(CONTENT, "copy") == [[], FIRST]
