"""The CDK app: `cdk deploy -c env=NAME` deploys the environment NAME of `cdk.json`.

`-c delivery=cloudfront` and `-c page=true` replace these knobs, to try them. `-c indexes=N` limits the table to its
first N indexes, while a deployed stack gets new ones (docs/deploying.md).
"""

import os
import sys

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infrastructure.environment import Environment, InvalidEnvironmentError
from infrastructure.indexes import InvalidIndexCountError, index_count
from infrastructure.stack import PhotoSkyStack


def main() -> None:
    """Synthesize the stack of the selected environment, or exit with one sentence."""
    app = App()
    try:
        environment = Environment.load(
            app.node.try_get_context("env"),
            app.node.try_get_context("environments"),
            delivery=app.node.try_get_context("delivery"),
            page=True if app.node.try_get_context("page") == "true" else None,
        )
        for warning in environment.check_target(os.environ):
            print(warning, file=sys.stderr)
        indexes = index_count(app.node.try_get_context("indexes"))
    except (InvalidEnvironmentError, InvalidIndexCountError) as error:
        sys.exit(str(error))
    PhotoSkyStack(app, environment=environment, index_count=indexes)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


main()
