"""The CDK app: `cdk deploy -c env=NAME` deploys the environment NAME of `cdk.json`."""

import os
import sys

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infrastructure.environment import Environment, InvalidEnvironmentError
from infrastructure.stack import PhotoSkyStack


def main() -> None:
    """Synthesize the stack of the selected environment, or exit with one sentence."""
    app = App()
    try:
        environment = Environment.load(app.node.try_get_context("env"), app.node.try_get_context("environments"))
        environment.check_target(os.environ)
    except InvalidEnvironmentError as error:
        sys.exit(str(error))
    PhotoSkyStack(app, environment=environment)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


main()
