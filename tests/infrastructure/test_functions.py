"""What every function gets, whatever it does."""

from diagrams.synthesis import Template


def test_large_blocks_have_pages_of_their_own_in_every_function(stack_template: Template) -> None:
    thresholds = {
        function.address: function.properties["Environment"]["Variables"].get("MALLOC_MMAP_THRESHOLD_")
        for function in stack_template.all("AWS::Lambda::Function")
    }
    names = ("Validate", "Previews", "Persist", "Reject", "Fail", "Reconcile", "PhotosApi")
    assert thresholds == dict.fromkeys(names, "131072")
