"""The removal of what a smoke test made."""

from collections.abc import Callable

from botocore.exceptions import ClientError

from local.smoke.cleanup import Cleanup
from local.smoke.differences import Difference


def failing(error: BaseException) -> Callable[[], None]:
    """A removal that fails."""

    def remove() -> None:
        raise error

    return remove


def test_removals_are_in_reverse_order_and_done_once() -> None:
    removed: list[str] = []
    cleanup = Cleanup()
    for name in ("user", "photo"):
        cleanup.add(name, lambda name=name: removed.append(name))  # type: ignore[misc]
    assert (cleanup.run(), removed) == ([], ["photo", "user"])
    assert (cleanup.run(), removed) == ([], ["photo", "user"])


def test_failed_removal_is_named_and_the_others_are_done() -> None:
    removed: list[str] = []
    cleanup = Cleanup()
    cleanup.add("user", lambda: removed.append("user"))
    cleanup.add("photo", failing(Difference("500")))
    cleanup.add("queue", failing(ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DeleteQueue")))
    assert cleanup.run() == [
        "queue: An error occurred (AccessDenied) when calling the DeleteQueue operation: no",
        "photo: 500",
    ]
    assert removed == ["user"]


def test_ctrl_c_names_what_remains() -> None:
    cleanup = Cleanup()
    cleanup.add("user", lambda: None)
    cleanup.add("photo", failing(KeyboardInterrupt()))
    assert cleanup.run() == ["photo: interrupted", "user: interrupted"]
