"""Every permission is needed: without it, the smallest thing that uses it fails, and with it again it works.

What may be done is written out in `tests/infrastructure/test_permissions.py`, which holds it against the template; a
permission that is added there has no proof in here, and fails until it has.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from typing import Any, Final

import httpx
import pytest

from local.deploy import STACK
from photosky.errors import Code
from photosky.imaging.presets import DEFAULT_PRESETS
from photosky.photo import Photo, Status, StoredPreview, new_photo_id
from photosky.store import keys
from photosky.store.photos import PhotosTable
from tests.infrastructure.test_permissions import GRANTS
from tests.local.client import Client
from tests.local.test_errors import problem_of
from tests.pictures import encoded, wrong_bytes

Permission = tuple[str, str, str]
"""Whose, which action, on what: as `GRANTS` writes them."""

PERMISSIONS: Final[list[Permission]] = [
    (function, action, resource)
    for function, grants in GRANTS.items()
    for actions, resources in grants.items()
    for action in actions
    for resource in resources
]

NOT_ASKED: Final = frozenset(
    {
        "logs:CreateLogDelivery",
        "logs:CreateLogStream",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutLogEvents",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
        "sqs:SendMessage",
        "states:DescribeExecution",
        "states:RedriveExecution",
        "states:StartExecution",
        "states:StopExecution",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    }
)
"""What AWS does by itself with a role: write logs, traces and dead letters, run the executions of a Distributed Map.

The emulator does it without asking the role.

They are what the guides ask for (Lambda, "Execution role" and "Retaining records of asynchronous invocations"; Step
Functions, "Logging using CloudWatch Logs", "X-Ray and Step Functions", "IAM policies for Distributed Map"), and
`tests/infrastructure/test_permissions.py` says on what, and that there are no others.
"""

SHA256: Final = "0123456789abcdef" * 4
PICTURE: Final = encoded("jpeg", size=(64, 48))


@dataclass(frozen=True)
class World:
    """The running stack, seen from in front and from behind."""

    user: Client
    aws: Callable[[str], Any]
    outputs: Mapping[str, str]
    made: list[Photo] = field(default_factory=list)
    """The records that were put in, of which some are ready and have no picture."""

    @cached_property
    def table(self) -> PhotosTable:
        """The table, as root sees it."""
        return PhotosTable(self.aws("dynamodb"), self.outputs["PhotosTableName"])

    @cached_property
    def owner_id(self) -> str:
        """The signed-in user's `sub`."""
        return str(self.user.create(b"x")["upload"]["fields"]["key"].split("/")[1])

    @cached_property
    def resources(self) -> list[dict[str, str]]:
        """The stack's resources, as CloudFormation lists them."""
        pages = self.aws("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
        return [resource for page in pages for resource in page["StackResourceSummaries"]]

    def physical(self, name: str) -> str:
        """The physical id of the one resource whose logical id is this name and CDK's hash of eight digits."""
        (found,) = (r["PhysicalResourceId"] for r in self.resources if r["LogicalResourceId"][:-8] == name)
        return found

    def function_arn(self, step: str) -> str:
        """A step's function, as the machine's role names it."""
        return f"arn:aws:lambda:us-east-1:000000000000:function:{self.physical(step)}"

    def put(self, status: Status = Status.AWAITING_UPLOAD, **changes: Any) -> Photo:
        """A record of the user's, as if it had come that far."""
        photo = Photo(
            owner_id=self.owner_id,
            photo_id=new_photo_id(),
            status=status,
            filename="a.jpg",
            content_type="image/jpeg",
            size_bytes=len(PICTURE),
            created_at="2026-08-03T07:12:55.204Z",
            **changes,
        )
        self.table.create(photo)
        self.made.append(photo)
        return photo

    def uploaded(self, photo: Photo) -> str:
        """A picture where the photo's form would put it; the ETag."""
        return self.stored(keys.upload_key(photo.owner_id, photo.photo_id), PICTURE)

    def stored(self, key: str, data: bytes = b"x") -> str:
        """An object under a key; its ETag."""
        answer = self.aws("s3").put_object(Bucket=self.outputs["MediaBucketName"], Key=key, Body=data)
        return str(answer["ETag"])

    def run(self, step: str, photo: Photo, **more: str) -> dict[str, Any]:
        """A step's answer, or what its fault says, for a photo that the execution `mine` holds."""
        return self.invoke(step, {"owner_id": photo.owner_id, "photo_id": photo.photo_id, "execution": "mine", **more})

    def invoke(self, function: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """A function's answer, or what its fault says."""
        answer = self.aws("lambda").invoke(FunctionName=self.physical(function), Payload=json.dumps(event))
        told: dict[str, Any] = json.load(answer["Payload"])
        assert ("FunctionError" in answer) is ("errorMessage" in told), told
        return told

    def abandon(self, photo: Photo) -> None:
        """Whoever is at work on the photo has died, and its lease has ended."""
        self.aws("dynamodb").update_item(
            TableName=self.outputs["PhotosTableName"],
            Key={name: {"S": getattr(photo, name)} for name in ("owner_id", "photo_id")},
            UpdateExpression="SET lease_until = :past",
            ExpressionAttributeValues={":past": {"N": "1"}},
        )

    def statements(self, role: str) -> dict[str, list[dict[str, Any]]]:
        """What a role's inline policies say, each statement about one action on one resource; by policy."""
        iam = self.aws("iam")
        return {
            name: [
                part
                for statement in iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
                for part in _apart(statement)
            ]
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
        }

    def record(self, photo: Photo) -> Photo:
        """The photo as the table has it now."""
        found = self.table.get(photo.owner_id, photo.photo_id)
        assert found is not None
        return found

    def objects(self, photo: Photo) -> list[str]:
        """The keys of the photo's objects."""
        listed = self.aws("s3").list_objects_v2(Bucket=self.outputs["MediaBucketName"]).get("Contents", [])
        return [found["Key"] for found in listed if photo.photo_id in found["Key"]]

    @contextmanager
    def without(self, role: str, action: str, resource: str | None = None) -> Iterator[None]:
        """A role without one action on one resource, or on all where none is named, for a moment."""
        iam, found = self.aws("iam"), self.statements(role)

        def taken(part: Mapping[str, Any]) -> bool:
            return part["Action"] == action and resource in (None, part["Resource"])

        def put(name: str, statements: list[dict[str, Any]]) -> None:
            if not statements:  # A policy has to say something.
                iam.delete_role_policy(RoleName=role, PolicyName=name)
                return
            document = json.dumps({"Version": "2012-10-17", "Statement": statements})
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)

        changed = {name: statements for name, statements in found.items() if any(map(taken, statements))}
        assert changed, f"{role} does not allow {action} on {resource}"
        with ExitStack() as restored:
            for name, statements in changed.items():
                restored.callback(put, name, statements)
                put(name, [part for part in statements if not taken(part)])
            yield


def _apart(statement: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A statement as one for each of its actions on each of its resources."""
    actions, resources = (
        [value] if isinstance(value := statement[part], str) else value for part in ("Action", "Resource")
    )
    return [{**statement, "Action": action, "Resource": resource} for action in actions for resource in resources]


Use = Callable[[World], bool]
"""Does the smallest thing that needs a permission; whether it worked. What it works on is new each time."""


def worked(answer: Mapping[str, Any]) -> bool:
    """Whether a step answered; where it raised, that it was for want of a permission."""
    if "errorMessage" not in answer:
        return True
    assert any(sign in answer["errorMessage"] for sign in ("AccessDenied", "(403)")), answer
    return False


def fetched(url: str) -> bool:
    """Whether a signed URL works; where it does not, that it was for want of a permission."""
    response = httpx.get(url, trust_env=False)
    assert response.status_code in (200, 403), response.text
    return response.status_code == 200


def called(world: World, method: str, path: str, **options: Any) -> bool:
    """Whether the API answered; where it did not, that it calls it its own fault."""
    response = world.user.call(method, path, **options)
    assert response.is_success or response.status_code == 500, response.text
    return response.is_success


# The photos API.


def read(world: World) -> bool:
    return called(world, "GET", f"/photos/{world.put().photo_id}")


def create(world: World) -> bool:
    body = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1}
    return called(world, "POST", "/photos", json=body)


def create_with_digest(world: World) -> bool:
    body = {"filename": "a.jpg", "content_type": "image/jpeg", "size_bytes": 1, "sha256": secrets.token_hex(32)}
    return called(world, "POST", "/photos", json=body)


def edit(world: World) -> bool:
    return called(world, "PATCH", f"/photos/{world.put().photo_id}", json={"favorite": True})


def delete(world: World) -> bool:
    return called(world, "DELETE", f"/photos/{ready(world).photo_id}")


def list_photos(world: World) -> bool:
    return called(world, "GET", "/photos", params={"limit": "1"})


def send_bytes(world: World) -> bool:
    response = world.user.upload(world.user.create(b"x")["upload"], b"x")
    assert response.status_code in (204, 403), response.text
    return response.status_code == 204


def ready(world: World) -> Photo:
    """A ready photo with an original and one preview."""
    photo = world.put(Status.PROCESSING, execution="mine")
    about = photo.owner_id, photo.photo_id
    key, original = f"previews/{photo.owner_id}/{photo.photo_id}/thumb.webp", keys.original_key(*about, "mine")
    for stored in (key, original):
        world.stored(stored)
    preview = StoredPreview(key, width=1, height=1, content_type="image/webp", size_bytes=1)
    sha256 = secrets.token_hex(32)
    facts = {"sha256": sha256, "original": original, "previews": {"thumb": vars(preview)}}
    world.table.describe(*about, "mine", facts)
    return world.table.complete(*about, "mine", sha256)


def download(world: World) -> bool:
    return fetched(world.user.call("GET", f"/photos/{ready(world).photo_id}/original").json()["url"])


def look(world: World) -> bool:
    return fetched(world.user.read(ready(world).photo_id)["previews"]["thumb"]["url"])


# The steps. Each can be asked on its own: what the machine would tell it, we tell it.


def held(world: World, **changes: Any) -> Photo:
    """A photo that the execution `mine` works on."""
    return world.put(Status.PROCESSING, execution="mine", **changes)


def lost(world: World) -> Photo:
    """A photo that the execution `mine` worked on, and that was rejected meanwhile."""
    return world.put(Status.REJECTED, execution="mine")


def validate(world: World) -> bool:
    photo = world.put()
    world.uploaded(photo)
    return worked(world.run("Validate", photo))


def validate_nothing(world: World) -> bool:
    answer = world.run("Validate", world.put())
    return worked(answer) and answer["code"] == "UploadMissing"


def render(world: World) -> bool:
    photo = held(world)
    answer = world.run("Previews", photo, etag=world.uploaded(photo))
    return worked(answer) and answer["outcome"] == "rendered"


def render_nothing(world: World) -> bool:
    answer = world.run("Previews", held(world), etag='"gone"')
    return worked(answer) and answer["code"] == "PreconditionFailed"


def render_in_vain(world: World) -> bool:
    photo = lost(world)
    return worked(world.run("Previews", photo, etag=world.uploaded(photo)))


def persist(world: World) -> bool:
    answer = world.run("Persist", held(world, sha256=SHA256))
    return worked(answer) and answer["outcome"] == "ready"


def persist_in_vain(world: World) -> bool:
    return worked(world.run("Persist", lost(world)))


def show(world: World) -> bool:
    answer = world.run("Persist", ready(world))
    return worked(answer) and fetched(json.loads(answer["photo"])["previews"]["thumb"]["url"])


def reject(world: World) -> bool:
    answer = world.run("Reject", held(world), code="CorruptImage", detail="It is empty.")
    return worked(answer) and answer["outcome"] == "rejected"


def fail(world: World) -> bool:
    answer = world.run("Fail", held(world), error="States.Timeout")
    return worked(answer) and answer["outcome"] == "failed"


# The reconcile, which nobody asks for anything: what it left undone tells that it could not.


def repair(world: World) -> bool:
    """Fail what a dead execution left, and remove its objects."""
    photo = world.put()
    world.table.claim(photo.owner_id, photo.photo_id, "mine")
    for key in keys.all_keys(world.record(photo), DEFAULT_PRESETS):
        world.stored(key)
    world.abandon(photo)
    world.invoke("Reconcile", {})
    return world.record(photo).status is Status.FAILED and not world.objects(photo)


def end_deletion(world: World) -> bool:
    photo = world.put()
    world.table.begin_delete(photo.owner_id, photo.photo_id)
    world.abandon(photo)
    world.invoke("Reconcile", {})
    return world.table.was_deleted(photo.owner_id, photo.photo_id)


def audit(world: World) -> bool:
    """Find a deletion that no index tells of."""
    photo = world.put(Status.DELETING)
    world.invoke("Reconcile", {"audit": True})
    return world.table.was_deleted(photo.owner_id, photo.photo_id)


# The reprocess. Plan and Renew can be asked on their own, too.


def walk(world: World) -> bool:
    return worked(world.invoke("Plan", {"dry_run": True}))


def outdated(world: World, original: bytes | None = PICTURE) -> Photo:
    """A ready photo whose preview no preset made, with the bytes of its original."""
    photo = ready(world)
    assert photo.original is not None
    if original is None:
        world.aws("s3").delete_object(Bucket=world.outputs["MediaBucketName"], Key=photo.original)
    else:
        world.stored(photo.original, original)
    world.aws("dynamodb").update_item(
        TableName=world.outputs["PhotosTableName"],
        Key={name: {"S": getattr(photo, name)} for name in ("owner_id", "photo_id")},
        UpdateExpression="SET sha256 = :sha256",
        ExpressionAttributeValues={":sha256": {"S": hashlib.sha256(PICTURE).hexdigest()}},
    )
    return photo


def renew(world: World) -> bool:
    answer = world.run("Renew", outdated(world))
    return worked(answer) and answer["outcome"] == "renewed"


def renew_nothing(world: World) -> bool:
    answer = world.run("Renew", outdated(world, original=None))
    return worked(answer) and answer["code"] == "UploadMissing"


OBJECTS: Final = ("media/incoming/*", "media/originals/*", "media/previews/*")

USES: Final[Mapping[Permission, Use]] = {
    ("PhotosApi", "dynamodb:GetItem", "photos"): read,
    ("PhotosApi", "dynamodb:PutItem", "photos"): create,
    ("PhotosApi", "dynamodb:UpdateItem", "photos"): edit,
    ("PhotosApi", "dynamodb:DeleteItem", "photos"): delete,
    ("PhotosApi", "dynamodb:Query", "photos/index/ready"): list_photos,
    ("PhotosApi", "dynamodb:Query", "photos/index/digest"): create_with_digest,
    ("PhotosApi", "s3:GetObject", "media/originals/*"): download,
    ("PhotosApi", "s3:GetObject", "media/previews/*"): look,
    ("PhotosApi", "s3:PutObject", "media/incoming/*"): send_bytes,
    **{("PhotosApi", "s3:DeleteObject", objects): delete for objects in OBJECTS},
    ("Validate", "s3:GetObject", "media/incoming/*"): validate,
    ("Validate", "s3:ListBucket", "media"): validate_nothing,
    ("Validate", "dynamodb:UpdateItem", "photos"): validate,
    ("Previews", "s3:GetObject", "media/incoming/*"): render,
    ("Previews", "s3:ListBucket", "media"): render_nothing,
    ("Previews", "dynamodb:GetItem", "photos"): render,
    ("Previews", "dynamodb:UpdateItem", "photos"): render,
    ("Previews", "s3:PutObject", "media/originals/*"): render,
    ("Previews", "s3:PutObject", "media/previews/*"): render,
    **{("Previews", "s3:DeleteObject", objects): render_in_vain for objects in OBJECTS},
    ("Persist", "dynamodb:GetItem", "photos"): persist,
    ("Persist", "dynamodb:UpdateItem", "photos"): persist,
    ("Persist", "s3:GetObject", "media/previews/*"): show,
    ("Persist", "s3:DeleteObject", "media/incoming/*"): persist,
    ("Persist", "s3:DeleteObject", "media/originals/*"): persist_in_vain,
    ("Persist", "s3:DeleteObject", "media/previews/*"): persist_in_vain,
    ("Reject", "dynamodb:UpdateItem", "photos"): reject,
    **{("Reject", "s3:DeleteObject", objects): reject for objects in OBJECTS},
    ("Fail", "dynamodb:UpdateItem", "photos"): fail,
    **{("Fail", "s3:DeleteObject", objects): fail for objects in OBJECTS},
    ("Plan", "dynamodb:Scan", "photos"): walk,
    ("Renew", "dynamodb:GetItem", "photos"): renew,
    ("Renew", "dynamodb:UpdateItem", "photos"): renew,
    ("Renew", "s3:GetObject", "media/originals/*"): renew,
    ("Renew", "s3:ListBucket", "media"): renew_nothing,
    ("Renew", "s3:PutObject", "media/previews/*"): renew,
    ("Reconcile", "dynamodb:Query", "photos/index/unsettled"): repair,
    ("Reconcile", "dynamodb:GetItem", "photos"): repair,
    ("Reconcile", "dynamodb:UpdateItem", "photos"): repair,
    ("Reconcile", "s3:ListBucket", "media"): repair,
    **{("Reconcile", "s3:DeleteObject", objects): repair for objects in OBJECTS},
    ("Reconcile", "dynamodb:DeleteItem", "photos"): end_deletion,
    ("Reconcile", "dynamodb:PutItem", "photos"): end_deletion,
    ("Reconcile", "dynamodb:Scan", "photos"): audit,
}
"""What each permission is there for."""


@pytest.fixture(scope="module")
def world(demo: Client, aws: Callable[[str], Any], outputs: dict[str, str]) -> Iterator[World]:
    """The running stack, on behalf of the demo user."""
    world = World(demo, cache(aws), outputs)
    yield world
    for photo in world.made:
        key = {name: {"S": getattr(photo, name)} for name in ("owner_id", "photo_id")}
        aws("dynamodb").delete_item(TableName=outputs["PhotosTableName"], Key=key)


@pytest.mark.parametrize("permission", PERMISSIONS, ids=" ".join)
def test_without_a_permission_what_it_is_for_fails(world: World, permission: Permission) -> None:
    function, action, resource = permission
    kind, *rest = resource.split("/", 1)
    whole = {
        "photos": f"arn:aws:dynamodb:us-east-1:000000000000:table/{world.outputs['PhotosTableName']}",
        "media": f"arn:aws:s3:::{world.outputs['MediaBucketName']}",
    }[kind]
    with world.without(world.physical(f"{function}Role"), action, "/".join([whole, *rest])):
        assert not USES[permission](world)
    assert USES[permission](world)


def ingest(world: World, data: bytes = PICTURE) -> tuple[str, int]:
    """Create, upload and ingest: the photo's id, and the status of the answer."""
    photo_id, response = world.user.send(data)
    return photo_id, response.status_code


@pytest.mark.parametrize(
    ("step", "data", "status"),
    [("Validate", PICTURE, 200), ("Previews", PICTURE, 200), ("Persist", PICTURE, 200), ("Reject", wrong_bytes(), 415)],
)
def test_the_machine_runs_no_step_that_its_role_may_not_invoke(
    world: World, step: str, data: bytes, status: int
) -> None:
    with world.without(world.physical("WorkflowIngestRole"), "lambda:InvokeFunction", world.function_arn(step)):
        assert ingest(world, data)[1] == 500
    assert ingest(world, data)[1] == status


def reprocess(world: World, photo: Photo) -> str:
    """Reprocess everything; what became of the photo, or how the execution ended where it has no report."""
    states, arn = world.aws("stepfunctions"), world.outputs["ReprocessStateMachineArn"]
    execution = states.start_execution(stateMachineArn=arn)["executionArn"]
    while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(0.05)
    if found.get("error") not in (None, "Incomplete"):
        return str(found["error"])
    said = json.loads(found["output"] if found["status"] == "SUCCEEDED" else found["cause"])
    became = {told["photo_id"]: told["outcome"] for told in said["reports"]}
    return str(became.get(photo.photo_id, "renewed"))


@pytest.mark.parametrize(("step", "became"), [("Plan", "Lambda.AWSLambdaException"), ("Renew", "broken")])
def test_the_reprocess_runs_no_step_that_its_role_may_not_invoke(world: World, step: str, became: str) -> None:
    role = world.physical("MaintenanceReprocessRole")
    photo = outdated(world)
    with world.without(role, "lambda:InvokeFunction", world.function_arn(step)):
        assert reprocess(world, photo) == became
    assert reprocess(world, photo) == "renewed"


def test_the_machine_cannot_mark_a_fault_without_the_permission_to(world: World) -> None:
    invoke = partial(world.without, world.physical("WorkflowIngestRole"), "lambda:InvokeFunction")
    with invoke(world.function_arn("Previews")):
        with invoke(world.function_arn("Fail")):
            unmarked, _ = ingest(world)
        marked, _ = ingest(world)
    assert (world.user.read(unmarked)["status"], world.user.read(marked)["status"]) == ("processing", "failed")


def test_the_gateway_starts_no_machine_that_its_role_may_not_start(world: World) -> None:
    role, machine = world.physical("RestIngestRole"), world.outputs["StateMachineArn"]
    with world.without(role, "states:StartSyncExecution", machine):
        problem_of(world.user.send(PICTURE)[1], Code.INTERNAL_ERROR)
    assert ingest(world)[1] == 200


def test_every_permission_of_every_role_is_proven_or_is_one_that_the_emulator_does_not_ask_for(world: World) -> None:
    found = {
        (resource["LogicalResourceId"][:-8], part["Action"])
        for resource in world.resources
        if resource["ResourceType"] == "AWS::IAM::Role"
        for statements in world.statements(resource["PhysicalResourceId"]).values()
        for part in statements
        if part["Action"] not in NOT_ASKED
    }
    assert found == {(f"{function}Role", action) for function, action, _ in PERMISSIONS} | {
        ("WorkflowIngestRole", "lambda:InvokeFunction"),
        ("MaintenanceReprocessRole", "lambda:InvokeFunction"),
        ("RestIngestRole", "states:StartSyncExecution"),
    }


def test_the_emulator_still_does_not_ask_for_what_is_not_proven(world: World) -> None:
    """Should it ever, this fails, and the permissions can be proven like the others."""
    with ExitStack() as taken:
        for name in ("ValidateRole", "WorkflowIngestRole", "MaintenanceReprocessRole"):
            role = world.physical(name)
            allowed = {part["Action"] for statements in world.statements(role).values() for part in statements}
            for action in sorted(allowed & NOT_ASKED):
                taken.enter_context(world.without(role, action))
        assert ingest(world)[1] == 200
        assert reprocess(world, outdated(world)) == "renewed"
